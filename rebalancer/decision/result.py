"""What came of asking: trades, reasons, limits and zones after, before it becomes a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np

from portfolios.errors import InfeasibleError
from portfolios.model.market import Array
from portfolios.model.plan import (
    WORSENED,
    Decision,
    Finding,
    LimitLine,
    ReasonKind,
    Scope,
    SolverReport,
    Trade,
    Zone,
)
from portfolios.model.valuation import after_trades
from portfolios.values import display
from rebalancer.decision.analysis import Analysis, analyse, situation_of
from rebalancer.decision.triggers import Trigger
from rebalancer.estimates.limits import EXIT_DAYS
from rebalancer.estimates.liquidity import tradable_a_day
from rebalancer.optimiser.explain.attribution import attribute
from rebalancer.optimiser.explain.limit_report import limit_lines
from rebalancer.optimiser.explain.reasons import KEEPS, ExplanationInputs, reasons_for
from rebalancer.optimiser.inputs import Inputs, Solution
from rebalancer.optimiser.problem_json import to_problem_json
from rebalancer.optimiser.rounding import Rounded, to_trades
from rebalancer.optimiser.solve import best_objective
from rebalancer.zones import compare, judge, worsened
from rebalancer.zones.situation import Situation

LIMITS = frozenset(
    {
        ReasonKind.SECTOR_LIMIT, ReasonKind.ASSET_LIMIT, ReasonKind.BUFFER, ReasonKind.VOLATILITY
    }
)  # fmt: skip
"""Reasons that a limit gives."""
NOT_LEFT = "no trade leads out of a red zone"


@dataclass(frozen=True, slots=True)
class ProposalResult:
    """What is decided, and why; weights and money after are today's where nothing trades.

    Attributes:
        decision, reason: what, and in one line why.
        causes: the triggers.
        findings: zones now, with the zones after where something trades.
        trades: with their reasons.
        quantities: asset id -> quantity after, of the assets that trade.
        cash: money after the trades; None for no change.
        problem: what was solved, as `rebalancer.problem/1`.
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
    problem: Mapping[str, Any] | None = None


def answered(
    analysis: Analysis,
    causes: tuple[Trigger, ...],
    findings: tuple[Finding, ...],
    inputs: Inputs,
    solution: Solution,
) -> ProposalResult:
    """Return what an answer of the optimiser means in trades, reasons, limits and zones."""
    rounded = round_answer(analysis, solution)
    _require_covered(analysis, rounded)
    compared = findings
    if rounded.trades:
        compared = compare(findings, judge(_once_booked(analysis, rounded)))
    is_answer = _is_answer(causes, compared)
    if not is_answer:
        rounded = replace(rounded, trades=(), quantities={}, cash=analysis.valuation.cash)
    after, cash_after = weights_after(analysis, rounded)
    again = partial(best_objective, near=solution.duals)
    limits = limit_lines(
        inputs, solution, analysis.limits, after=after, cash_after=cash_after, solve=again
    )
    report = SolverReport(
        solution.solver, solution.status, solution.objective, solution.gap, _within(solution)
    )
    problem = to_problem_json(inputs, solution)
    if not rounded.trades:
        reason = _why_nothing(analysis, limits) if is_answer else NOT_LEFT
        return ProposalResult(
            Decision.HOLD, causes, findings, reason, limits=limits, solver=report, problem=problem
        )
    trades = _with_reasons(analysis, inputs, solution, rounded.trades)
    return ProposalResult(
        decision=Decision.TRADE,
        causes=causes,
        findings=compared,
        reason=_headline(trades, findings),
        trades=trades,
        quantities=rounded.quantities,
        cash=rounded.cash,
        limits=limits,
        warnings=(*_warnings(compared), *_slow_trades(analysis, trades)),
        solver=report,
        problem=problem,
    )


def _is_answer(causes: Sequence[Trigger], compared: Sequence[Finding]) -> bool:
    """Tell whether trades answer what caused them: a red zone alone asks for a way out of one."""
    if set(causes) != {Trigger.ZONE}:
        return True
    return any(f.zone is Zone.RED and f.after not in (None, Zone.RED) for f in compared)


