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
from rebalancer.estimates.feasible_reference import ends, lowered, rows_of, shared
from rebalancer.estimates.limits import Limits
from rebalancer.estimates.reference import Reference
from rebalancer.estimates.trade_bounds import TradeBounds
from rebalancer.optimiser.inputs import Inputs

SIGNALS, FROZEN, LOCKED, NO_BUY = "signals", "frozen", "locked", "no_buy"
LEAST_CASH, SPREAD, CALMED = "cash", "spread", "volatility"
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
    for move in _retraced(at, inputs, reference.inside, bounds):
        found.append(move)
        at = at + move.change
    found.extend(_raised(at, reference.r - reference.calmed, reference.inside))
    found.append(ReferenceMove(CALMED, reference.calmed))
    return tuple(move for move in found if np.any(np.abs(move.change) > _SMALL))


def _retraced(
    start: Array, inputs: Inputs, inside: Limits, bounds: TradeBounds
) -> Iterator[ReferenceMove]:
    frozen: Mask = bounds.frozen.astype(np.bool_)
    low, high = ends(inputs.w0, inside, bounds)
    at = shared(start, low, frozen)
    own = np.where(~frozen & (low > start) & (at <= low), at - start, 0.0)
    yield ReferenceMove(FROZEN, at - start - own)
    yield ReferenceMove(LOCKED, own)
    for move in _clipped(at, frozen, low, inside):
        yield move
        at = at + move.change
    for row in rows_of(inside):
        after = lowered(at, low, high, row)
        yield ReferenceMove(row.name, after - at)
        at = after
    yield ReferenceMove(NO_BUY, np.minimum(at, high) - at)


def _clipped(at: Array, frozen: Mask, low: Array, inside: Limits) -> Iterator[ReferenceMove]:
    capped = np.where(frozen, at, np.maximum(np.minimum(at, inside.w_max), np.minimum(at, low)))
    for i in np.flatnonzero(capped < at - _SMALL):
        change = np.zeros(len(at))
        change[i] = capped[i] - at[i]
        yield ReferenceMove(f"asset.{inside.asset_ids[i]}.max", change)
    yield ReferenceMove(LOCKED, np.maximum(capped, low) - capped)


def _raised(at: Array, r: Array, inside: Limits) -> Iterator[ReferenceMove]:
    """Name what is left: sectors lifted to their floor, else freed weight handed back."""
    rest = r - at
    for j, name in enumerate(inside.sector_names):
        if float(inside.M[:, j] @ at) < inside.S_lo[j] - _SMALL:
            lifted = np.where((inside.M[:, j] > 0) & (rest > 0), rest, 0.0)
            yield ReferenceMove(f"sector.{name}.min", lifted)
            rest = rest - lifted
    yield ReferenceMove(SPREAD, rest)
