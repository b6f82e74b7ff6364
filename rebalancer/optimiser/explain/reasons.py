"""Reasons of trades in plain words: what is true now, with its figure, and its share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from portfolios.model.market import Array, Market
from portfolios.model.plan import Reason, ReasonKind, Side, Trade, scale_before_flow
from portfolios.model.policy import Signals
from portfolios.model.valuation import Valuation
from portfolios.values import display
from rebalancer.estimates.limits import Limits
from rebalancer.estimates.reference import Reference
from rebalancer.estimates.trade_bounds import TradeBounds
from rebalancer.optimiser.explain import causes as why
from rebalancer.optimiser.explain import reference_moves as moved
from rebalancer.optimiser.explain.attribution import Attribution, volatility
from rebalancer.optimiser.inputs import Inputs, Solution

KEEPS = "keeps"
"""So begins a reason of a limit that is not broken."""
MOST_REASONS = 3
LEAST_SHARE = 0.05
"""Smaller causes are left out, unless they are the largest."""
VISIBLE = 5e-4
"""Half a tenth of a point: less is not shown as a difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationInputs:
    """Everything that reasons are read from; arrays in the order of `inputs.assets`."""

    inputs: Inputs
    solution: Solution
    attribution: Attribution
    reference: Reference
    bounds: TradeBounds
    valuation: Valuation
    market: Market
    signals: Signals
    limits: Limits

    @property
    def now(self) -> Array:
        """Weights before the cash flow, fractions of what is held then, shape (n,)."""
        scale = scale_before_flow(self.valuation.value, self.valuation.flow)
        return np.asarray(scale * self.inputs.w0)


def reasons_for(case: ExplanationInputs, trades: Iterable[Trade]) -> dict[str, tuple[Reason, ...]]:
    """Return the reasons of each trade by asset id: at least one, at most three, largest first.

    Shares are of all causes of the trade, so those listed sum to 1 or a little less.
    """
    place = why.places(case.inputs.assets)
    moves = moved.reference_moves(case.reference, case.inputs, case.bounds)
    return {t.asset_id: _reasons(case, t, place[t.asset_id], moves) for t in trades}


def _reasons(
    case: ExplanationInputs, trade: Trade, i: int, moves: Sequence[moved.ReferenceMove]
) -> tuple[Reason, ...]:
    found = why.causes_of(
        i,
        case.inputs,
        case.solution,
        attribution=case.attribution,
        reference=case.reference,
        moves=moves,
    )
    merged: dict[tuple[ReasonKind, str], float] = {}
    for cause in found:
        said = _said(case, trade, i, cause.name)
        merged[said] = merged.get(said, 0.0) + cause.share
    ordered = sorted(merged.items(), key=lambda item: (-item[1], item[0]))[:MOST_REASONS]
    listed = [item for k, item in enumerate(ordered) if k == 0 or item[1] >= LEAST_SHARE]
    return tuple(Reason(kind, round(share, 4), text) for (kind, text), share in listed)


def _said(case: ExplanationInputs, trade: Trade, i: int, name: str) -> tuple[ReasonKind, str]:
    if name in case.limits.raised:  # being over it is being over the target
        return ReasonKind.DRIFT, _drift(case, trade, i)
    if name.startswith("sector."):
        return ReasonKind.SECTOR_LIMIT, sector_limit_text(case.limits, case.now, name)
    if name.startswith("asset."):
        return ReasonKind.ASSET_LIMIT, _asset_limit(case, trade, i)
    if name.startswith("buffer") or name in {row.name for row in case.inputs.extra_rows}:
        return ReasonKind.BUFFER, _buffer(case, name)
    if name == "volatility":
        return ReasonKind.VOLATILITY, _volatility(case)
    if name == why.FLOW:
        return ReasonKind.FLOW, _flow(case)
    if name == moved.LEAST_CASH and (unmoved := _unmovable(case)):
        return ReasonKind.RESTRICTION, _stays(case, unmoved)
    if name == moved.LEAST_CASH:
        least = display.limit(case.inputs.c_hard)
        return ReasonKind.BUFFER, f"{KEEPS} cash at {least} at least"
    if name in {moved.FROZEN, moved.LOCKED, moved.NO_BUY}:
        return ReasonKind.RESTRICTION, _restriction(case, i, name)
    return _own(case, trade, i, name)


def _own(case: ExplanationInputs, trade: Trade, i: int, name: str) -> tuple[ReasonKind, str]:
    if name == why.TREND:
        return ReasonKind.TREND, _trend(case, trade)
    if name == moved.SIGNALS:
        return ReasonKind.TREND, _lowered_by_signals(case, trade)
    if name == why.GRADE:
        return ReasonKind.GRADE, _grade(case, trade)
    if name == moved.SPREAD:
        return ReasonKind.DRIFT, "takes its share of the weight that limits freed"
    if name == why.DRIFT:
        return ReasonKind.DRIFT, _drift(case, trade, i)
    return ReasonKind.RISK, _risk(case, i)


def sector_limit_text(limits: Limits, w0: Array, name: str) -> str:
    """Say how far a sector is from its cap or floor, at weights of shape (n,) before the trades."""
    sector, _, end = name.removeprefix("sector.").rpartition(".")
    j = limits.sector_names.index(sector)
    weight = float(limits.M[:, j] @ w0)
    if end == "min":
        return _distance(sector, limits.S_lo[j] - weight, "under its minimum of", limits.S_lo[j])
    return _distance(sector, weight - limits.S_hi[j], "over its limit of", limits.S_hi[j])


def _distance(name: str, excess: float, words: str, bound: float) -> str:
    if excess <= VISIBLE:
        noun = words.removeprefix("over its ").removeprefix("under its ")
        return f"{KEEPS} {name} within its {noun} {display.limit(bound)}"
    return f"{name} is {display.points(excess)} {words} {display.limit(bound)}"


