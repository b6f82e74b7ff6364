"""What may be bought and sold: every lock, ban and mode as bounds of trades.

Modes are bounds and nothing else: the program stays the same. Each bound names its reason, so that
a plan can say why something stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portfolios.model.market import TREND_LASTS, Array, Market
from portfolios.model.policy import Mode, Policy, Signals
from portfolios.model.portfolio import Lock, LockKind, Portfolio, purchase_ban
from portfolios.model.valuation import Position, Valuation
from portfolios.values.display import counted
from rebalancer.estimates.pegs import lost_peg
from rebalancer.estimates.per_market import columns, per_market, places
from rebalancer.estimates.risk.proxies import NEW_DAYS
from rebalancer.estimates.scores import acts_bearish, turned_lately


@dataclass(frozen=True, slots=True)
class TradeBounds:
    """What may be traded: bounds of buys and sells, shape (n,) each, and why.

    Attributes:
        u_hi, v_hi: most that may be bought and sold, as weights.
        w_lock: weight that may not be sold.
        frozen: neither bought nor sold, shape (n,), booleans.
        why: per asset, the ban in words (`staked until 2027-03-01`); empty when free.
    """

    u_hi: Array
    v_hi: Array
    w_lock: Array
    frozen: Array
    why: tuple[str, ...]


SALE_ALLOWANCE = 1.05
"""A withdrawal may sell a little more than it needs, so that costs and minimum trades fit."""


def bounds_of(
    valuation: Valuation, portfolio: Portfolio, market: Market, *, policy: Policy
) -> TradeBounds:
    """Return the bounds of a portfolio.

    Args:
        valuation: positions after the cash flow.
        portfolio: targets and candidates, which may be bought though not held.
        market: history and trends.
        policy: the mode `cash_flow` sells only what a withdrawal needs, `hybrid` is free here and
            the caller's business; with the signals `trim` and `follow` nothing is added to what
            is in a bearish trend.
    """
    n = len(valuation.positions)
    w0 = valuation.weights()
    u_hi, v_hi, w_lock = np.ones(n), w0.copy(), np.zeros(n)
    frozen, why = np.zeros(n), [""] * n
    days = _days_known(market)[places(market, valuation.asset_ids)]
    for i, position in enumerate(valuation.positions):
        locked = _locked_share(position) * w0[i]
        w_lock[i], v_hi[i] = locked, max(0.0, w0[i] - locked)
        ban = _buying_ban(position, portfolio, market, int(days[i]), policy)
        u_hi[i] = 0.0 if ban else 1.0
        frozen[i] = float(_is_frozen(position))
        is_wished = position.asset.asset_id in portfolio.wished
        why[i] = _why(position) or (ban if w0[i] > 0 or is_wished else "")
    if policy.mode is Mode.CASH_FLOW:
        v_hi = _only_forced(v_hi, valuation, portfolio)
    return TradeBounds(u_hi=u_hi, v_hi=v_hi, w_lock=w_lock, frozen=frozen, why=tuple(why))


@per_market
def _days_known(market: Market) -> Array:
    close = market.bars.columns(columns(market)).close
    return np.asarray(np.isfinite(close).sum(axis=0), dtype=np.float64)


def _locked_share(position: Position) -> float:
    if position.grey or position.quantity <= 0:
        return 1.0
    return float(1 - position.free / position.quantity)


def _is_frozen(position: Position) -> bool:
    """Tell whether nothing may be bought or sold at all."""
    return bool(position.grey) or any(
        lock.kind is LockKind.FROZEN and lock.quantity is None for lock in position.locks
    )


def _buying_ban(
    position: Position, portfolio: Portfolio, market: Market, history: int, policy: Policy
) -> str:
    """Say why an asset may not be bought; empty when it may."""
    asset = position.asset
    if position.grey:
        return position.grey
    if (lock := purchase_ban(position.locks)) is not None:
        return lock_words(lock)
    if position.quantity <= 0 and asset.asset_id not in portfolio.wished:
        return "neither held nor wanted"
    if history < NEW_DAYS and position.quote is not None and asset.asset_id in market.assets:
        return f"only {counted(history, 'day')} of history: not bought"
    if asset.asset_id not in market.assets:
        return "no public market: not bought"
    if lost := lost_peg(market, asset):
        return f"{lost}: not bought"
    return _ban_by_trend(asset.asset_id, market, policy)


def _ban_by_trend(asset_id: str, market: Market, policy: Policy) -> str:
    signals = policy.signals_in_force
    if signals not in (Signals.TRIM, Signals.FOLLOW):
        return ""
    if acts_bearish(market, asset_id, policy.technical):
        return f"bearish trend: not added to (signals = {signals.value})"
    if turned_lately(market, asset_id, policy.technical):
        return (
            f"trend not seen for {TREND_LASTS.days} days: not added to (signals = {signals.value})"
        )
    return ""


def _why(position: Position) -> str:
    if position.grey:
        return position.grey
    return "; ".join(lock_words(lock) for lock in position.locks)


def lock_words(lock: Lock) -> str:
    """Say what a lock forbids and why.

    >>> from datetime import date
    >>> lock_words(Lock(LockKind.FROZEN, date(2027, 3, 1), "staked"))
    'staked until 2027-03-01'
    >>> lock_words(Lock(LockKind.NO_SELL))
    'may not be sold'
    """
    words = {
        LockKind.FROZEN: "frozen",
        LockKind.NO_SELL: "may not be sold",
        LockKind.NO_BUY: "may not be bought",
    }[lock.kind]
    until = f" until {lock.until.isoformat()}" if lock.until else ""
    part = f"{lock.quantity:f} of it " if lock.quantity is not None else ""
    return f"{part}{lock.reason or words}{until}"


def _only_forced(v_hi: Array, valuation: Valuation, portfolio: Portfolio) -> Array:
    """Close sales, except for what a withdrawal and its fees need: the heaviest first.

    What lies above its wish is sold before anything that lies below. A mode is not a lock: the
    locks stay as they are, and with them the reference.
    """
    short = max(0.0, -valuation.cash_weight()) if valuation.flow < 0 else 0.0
    needed = SALE_ALLOWANCE * short / (1.0 - float(portfolio.policy.fee or 0))
    heavy = np.minimum(v_hi, np.maximum(0.0, valuation.weights() - _wishes(valuation, portfolio)))
    first = _share_of(heavy, needed)
    return first + _share_of(v_hi - first, needed - float(first.sum()))


def _wishes(valuation: Valuation, portfolio: Portfolio) -> Array:
    """Return the stated or recorded weights, those held where there are none."""
    stated = portfolio.targets if portfolio.targets is not None else portfolio.recorded
    if stated is None:
        return valuation.weights()
    return np.array([float(stated.get(asset_id, 0)) for asset_id in valuation.asset_ids])


def _share_of(room: Array, needed: float) -> Array:
    """Return the same share of each room, so much that it meets a need, or all of it."""
    total = float(room.sum())
    return min(1.0, max(0.0, needed) / total) * room if total > 0 else np.zeros(len(room))
