"""Leaves out trades too small to be worth making, and lifts the others to the minimum.

A minimum trade makes the program non-convex. Small trades are pruned at two thresholds and the
rest is solved again; then every asset is tried once more as bought, sold and left alone, until a
sweep improves nothing. The best true objective wins, doing nothing included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.verify import Solved, hold_answer, measured, penalty

THRESHOLDS = (1.0, 0.5)
MOST_SWEEPS = 4
MOST_RESOLVES = 200
"""Re-solves of one polish. A count and not a clock: the same input gives the same bytes."""
GAIN = 1e-9
"""Improvements below this are the solver's tolerance."""
LEAST_GAIN = 1e-5
"""A tenth of a basis point: less than this is not worth anybody's attention, or a trade."""

Legs = npt.NDArray[np.int8]  # per asset: 1 bought, -1 sold, 0 left alone
Again = Callable[[Inputs], Solved | None]


def prune(inputs: Inputs, relaxed: Solved, again: Again) -> Solved:
    """Return the best answer whose trades all reach the minimum.

    Args:
        inputs: the program without a minimum.
        relaxed: its optimum.
        again: solves the program with other bounds; None where they cannot be met.
    """
    if inputs.min_trade <= 0 and inputs.leg_cost <= 0:
        return relaxed
    search = _Search(inputs, relaxed, again)
    search.start()
    search.polish()
    return pull_inside_caps(inputs, search.best, again)


class _Search:
    """The best answer so far, and the choices of legs already tried."""

    def __init__(self, inputs: Inputs, relaxed: Solved, again: Again) -> None:
        self.inputs, self.again = inputs, again
        self.z = relaxed.answer.u - relaxed.answer.v
        self.tried: dict[bytes, Solved | None] = {}
        self.legs: Legs = np.zeros(inputs.n, dtype=np.int8)
        still = hold_answer(inputs)
        self.best = relaxed
        self.value = -np.inf
        if still is not None:
            # Duals belong to an answer; doing nothing leans on no limit.
            self.best = replace(relaxed, answer=still)
            self.value = still.objective + LEAST_GAIN

    def start(self) -> None:
        """Try the trades that the relaxed answer makes large enough, at both thresholds."""
        for share in THRESHOLDS:
            least = share * self.inputs.min_trade
            legs = np.sign(np.where(np.abs(self.z) >= max(least, GAIN), self.z, 0.0))
            self._settle(legs.astype(np.int8))

    def polish(self) -> None:
        """Try each asset once in each role, the largest first, until a sweep improves nothing."""
        for _ in range(MOST_SWEEPS):
            before = self.value
            for i in np.lexsort((np.arange(len(self.z)), -np.abs(self.z))):
                for role in (0, 1, -1):
                    if len(self.tried) < MOST_RESOLVES and self._may(int(i), role):
                        self._try(self._with(int(i), role))
            if self.value <= before + GAIN:
                return

    def _settle(self, legs: Legs) -> None:
        """Try some legs; where they cannot be met, without the smallest, or with more sales."""
        for _ in range(len(legs) + 1):
            if self._try(legs) is not None:
                return
            smaller = self._without_smallest(legs)
            if smaller is None:
                return
            legs = smaller

    def _without_smallest(self, legs: Legs) -> Legs | None:
        """Release the smallest purchase; where none is left, take up the largest further sale."""
        bought = np.flatnonzero(legs > 0)
        waiting = np.flatnonzero((legs == 0) & (self.inputs.v_hi > 0))
        changed = legs.copy()
        if len(bought):
            changed[min(bought, key=lambda i: (self.z[i], i))] = 0
        elif len(waiting):
            changed[min(waiting, key=lambda i: (self.z[i], -self.inputs.v_hi[i], i))] = -1
        else:
            return None
        return changed

    def _with(self, i: int, role: int) -> Legs:
        legs = self.legs.copy()
        legs[i] = role
        return legs

    def _may(self, i: int, role: int) -> bool:
        if role > 0:
            return bool(self.inputs.u_hi[i] >= self.inputs.min_trade)
        return role == 0 or bool(self.inputs.v_hi[i] > 0)

    def _try(self, legs: Legs) -> Solved | None:
        key = legs.tobytes()
        if key not in self.tried:
            found = self.tried[key] = self.again(with_roles(self.inputs, legs))
            if found is not None and found.answer.objective > self.value + GAIN:
                self.best, self.value, self.legs = found, found.answer.objective, legs
        return self.tried[key]


def pull_inside_caps(inputs: Inputs, best: Solved, again: Again) -> Solved:
    """Return the answer moved so far inside the caps that the costs do not lift it over them.

    Costs are paid from the value, so every weight grows a little once they are paid. An answer
    exactly at a cap would then be over it, and the next run would trade again for nothing.
    """
    found = best.answer
    left = 1.0 - float(inputs.kappa_buy @ found.u + inputs.kappa_sell @ found.v)
    if left >= 1.0:
        return best
    tighter = _tightened(inputs, left)
    if penalty(tighter, found.w, found.c) <= penalty(inputs, found.w, found.c) + GAIN:
        return best
    moved = again(with_roles(tighter, np.sign(found.u - found.v).astype(np.int8)))
    return replace(best, answer=measured(inputs, moved.answer)) if moved is not None else best


def _tightened(inputs: Inputs, left: float) -> Inputs:
    """Return the program with every cap as a share of the value that costs leave."""
    return replace(
        inputs,
        S_hi=np.where(inputs.S_hi < 1, left * inputs.S_hi, inputs.S_hi),
        w_max=np.where(inputs.w_max < 1, left * inputs.w_max, inputs.w_max),
        extra_rows=tuple(replace(r, hi=min(r.hi, left * r.hi)) for r in inputs.extra_rows),
        vol_max=None if inputs.vol_max is None else left * inputs.vol_max,
    )


def with_roles(inputs: Inputs, legs: Legs) -> Inputs:
    """Return the program in which each asset plays one role.

    A purchase reaches the minimum; a sale does too, or sells all that is free; the rest is closed.
    """
    buys, sells = legs > 0, legs < 0
    least = inputs.min_trade
    return replace(
        inputs,
        u_lo=np.where(buys, np.minimum(least, inputs.u_hi), 0.0),
        u_hi=np.where(buys, inputs.u_hi, 0.0),
        v_lo=np.where(sells, np.minimum(least, inputs.v_hi), 0.0),
        v_hi=np.where(sells, inputs.v_hi, 0.0),
    )