def _asset_limit(case: ExplanationInputs, trade: Trade, i: int) -> str:
    bound = float(case.limits.w_max[i])
    excess = float(case.now[i]) - bound
    return _distance(trade.symbol, excess, "over its limit of", bound)


def _buffer(case: ExplanationInputs, name: str) -> str:
    inputs = case.inputs
    if name != "buffer":
        return _issuer(case, name)
    reserve = 1.0 - float((1.0 - inputs.m_stable) @ case.now)
    bound = display.limit(case.limits.b_min)
    if reserve >= case.limits.b_min - VISIBLE:
        return f"{KEEPS} the buffer of {bound} in cash and stablecoins"
    return f"cash and stablecoins {display.percent(reserve)} are under the buffer of {bound}"


def _issuer(case: ExplanationInputs, name: str) -> str:
    """Say how little of a buffer stands outside one issuer; the row is a floor, as a cap."""
    row = next(row for row in case.inputs.extra_rows if row.name == name)
    cash = 1.0 - float(case.now.sum())
    elsewhere = display.percent(-float(row.a @ case.now) - row.cash * cash)
    too_much = f"too much of the buffer stands with {name.removeprefix('buffer.')}"
    return f"{too_much}: {elsewhere} is elsewhere, {display.limit(-row.hi)} is needed"


def _volatility(case: ExplanationInputs) -> str:
    now, most = volatility(case.inputs, case.now), case.inputs.vol_max or 0.0
    if now <= most + VISIBLE:
        return f"{KEEPS} volatility within its limit of {display.limit(most)}"
    return f"volatility {display.percent(now)} is over its limit of {display.limit(most)}"


def _flow(case: ExplanationInputs) -> str:
    amount = display.money(abs(case.valuation.flow), case.market.currency)
    if case.valuation.flow > 0:
        return f"invests the deposit of {amount}"
    if case.inputs.c0 < case.inputs.c_hard:
        return f"raises cash for the withdrawal of {amount}"
    return f"restores the balance after the withdrawal of {amount}"


def _restriction(case: ExplanationInputs, i: int, name: str) -> str:
    if name != moved.FROZEN:
        return case.bounds.why[i] or "may not be traded freely"
    frozen = [int(j) for j in np.flatnonzero(case.bounds.frozen)]
    locked = [int(j) for j in np.flatnonzero(case.inputs.w_lock > 0)]
    return _stays(case, frozen or _unmovable(case) or locked)


def _unmovable(case: ExplanationInputs) -> list[int]:
    """Return what a lock keeps above what is wished."""
    wished = case.reference.wished
    return [j for j, lock in enumerate(case.inputs.w_lock) if lock > wished[j] + VISIBLE]


def _stays(case: ExplanationInputs, places: Sequence[int]) -> str:
    largest = max(places, key=lambda j: (case.inputs.w0[j], -j))
    symbol = case.valuation.positions[largest].asset.symbol
    ban = case.bounds.why[largest] or "locked"
    return f"{symbol} cannot move ({ban}), the others share the rest"


def _trend(case: ExplanationInputs, trade: Trade) -> str:
    grade = case.market.grades.get(trade.asset_id)
    wanted = 1 if trade.side is Side.BUY else -1
    if grade is None or grade.trend != wanted:
        return f"trend {'stronger' if wanted > 0 else 'weaker'} than that of the others"
    return f"{display.TREND_WORDS[wanted]} trend; signals = {case.signals.value}"


def _lowered_by_signals(case: ExplanationInputs, trade: Trade) -> str:
    trend = -1 if trade.side is Side.SELL else 1
    return f"{display.TREND_WORDS[trend]} trend; signals = {case.signals.value}"


def _grade(case: ExplanationInputs, trade: Trade) -> str:
    side = 1.0 if trade.side is Side.BUY else -1.0
    known = _grades(case, trade.asset_id)
    ranked = sorted((side * (own - mid), name, own, mid) for name, own, mid in known)
    if not ranked or ranked[-1][0] <= 0:
        return f"grades {'better' if side > 0 else 'weaker'} than those of the others"
    _, name, own, mid = ranked[-1]
    return f"{name} {own:.0f} against a median of {mid:.0f}"


def _grades(case: ExplanationInputs, asset_id: str) -> Iterable[tuple[str, float, float]]:
    """Yield name, own grade and the median of all grades of the same definition."""
    own = case.market.grades.get(asset_id)
    if own is None:
        return
    alike = [g for g in case.market.grades.values() if (g.source, g.kind) == (own.source, own.kind)]
    if own.short is not None:
        yield "grade", own.short, median(g.short for g in alike if g.short is not None)
    if own.long is not None:
        yield "long-term grade", own.long, median(g.long for g in alike if g.long is not None)


def _drift(case: ExplanationInputs, trade: Trade, i: int) -> str:
    wished = display.percent(case.reference.wished[i])
    noun = "a target" if case.reference.has_targets else "a recorded weight"
    return f"{trade.symbol} {display.percent(case.now[i])} against {noun} of {wished}"


def _risk(case: ExplanationInputs, i: int) -> str:
    other = why.largest_cross(i, case.inputs, case.solution)
    if other is None:
        return "lowers risk away from the aims"
    away = float((case.now - case.inputs.r)[other])
    symbol = case.valuation.positions[other].asset.symbol
    if abs(away) <= VISIBLE:
        return f"balances the risk it shares with {symbol}"
    side = "over" if away > 0 else "under"
    far = display.points(abs(away))
    return f"balances the risk it shares with {symbol}, {far} {side} its aim"
