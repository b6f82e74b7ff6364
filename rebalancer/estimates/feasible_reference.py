"""Brings a wished reference inside the limits, so that the program never fights itself.

A program that tracks a reference which itself breaks a limit rebuilds the forbidden risk with
other assets. So the limits move the reference, row by row, and the program only prices the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portfolios.model.market import Array
from rebalancer.estimates.limits import Limits
from rebalancer.estimates.trade_bounds import TradeBounds

SMALL = 1e-12
HALVINGS = 60
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Row:
    """`q @ r <= h`, with cash eliminated; `gives` tells which assets give way, shape (n,)."""

    name: str
    q: Array
    h: float
    gives: Flags


def bring_inside(
    signalled: Array,
    w0: Array,
    limits: Limits,
    bounds: TradeBounds,
    *,
    spread: bool,
    candidates: Array,
) -> Array:
    """Return the reference inside the limits, as far as locks allow it.

    Args:
        signalled: wished weights after signals, shape (n,).
        w0: weights held, shape (n,).
        limits: caps, floors and buffer.
        bounds: what is locked, and what may not be bought.
        spread: hand back what the limits freed, pro rata, instead of leaving it in cash.
        candidates: shape (n,), 1 for assets that a floor may lift from nothing.
    """
    frozen = bounds.frozen.astype(bool)
    low, high = ends(w0, limits, bounds)
    share = shared(signalled, low, frozen)
    wanted = np.clip(share, low, np.maximum(low, limits.w_max))
    rows = tuple(rows_of(limits))
    for row in rows:
        wanted = lowered(wanted, low, high, row)
    r = np.minimum(wanted, high)
    r = _lifted(r, high, limits, rows, candidates)
    if spread:
        # What a lock holds at its weight is not grown: it could never be brought back.
        held_fast = frozen | ((low > SMALL) & (r <= low + SMALL))
        # What the mode does not sell frees nothing.
        left = np.maximum(r, np.minimum(share, w0 - bounds.v_hi))
        r = _spread(r, high, rows, freed=float((share - left).sum()), fixed=held_fast)
    return r


def ends(w0: Array, limits: Limits, bounds: TradeBounds) -> tuple[Array, Array]:
    """Return the least and the most weight of each asset in the reference, shape (n,) each."""
    frozen = bounds.frozen.astype(bool)
    low = np.where(frozen, w0, np.minimum(bounds.w_lock, w0))
    high = np.where(bounds.u_hi <= 0, np.minimum(limits.w_max, w0), limits.w_max)
    high = np.where(frozen, w0, np.maximum(high, low))
    return low, high


def rows_of(limits: Limits) -> Iterator[Row]:
    """Yield what lowers the reference, in order: sector caps by name, buffer, issuers, cash."""
    for j, name in enumerate(limits.sector_names):
        members = limits.M[:, j]
        yield Row(f"sector.{name}.max", members, float(limits.S_hi[j]), members > 0)
    everything = np.ones(len(limits.w_max))
    if limits.b_min > 0:
        coins = 1.0 - limits.m_stable
        yield Row("buffer", coins, 1.0 - limits.b_min, coins > 0)
        for issuer, others, least in limits.without_each_issuer():
            own = limits.m_stable * (1.0 - others)  # its stablecoins turn to cash, never coins
            yield Row(f"buffer.{issuer}", 1.0 - others, 1.0 - least, own > 0)
    yield Row("cash", everything, 1.0 - limits.c_hard, everything > 0)


def shared(wished: Array, low: Array, frozen: Flags) -> Array:
    """Return wished weights, shape (n,), once locks have their weight.

    What is frozen, or may not be sold to its share, stands where it is; all others, cash included,
    share the rest pro rata. Prices that lift what is locked so cause no trade in the others.

    Args:
        wished: weights after signals.
        low: the least that can be held.
        frozen: neither bought nor sold.
    """
    fixed = frozen.copy()
    while True:
        left = 1.0 - float(wished[fixed].sum())
        factor = (1.0 - float(low[fixed].sum())) / left if left > SMALL else 1.0
        share = max(0.0, factor) * wished
        stuck = ~fixed & (low > share + SMALL)
        if not stuck.any():
            return np.asarray(np.where(fixed, low, np.maximum(low, share)))
        fixed |= stuck


def lowered(wanted: Array, low: Array, high: Array, row: Row) -> Array:
    """Return wanted weights, shape (n,), lowered until what can be held meets a row.

    Who gives way shrinks by one factor, and stops at what must stay: so a lock that does not bind
    moves no aim, and buying what may not be sold again changes none. What may not be bought counts
    with what is held of it at most: else its share would fall again once it was sold to its aim.

    Args:
        wanted: weights inside the caps.
        low: the least that can be held; nothing that is wanted lies below it.
        high: the most that can be held.
        row: with q negative nowhere.
    """
    gives = row.gives & (wanted > 0)
    if float(row.q @ np.minimum(wanted, high)) <= row.h + SMALL:
        return wanted

    def held(factor: Array) -> Array:
        shrunk = np.minimum(np.maximum(low, factor[:, None] * wanted), high)
        return np.asarray(np.where(gives, shrunk, np.minimum(wanted, high)) @ row.q)

    # The sum of the row is linear between the factors at which an asset stops.
    stops = np.concatenate([low[gives], high[gives]]) / np.tile(wanted[gives], 2)
    factors = np.unique(np.concatenate([[0.0, 1.0], stops[stops < 1.0]]))
    factor = float(np.interp(row.h, held(factors), factors))
    return np.where(gives, np.maximum(low, factor * wanted), wanted)


def calmed(r: Array, low: Array, stable: Array, covariance: Array, most: float) -> Array:
    """Return weights, shape (n,), whose volatility is inside a limit, as far as locks allow.

    What is no stablecoin shrinks by one factor, down to what must stay, and the rest is cash.

    Args:
        r: weights.
        low: what must stay.
        stable: 1 for stablecoins.
        covariance: per 30 days, shape (n, n).
        most: the limit, per 30 days.
    """

    def at(factor: float) -> Array:
        return np.asarray(np.where(stable > 0, r, np.maximum(np.minimum(low, r), factor * r)))

    def is_calm(w: Array) -> bool:
        return float(w @ covariance @ w) <= most**2

    if is_calm(r):
        return r
    least, top = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (least + top)
        least, top = (middle, top) if is_calm(at(middle)) else (least, middle)
    return at(least)


def _lifted(
    r: Array, high: Array, limits: Limits, rows: tuple[Row, ...], candidates: Array
) -> Array:
    """Lift sectors under their floor from the reference's cash, as far as limits allow.

    An asset in two sectors that one floor brings in may serve the other: so until nothing moves.
    """
    for _ in range(len(r) + 1):
        before = r
        r = _lifted_once(r, high, limits, rows, candidates)
        if np.abs(r - before).max(initial=0.0) <= SMALL:
            break
    return r


def _lifted_once(
    r: Array, high: Array, limits: Limits, rows: tuple[Row, ...], candidates: Array
) -> Array:
    for j in range(len(limits.sector_names)):
        members = limits.M[:, j]
        short = float(limits.S_lo[j] - members @ r)
        if short <= SMALL:
            continue
        inside = (members > 0) & (r > SMALL)
        weight = np.where(inside, r, 0.0)
        if not inside.any():
            weight = np.where((members > 0) & (candidates > 0) & (high > SMALL), 1.0, 0.0)
        r = _grown(r, weight, high, rows, members, target=float(limits.S_lo[j]))
    return r


def _grown(
    r: Array, weight: Array, high: Array, rows: tuple[Row, ...], members: Array, *, target: float
) -> Array:
    """Grow some assets in proportion until a sum is reached; who meets a limit stops."""
    active = weight > 0
    for _ in range(len(r) + len(rows) + 1):
        direction = np.where(active, weight, 0.0)
        speed = float(members @ direction)
        missing = target - float(members @ r)
        if missing <= SMALL or speed <= SMALL:
            return r
        step, stopped = _step(r, direction, high, rows, missing / speed)
        r = r + step * direction
        active &= ~stopped
    return r


def _step(
    r: Array, direction: Array, high: Array, rows: tuple[Row, ...], wanted: float
) -> tuple[float, npt.NDArray[np.bool_]]:
    """Return how far to go along a direction, and which assets then stand at a limit."""
    moving = direction > 0
    room = np.where(moving, (high - r) / np.where(moving, direction, 1.0), np.inf)
    own = float(room.min(initial=np.inf))
    speeds = np.array([float(row.q @ direction) for row in rows])
    gaps = np.array([row.h - float(row.q @ r) for row in rows])
    reach = np.where(speeds > SMALL, gaps / np.where(speeds > SMALL, speeds, 1.0), np.inf)
    step = max(0.0, min(wanted, own, float(reach.min(initial=np.inf))))
    stopped = moving & (room <= step + SMALL)
    for row, at in zip(rows, reach, strict=True):
        if at <= step + SMALL:
            stopped |= moving & (row.q > 0)
    return step, stopped


def _spread(
    r: Array, high: Array, rows: tuple[Row, ...], *, freed: float, fixed: npt.NDArray[np.bool_]
) -> Array:
    """Hand back what limits took: who may grow grows by one common factor, until it is used up."""
    if freed <= SMALL:
        return r
    weight = np.where(fixed, 0.0, r)
    return _grown(r, weight, high, rows, np.ones(len(r)), target=float(r.sum()) + freed)
