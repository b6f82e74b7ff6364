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
from rebalancer.decision.analysis import Survey, situation_of
from rebalancer.decision.build_inputs import inputs_of
from rebalancer.decision.build_plan import plan_of
from rebalancer.decision.result import Outcome, answered
from rebalancer.decision.triggers import Trigger, triggers
from rebalancer.estimates.violations import broken
from rebalancer.optimiser.inputs import Inputs, Solution
from rebalancer.optimiser.solve import solve
from rebalancer.zones import judge

CENT = Decimal("0.01")
NOTABLE_SHORTFALL = 1e-6
"""A smaller share of the value is the rounding of floats."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan, and the exact problem and answer behind it; None where nothing was solved."""

    plan: Plan
    inputs: Inputs | None = None
    solution: Solution | None = None


def decide(survey: Survey, *, requested: bool, last_plan_at: datetime | None = None) -> Proposal:
    """Return the plan for a survey.

    Args:
        survey: everything estimated about the portfolio.
        requested: a person asks, so the optimiser is asked whatever the bands say.
        last_plan_at: when the portfolio's last plan was made, for the calendar.

    Raises:
        InfeasibleError: limits that contradict each other, or too large a withdrawal.
    """
    _require_value(survey)
    now = survey.before_flow
    findings = judge(situation_of(now, now.w0, now.c0))
    causes = triggers(survey, findings, requested=requested, last_plan_at=last_plan_at)
    unasked = _why_not_ask(survey, causes)
    if unasked is not None:
        return Proposal(plan_of(survey, Outcome(unasked[0], causes, findings, unasked[1])))
    return _asked(survey, causes, findings)


def _require_value(survey: Survey) -> None:
    valuation, currency = survey.valuation, survey.portfolio.currency
    if valuation.flow < 0 and valuation.value <= 0:
        taken = display.money(-valuation.flow, currency)
        held = display.money(valuation.value - valuation.flow, currency)
        raise InfeasibleError(
            f"a withdrawal of {taken} leaves nothing: {survey.portfolio.name} is worth {held}",
            hint=f"take out less than {held}",
        )
    _require_cash(survey)


def _require_cash(survey: Survey) -> None:
    """Refuse a withdrawal that sales cannot raise, in money and not in shares of what is left."""
    sales = float(((1.0 - survey.kappa) * survey.boxes.v_hi).sum())
    short = survey.limits.c_hard - survey.c0 - sales
    if short <= NOTABLE_SHORTFALL or survey.valuation.flow >= 0 or survey.valuation.withheld:
        return
    valuation, currency = survey.valuation, survey.portfolio.currency
    missing = Decimal(repr(short)) * valuation.value
    most = max(Decimal(0), -valuation.flow - missing).quantize(CENT, ROUND_DOWN)
    raise InfeasibleError(
        f"a withdrawal of {display.money(-valuation.flow, currency)} is more than can be raised:"
        f" cash and what may be sold bring {display.money(most, currency)} after costs",
        conflicts=[Conflict("withdrawal", abs(survey.flow), abs(survey.flow) - short)],
        hint="take out less, or lift a lock",
    )


def _why_not_ask(survey: Survey, causes: tuple[Trigger, ...]) -> tuple[Decision, str] | None:
    if survey.valuation.withheld:
        return Decision.WITHHELD, "; ".join(survey.valuation.withheld)
    if survey.valuation.value <= 0:
        return Decision.HOLD, "nothing is held that has a price"
    if not causes:
        return Decision.HOLD, "everything is in range"
    return None


def _asked(survey: Survey, causes: tuple[Trigger, ...], findings: tuple[Finding, ...]) -> Proposal:
    inputs = inputs_of(survey)
    try:
        inputs, solution = _solved(survey, inputs)
    except SolverError as error:
        if survey.c0 < survey.limits.c_hard:
            raise  # the withdrawal must be met, so to hold is no answer either
        failure = f"no verified answer, so nothing is proposed: {error}"
        outcome = Outcome(Decision.HOLD, causes, findings, failure, warnings=(failure,))
        return Proposal(plan_of(survey, outcome))
    outcome = answered(survey, causes, findings, inputs, solution)
    return Proposal(plan_of(survey, outcome), inputs, solution)


def _solved(survey: Survey, inputs: Inputs) -> tuple[Inputs, Solution]:
    """Solve; in hybrid mode first without sales, then with the fewest that are needed."""
    if survey.policy.mode is not Mode.HYBRID or survey.c0 < survey.limits.c_hard:
        return inputs, solve(inputs)
    nothing = np.zeros(inputs.n, dtype=np.bool_)
    buying = inputs_of(survey, may_sell=nothing)
    solution = solve(buying)
    selling = _still_over(survey, inputs, solution)
    if not selling.any():
        return buying, solution
    selected = inputs_of(survey, may_sell=selling)
    return selected, solve(selected)


def _still_over(survey: Survey, inputs: Inputs, solution: Solution) -> npt.NDArray[np.bool_]:
    """Tell which assets stay above their band, in a broken cap, or hold what a floor lacks."""
    above = solution.w - survey.reference.r
    over: npt.NDArray[np.bool_] = above > survey.bands
    for row in broken(survey.limits, inputs.assets, solution.w, solution.c):
        over |= row.members > 0 if row.is_cap else (above > 0) & (row.members == 0)
    return over
