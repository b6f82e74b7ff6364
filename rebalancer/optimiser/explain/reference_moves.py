"""Which rule moved the reference: from the wished weights to those inside the limits.

The program follows a reference that limits have already lowered, so a trade that a limit causes
looks like drift. Retracing the rules in their order tells whose move it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portfolios.model.market import Array
from rebalancer.estimates.reference import Reference
from rebalancer.estimates.trade_bounds import TradeBounds
from rebalancer.optimiser.inputs import Inputs, Row

SIGNALS, FROZEN, LOCKED, NO_BUY = "signals", "frozen", "locked", "no_buy"
LEAST_CASH, SPREAD = "cash", "spread"
_SMALL = 1e-12

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ReferenceMove:
    """One rule's change of the reference, shape (n,); `name` is the limit's or one of the above."""

    name: str
    change: Array


def reference_moves(
    reference: Reference, inputs: Inputs, bounds: TradeBounds
) -> tuple[ReferenceMove, ...]:
    """Return every rule that moved the reference, in the order of the rules.

    The changes sum to `reference.r - reference.wished`.
    """
    found = [ReferenceMove(SIGNALS, reference.signalled - reference.wished)]
    at = reference.signalled
    for move in _retraced(at, inputs, bounds):
        found.append(move)
        at = at + move.change
    found.extend(_raised(at, reference.r, inputs))
    return tuple(move for move in found if np.any(np.abs(move.change) > _SMALL))


def _retraced(start: Array, inputs: Inputs, bounds: TradeBounds) -> Iterator[ReferenceMove]:
    frozen: Mask = bounds.frozen.astype(np.bool_)
    at = np.where(frozen, inputs.w0, start * _left_over(start, inputs.w0, frozen))
    yield ReferenceMove(FROZEN, at - start)
    for move in _clipped(at, frozen, inputs, bounds):
        yield move
        at = at + move.change
    lowest = np.where(frozen, inputs.w0, np.minimum(bounds.w_lock, at))
    for row in _rows(inputs):
        lowered = _lowered(at, lowest, row)
        yield ReferenceMove(row.name, lowered - at)
        at = lowered


def _left_over(wished: Array, held: Array, frozen: Mask) -> float:
    """Return the factor by which the others share what frozen holdings leave."""
    rest = 1.0 - float(wished[frozen].sum())
    return (1.0 - float(held[frozen].sum())) / rest if rest > _SMALL else 1.0


def _clipped(
    at: Array, frozen: Mask, inputs: Inputs, bounds: TradeBounds
) -> Iterator[ReferenceMove]:
    low = np.where(frozen, inputs.w0, bounds.w_lock)
    capped = np.where(frozen, at, np.maximum(np.minimum(at, inputs.w_max), np.minimum(at, low)))
    for i in np.flatnonzero(capped < at - _SMALL):
        change = np.zeros(inputs.n)
        change[i] = capped[i] - at[i]
        yield ReferenceMove(f"asset.{inputs.assets[i]}.max", change)
    held_back = np.where((bounds.u_hi <= 0) & ~frozen, np.minimum(capped, inputs.w0), capped)
    yield ReferenceMove(NO_BUY, held_back - capped)
    yield ReferenceMove(LOCKED, np.maximum(held_back, low) - held_back)


def _rows(inputs: Inputs) -> Iterator[Row]:
    """Yield what lowers the reference, in its order, as `a @ r <= hi` with cash eliminated."""
    for j, name in enumerate(inputs.sector_names):
        yield Row(f"sector.{name}.max", inputs.M[:, j], 0.0, float(inputs.S_hi[j]), 0.0)
    yield Row("buffer", 1.0 - inputs.m_stable, 0.0, 1.0 - inputs.b_min, 0.0)
    for row in inputs.extra_rows:
        yield Row(row.name, row.a - row.cash, 0.0, row.hi - row.cash, 0.0)
    yield Row(LEAST_CASH, np.ones(inputs.n), 0.0, 1.0 - inputs.c_hard, 0.0)


def _lowered(at: Array, lowest: Array, row: Row) -> Array:
    """Bring a broken row to its bound: its members shrink pro rata towards what must stay."""
    members = row.a > 0
    above = float(row.a[members] @ (at - lowest)[members])
    if float(row.a @ at) <= row.hi + _SMALL or above <= _SMALL:
        return at
    factor = max(0.0, (row.hi - float(row.a @ lowest)) / above)
    return np.where(members, lowest + min(1.0, factor) * (at - lowest), at)


def _raised(at: Array, r: Array, inputs: Inputs) -> Iterator[ReferenceMove]:
    """Name what is left: sectors lifted to their floor, else freed weight handed back."""
    rest = r - at
    for j, name in enumerate(inputs.sector_names):
        if float(inputs.M[:, j] @ at) < inputs.S_lo[j] - _SMALL:
            lifted = np.where((inputs.M[:, j] > 0) & (rest > 0), rest, 0.0)
            yield ReferenceMove(f"sector.{name}.min", lifted)
            rest = rest - lifted
    yield ReferenceMove(SPREAD, rest)