def _once_booked(analysis: Analysis, rounded: Rounded) -> Situation:
    """Return what zone rules will look at once the trades are booked: its aims and limits too."""
    booked = analysis.portfolio.with_quantities(rounded.quantities, rounded.cash)
    later = analyse(booked, analysis.market, mode=analysis.policy.mode)
    return situation_of(later, later.w0, later.c0)


def round_answer(analysis: Analysis, solution: Solution) -> Rounded:
    """Return the trades that lead to a solution's weights, in exact money."""
    return to_trades(
        analysis.valuation,
        solution.w,
        free=[position.free for position in analysis.valuation.positions],
        cost_buy=analysis.fees,
        cost_sell=analysis.fees,
        min_trade=analysis.min_trade,
    )


def _require_covered(analysis: Analysis, rounded: Rounded) -> None:
    if rounded.shortfall > 0:
        missing = display.money(rounded.shortfall, analysis.portfolio.currency)
        raise InfeasibleError(
            f"the withdrawal is {missing} more than sales can raise after their costs",
            hint=f"take out {missing} less",
        )


def weights_after(analysis: Analysis, rounded: Rounded) -> tuple[Array, float]:
    """Return weights, shape (n,), and cash after the trades, as fractions of the value before."""
    value = analysis.valuation.value
    after = after_trades(analysis.valuation, dict(rounded.quantities), rounded.cash)
    return np.array([float(p.value / value) for p in after.positions]), float(rounded.cash / value)


def _with_reasons(
    analysis: Analysis, inputs: Inputs, solution: Solution, trades: Sequence[Trade]
) -> tuple[Trade, ...]:
    case = ExplanationInputs(
        inputs=inputs,
        solution=solution,
        attribution=attribute(inputs, solution, analysis.alpha.trend, analysis.alpha.grade),
        reference=analysis.reference,
        bounds=analysis.bounds,
        valuation=analysis.valuation,
        market=analysis.market,
        signals=analysis.policy.signals_in_force,
        limits=analysis.limits,
    )
    reasons = reasons_for(case, trades)
    return tuple(replace(trade, reasons=reasons[trade.asset_id]) for trade in trades)


def _headline(trades: Sequence[Trade], findings: Sequence[Finding]) -> str:
    """Say the worst cause: a limit before all else, red before amber, then most of the money."""
    zones = {f.subject: f.zone for f in findings if f.scope is Scope.ASSET and f.zone is Zone.RED}
    money: dict[tuple[int, str], Decimal] = {}
    for trade in trades:
        for reason in trade.reasons:
            is_broken = reason.kind in LIMITS and not reason.text.startswith(KEEPS)
            urgency = 2 * is_broken + (trade.asset_id in zones)
            share = trade.notional * Decimal(str(reason.share))
            key = (urgency, reason.text)
            money[key] = money.get(key, Decimal(0)) + share
    return max(sorted(money), key=lambda key: (key[0], money[key]))[1]


def _within(solution: Solution) -> float | None:
    """Return how much better another choice of trades could be at most, in basis points."""
    if solution.bound is None:
        return None
    return round(max(0.0, 1e4 * (solution.bound - solution.objective)), 3)


def _why_nothing(analysis: Analysis, limits: Sequence[LimitLine]) -> str:
    left = [line for line in limits if line.violation > 0]
    kept = [line.text for line in left if analysis.limits.holds(line.name)]
    if kept:
        return f"no trade mends what is broken: {kept[0]}"
    if left:
        return f"no limit of yours is broken; {left[0].text}"
    return f"in range: drift {display.percent(analysis.drift)}, no trade is worth its cost"


def _warnings(compared: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(
        f"{WORSENED}: {f.subject}: {f.after_text or f.text} ({f.zone.value} -> {f.after.value})"
        for f in worsened(compared)
        if f.after is not None
    )


def _slow_trades(analysis: Analysis, trades: Sequence[Trade]) -> Iterator[str]:
    """Say of each trade that is too large for its market in how many days it should be made."""
    daily = tradable_a_day(analysis.market, [trade.asset_id for trade in trades])
    for trade, money in zip(trades, daily, strict=True):
        days = float(trade.notional) / money
        if days > EXIT_DAYS:
            much = display.money(trade.notional, analysis.portfolio.currency)
            yield (
                f"{trade.symbol}: {much} is {days:.0f} days of a tenth of its volume;"
                f" {trade.side.value} it in parts"
            )
