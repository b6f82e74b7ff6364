"""Decides: asks the optimiser when there is cause, and makes a plan of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

import numpy as np
import numpy.typing as npt

from portfolios.errors import Conflict, InfeasibleError, SolverError
from portfolios.model.plan import Decision, Finding, Plan
from portfolios.model.policy import Mode
from portfolios.values import display
from portfolios.values.cents import CENT
from rebalancer.decision.analysis import Analysis
from rebalancer.decision.build_inputs import inputs_of
from rebalancer.decision.build_plan import plan_of
from rebalancer.decision.result import ProposalResult, answered
from rebalancer.decision.triggers import Trigger, triggers
from rebalancer.estimates.violations import broken
from rebalancer.optimiser.inputs import Inputs, Solution
from rebalancer.optimiser.solve import solve

NOTABLE_SHORTFALL = 1e-6
"""A smaller share of the value is the rounding of floats."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan, and the exact problem and answer behind it; None where nothing was solved."""

    plan: Plan
    inputs: Inputs | None = None
    solution: Solution | None = None


def make_proposal(
    analysis: Analysis,
    findings: tuple[Finding, ...],
    *,
    requested: bool,
    last_plan_at: datetime | None = None,
) -> Proposal:
    """Return the proposal for an analysis.

    Args:
        analysis: everything estimated about the portfolio.
        findings: zones at the weights before a cash flow.
        requested: a person asks, so the optimiser is asked whatever the bands say.
        last_plan_at: when the portfolio's last plan was made, for the calendar.

    Raises:
        InfeasibleError: limits that contradict each other, or too large a withdrawal.
    """
    _require_value(analysis)
    causes = triggers(analysis, findings, requested=requested, last_plan_at=last_plan_at)
    unasked = _why_not_ask(analysis, causes)
    if unasked is not None:
        return Proposal(plan_of(analysis, ProposalResult(unasked[0], causes, findings, unasked[1])))
    return _asked(analysis, causes, findings)


def _require_value(analysis: Analysis) -> None:
    valuation, currency = analysis.valuation, analysis.portfolio.currency
    if valuation.flow < 0 and valuation.value <= 0:
        taken = display.money(-valuation.flow, currency)
        held = display.money(valuation.value - valuation.flow, currency)
        raise InfeasibleError(
            f"a withdrawal of {taken} leaves nothing: {analysis.portfolio.name} is worth {held}",
            hint=f"take out less than {held}",
        )
    _require_cash(analysis)


def _require_cash(analysis: Analysis) -> None:
    """Refuse a withdrawal that sales cannot raise, in money and not in shares of what is left."""
    sales = float(((1.0 - analysis.kappa) * analysis.bounds.v_hi).sum())
    short = analysis.limits.c_hard - analysis.c0 - sales
    if short <= NOTABLE_SHORTFALL or analysis.valuation.flow >= 0 or analysis.valuation.withheld:
        return
    valuation, currency = analysis.valuation, analysis.portfolio.currency
    missing = Decimal(repr(short)) * valuation.value
    most = max(Decimal(0), -valuation.flow - missing).quantize(CENT, ROUND_DOWN)
    raise InfeasibleError(
        f"a withdrawal of {display.money(-valuation.flow, currency)} is more than can be raised:"
        f" cash and what may be sold bring {display.money(most, currency)} after costs",
        conflicts=[Conflict("withdrawal", abs(analysis.flow), abs(analysis.flow) - short)],
        hint="take out less, or lift a lock",
    )


def _why_not_ask(analysis: Analysis, causes: tuple[Trigger, ...]) -> tuple[Decision, str] | None:
    if analysis.valuation.withheld:
        return Decision.WITHHELD, "; ".join(analysis.valuation.withheld)
    if analysis.valuation.value <= 0:
        return Decision.HOLD, "nothing is held that has a price"
    if not causes:
        return Decision.HOLD, "everything is in range"
    return None


def _asked(
    analysis: Analysis, causes: tuple[Trigger, ...], findings: tuple[Finding, ...]
) -> Proposal:
    inputs = inputs_of(analysis)
    try:
        inputs, solution = _solved(analysis, inputs)
    except SolverError as error:
        if analysis.c0 < analysis.limits.c_hard:
            raise  # the withdrawal must be met, so to hold is no answer either
        failure = f"no verified answer, so nothing is proposed: {error}"
        outcome = ProposalResult(Decision.HOLD, causes, findings, failure, warnings=(failure,))
        return Proposal(plan_of(analysis, outcome))
    outcome = answered(analysis, causes, findings, inputs, solution)
    return Proposal(plan_of(analysis, outcome), inputs, solution)


def _solved(analysis: Analysis, inputs: Inputs) -> tuple[Inputs, Solution]:
    """Solve; in hybrid mode first without sales, then with the fewest that are needed."""
    if analysis.policy.mode is not Mode.HYBRID or analysis.c0 < analysis.limits.c_hard:
        return inputs, solve(inputs)
    nothing = np.zeros(inputs.n, dtype=np.bool_)
    buying = inputs_of(analysis, may_sell=nothing)
    solution = solve(buying)
    selling = _still_over(analysis, inputs, solution)
    if not selling.any():
        return buying, solution
    selected = inputs_of(analysis, may_sell=selling)
    return selected, solve(selected)


def _still_over(analysis: Analysis, inputs: Inputs, solution: Solution) -> npt.NDArray[np.bool_]:
    """Tell which assets stay above their band, in a broken cap, or hold what a floor lacks."""
    above = solution.w - analysis.reference.r
    over: npt.NDArray[np.bool_] = above > analysis.bands
    for row in broken(analysis.limits, inputs.assets, solution.w, solution.c):
        over |= row.members > 0 if row.is_cap else (above > 0) & (row.members == 0)
    return over
