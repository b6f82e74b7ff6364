"""Decides: asks the optimiser when there is cause, and makes a plan of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

import numpy as np
import numpy.typing as npt

from portfolios.errors import Conflict, InfeasibleError, SolverError
from portfolios.model.plan import Decision, Finding, Plan
from portfolios.model.policy import BREACH, Mode
from portfolios.values import display
from portfolios.values.cents import CENT
from rebalancer.decision.analysis import Analysis
from rebalancer.decision.build_inputs import inputs_of
from rebalancer.decision.build_plan import plan_of
from rebalancer.decision.result import ProposalResult, answered
from rebalancer.decision.triggers import Flags, Trigger, at_rest, triggers
from rebalancer.estimates.limits import Limits
from rebalancer.estimates.violations import broken
from rebalancer.optimiser.exact_prices import with_exact_prices
from rebalancer.optimiser.explain.attribution import volatility
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
    try:
        inputs, solution = _solved(analysis)
    except SolverError as error:
        if analysis.c0 < analysis.limits.c_hard:
            raise  # the withdrawal must be met, so to hold is no answer either
        failure = f"no verified answer, so nothing is proposed: {error}"
        outcome = ProposalResult(Decision.HOLD, causes, findings, failure, warnings=(failure,))
        return Proposal(plan_of(analysis, outcome))
    outcome = answered(analysis, causes, findings, inputs, solution)
    return Proposal(plan_of(analysis, outcome), inputs, solution)


def _solved(analysis: Analysis) -> tuple[Inputs, Solution]:
    """Solve with what is well inside its band at rest, and without rest where others need it."""
    rests = at_rest(analysis)
    quiet, solution = _solved_at_edges(analysis, rests)
    # Costs are paid from the value, so what stays weighs a little more once they are paid.
    left = 1.0 - _cost_of(quiet, solution)
    after = at_rest(analysis, share_left=left)
    if np.any(rests & ~after) or len(analysis.broken_at(left)) > len(analysis.broken):
        rests &= after
        quiet, solution = _solved_at_edges(analysis, rests, left)
    if rests.any() and _lacks_cash(analysis, quiet, solution):
        return _solved_at_edges(analysis, np.zeros_like(rests))
    return quiet, solution


def _solved_at_edges(
    analysis: Analysis, rests: Flags, share_left: float = 1.0
) -> tuple[Inputs, Solution]:
    """Solve with limits at their inner edges, or where these contradict each other, not."""
    try:
        return _solved_by_mode(analysis, rests, analysis.kept_limits(share_left))
    except InfeasibleError:
        return _solved_by_mode(analysis, rests, analysis.plain_limits)


def _solved_by_mode(analysis: Analysis, rests: Flags, limits: Limits) -> tuple[Inputs, Solution]:
    """Solve; in hybrid mode first without sales, then with the fewest that are needed."""
    freely = inputs_of(analysis, at_rest=rests, limits=limits)
    if analysis.policy.mode is not Mode.HYBRID or analysis.c0 < limits.c_hard:
        return _met(analysis, freely)
    nothing = np.zeros(freely.n, dtype=np.bool_)
    buying = inputs_of(analysis, may_sell=nothing, at_rest=rests, limits=limits)
    solution = solve(buying)
    selling = _still_over(analysis, freely, solution)
    if not selling.any():
        return buying, solution
    selected = inputs_of(analysis, may_sell=selling, at_rest=rests, limits=limits)
    return _met(analysis, selected)


def _met(analysis: Analysis, inputs: Inputs) -> tuple[Inputs, Solution]:
    """Solve, and where a limit is outbid, again with prices that nothing outbids."""
    solution = solve(inputs)
    left = _left_broken(analysis, inputs, solution)
    if left <= 0:
        return inputs, solution
    exact = with_exact_prices(inputs)
    try:
        firm = solve(exact)
    except SolverError:
        return inputs, solution
    # What no trade can mend stays as it is, and keeps the prices by which it is explained.
    is_better = _left_broken(analysis, inputs, firm) < left - BREACH
    return (exact, firm) if is_better else (inputs, solution)


def _left_broken(analysis: Analysis, inputs: Inputs, solution: Solution) -> float:
    """Return by how much the limits that trades keep stay broken, together."""
    rows = broken(analysis.limits, inputs.assets, solution.w, solution.c)
    over = sum(row.excess for row in rows if row.is_kept)
    if inputs.vol_max is not None:
        beyond = volatility(inputs, solution.w) - inputs.vol_max
        over += beyond if beyond > BREACH else 0.0
    return over


def _cost_of(inputs: Inputs, solution: Solution) -> float:
    """Return what the trades cost, a fraction of the value."""
    return float(inputs.kappa_buy @ solution.u + inputs.kappa_sell @ solution.v)


def _lacks_cash(analysis: Analysis, inputs: Inputs, solution: Solution) -> bool:
    """Tell whether something stays below its band for want of cash that others could raise."""
    if solution.c > inputs.c_hard + inputs.min_trade:
        return False
    below = analysis.reference.r - solution.w > analysis.bands
    return bool(np.any(below & (analysis.bounds.u_hi > 0)))


def _still_over(analysis: Analysis, inputs: Inputs, solution: Solution) -> npt.NDArray[np.bool_]:
    """Tell which assets stay above their band, in a broken cap, or hold what a floor lacks."""
    above = solution.w - analysis.reference.r
    over: npt.NDArray[np.bool_] = above > analysis.bands
    for row in broken(analysis.limits, inputs.assets, solution.w, solution.c):
        if not row.is_kept:
            continue
        over |= row.members > 0 if row.is_cap else (above > 0) & (row.members == 0)
    return over
