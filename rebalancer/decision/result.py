"""What came of asking: trades, reasons, limits and zones after, before it becomes a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np

from portfolios.errors import InfeasibleError
from portfolios.model.market import Array
from portfolios.model.plan import Decision, Finding, LimitLine, SolverReport, Trade
from portfolios.model.valuation import moved
from portfolios.values import display
from rebalancer.decision.analysis import Survey, situation_of
from rebalancer.decision.triggers import Trigger
from rebalancer.optimiser.explain.attribution import attribute
from rebalancer.optimiser.explain.limit_report import limit_lines
from rebalancer.optimiser.explain.reasons import Case, reasons_for
from rebalancer.optimiser.inputs import Inputs, Solution
from rebalancer.optimiser.rounding import Rounded, to_trades
from rebalancer.optimiser.solve import solve
from rebalancer.zones import compare, judge, worsened


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is decided, and why; weights and money after are today's where nothing trades.

    Attributes:
        decision, reason: what, and in one line why.
        causes: the triggers.
        findings: zones now, with the zones after where something trades.
        trades: with their reasons.
        quantities: asset id -> quantity after, of the assets that trade.
        cash: money after the trades; None for no change.
    """

    decision: Decision
    causes: tuple[Trigger, ...]
    findings: tuple[Finding, ...]
    reason: str
    trades: tuple[Trade, ...] = ()
    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    cash: Decimal | None = None
    limits: tuple[LimitLine, ...] = ()
    warnings: tuple[str, ...] = ()
    solver: SolverReport | None = None


def answered(
    survey: Survey,
    causes: tuple[Trigger, ...],
    findings: tuple[Finding, ...],
    inputs: Inputs,
    solution: Solution,
) -> Outcome:
    """Return what an answer of the optimiser means in trades, reasons, limits and zones."""
    rounded = round_answer(survey, solution)
    _require_covered(survey, rounded)
    after, cash_after = weights_after(survey, rounded)
    limits = limit_lines(
        inputs, solution, survey.limits, after=after, cash_after=cash_after, solve=solve
    )
    report = SolverReport(solution.solver, solution.status, solution.objective, solution.gap)
    if not rounded.trades:
        reason = _why_nothing(survey, limits)
        return Outcome(Decision.HOLD, causes, findings, reason, limits=limits, solver=report)
    compared = compare(findings, judge(situation_of(survey, after, cash_after)))
    trades = _with_reasons(survey, inputs, solution, rounded.trades)
    return Outcome(
        decision=Decision.TRADE,
        causes=causes,
        findings=compared,
        reason=_headline(trades),
        trades=trades,
        quantities=rounded.quantities,
        cash=rounded.cash,
        limits=limits,
        warnings=_warnings(compared),
        solver=report,
    )


def round_answer(survey: Survey, solution: Solution) -> Rounded:
    """Return the trades that lead to a solution's weights, in exact money."""
    return to_trades(
        survey.valuation,
        solution.w,
        free=[position.free for position in survey.valuation.positions],
        cost_buy=survey.fees,
        cost_sell=survey.fees,
        min_trade=survey.min_trade,
    )


def _require_covered(survey: Survey, rounded: Rounded) -> None:
    if rounded.shortfall > 0:
        missing = display.money(rounded.shortfall, survey.portfolio.currency)
        raise InfeasibleError(
            f"the withdrawal is {missing} more than sales can raise after their costs",
            hint=f"take out {missing} less",
        )


def weights_after(survey: Survey, rounded: Rounded) -> tuple[Array, float]:
    """Return the weights and the cash after the trades, as fractions of the value before them."""
    value = survey.valuation.value
    after = moved(survey.valuation, dict(rounded.quantities), rounded.cash)
    return np.array([float(p.value / value) for p in after.positions]), float(rounded.cash / value)


def _with_reasons(
    survey: Survey, inputs: Inputs, solution: Solution, trades: Sequence[Trade]
) -> tuple[Trade, ...]:
    case = Case(
        inputs=inputs,
        solution=solution,
        attribution=attribute(inputs, solution, survey.alpha.trend, survey.alpha.grade),
        reference=survey.reference,
        boxes=survey.boxes,
        valuation=survey.valuation,
        market=survey.market,
        signals=survey.policy.signals_in_force,
        raised=survey.limits.raised,
    )
    reasons = reasons_for(case, trades)
    return tuple(replace(trade, reasons=reasons[trade.asset_id]) for trade in trades)


def _headline(trades: Sequence[Trade]) -> str:
    """Say the reason behind most of the money."""
    weights: dict[str, Decimal] = {}
    for trade in trades:
        for reason in trade.reasons:
            share = trade.notional * Decimal(str(reason.share))
            weights[reason.text] = weights.get(reason.text, Decimal(0)) + share
    return max(sorted(weights), key=weights.__getitem__)


def _why_nothing(survey: Survey, limits: Sequence[LimitLine]) -> str:
    left = [line.text for line in limits if line.violation > 0]
    if left:
        return f"no trade mends what is broken: {left[0]}"
    return f"in range: drift {display.percent(survey.drift)}, no trade is worth its cost"


def _warnings(compared: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(
        f"the proposal worsens a zone: {f.subject}: {f.text} ({f.zone.value} -> {f.after.value})"
        for f in worsened(compared)
        if f.after is not None
    )
