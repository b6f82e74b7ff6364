"""Finds the best trades none of which is too small: each asset is left alone, bought or sold.

A minimum trade makes the program non-convex. Branch and bound makes it exact again: where the
optimum without a minimum trades too little of an asset, the program is split into one in which the
asset is left alone and one in which it is traded enough. The optimum of a part bounds everything
inside it, so a part that cannot beat the best answer found is not looked into.

A few parts are solved side by side, the most promising of the last splits; see `ABREAST`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from portfolios.errors import SolverError
from portfolios.model.market import Array
from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.verify import Answer, Solved, hold_answer, leg_costs, measured, penalty

MOST_PARTS = 1000
"""Parts looked into. A count and not a clock: the same input gives the same bytes.

Of 50 programs of 50 assets, with minimum trades of 1, 2 and 3%, three are not proved to a basis
point then; five are not after 400, and two after 3000, in twice the time.
"""
ABREAST = 4
"""Parts solved side by side.

Of the time of one by one, four take 0.68 to 0.79 at 20 assets and 0.50 to 0.60 at 50 (minimum
trades of 1, 2 and 3%; a tenth more parts); two take 0.68 to 0.87, eight no less than four. The
compiled form takes 1.0, and has the same number so that the search is the same.
"""
GAIN = 1e-9
"""Improvements below this are the solver's tolerance."""
LEAST_GAIN = 1e-5
"""A tenth of a basis point: less than this is not worth anybody's attention, or a trade."""
LEFT, BOUGHT, SOLD, OPEN = 0, 1, -1, 2

Roles = npt.NDArray[np.int8]  # of each asset; open: it may still be any of the other three
Found = Solved | SolverError | None
Solve = Callable[[Sequence[Inputs]], Sequence[Found]]


@dataclass(frozen=True, slots=True)
class Best:
    """The best answer whose trades all reach the minimum.

    Attributes:
        solved: the answer.
        bound: no answer has an objective above this; that of the answer where it is proved.
    """

    solved: Solved
    bound: float


def least_trades(inputs: Inputs, relaxed: Solved, solve: Solve) -> Best:
    """Return the best answer whose trades all reach the minimum, fixed costs of trades included.

    Args:
        inputs: the program without a minimum.
        relaxed: its optimum.
        solve: solves the program with other bounds, several at a time; None where they cannot be
            met. A `SolverError` leaves open what is inside them.

    Where nothing at all is found, not even doing nothing, it is the optimum without a minimum.
    """
    if inputs.min_trade <= 0 and inputs.leg_cost <= 0:
        return Best(relaxed, relaxed.answer.objective)
    search = _Search(inputs, relaxed, solve)
    search.run()
    pulled = pull_inside_caps(inputs, search.best, solve)
    # A general solver's answer may be better than its last one by what it tolerates.
    return Best(pulled, max(search.bound, pulled.answer.objective))


class _Search:
    """The best answer so far, and the parts that are still to be looked into."""

    def __init__(self, inputs: Inputs, relaxed: Solved, solve: Solve) -> None:
        self.inputs, self.relaxed, self.solve = inputs, relaxed, solve
        self.best, self.value, self.unsolved = relaxed, -np.inf, -np.inf
        everything = np.full(inputs.n, OPEN, dtype=np.int8)
        self.parts: list[tuple[float, Roles]] = [(np.inf, everything)]
        still = hold_answer(inputs)
        if still is not None:
            # Duals belong to an answer; doing nothing leans on no limit.
            self.best = replace(relaxed, answer=still, duals=None)
            self.value = still.objective + LEAST_GAIN

    @property
    def bound(self) -> float:
        """What no answer exceeds: the best of the parts that were not looked into.

        Beside doing nothing, an answer that gains too little to matter may have been left out.
        """
        left = max((bound for bound, _ in self.parts), default=-np.inf)
        return max(self.best.answer.objective, self.value, self.unsolved, left)

    def run(self) -> None:
        """Look into parts, the most promising of the last split first, until none is left."""
        looked = 0
        while parts := self._next(min(ABREAST, MOST_PARTS - looked)):
            looked += len(parts)
            answers = self._answers([roles for _, roles in parts])
            for (outer, roles), found in reversed(list(zip(parts, answers, strict=True))):
                self._look_into(outer, roles, found)

    def _next(self, most: int) -> list[tuple[float, Roles]]:
        """Take parts from the end of the list that may beat the best answer."""
        taken: list[tuple[float, Roles]] = []
        while self.parts and len(taken) < most:
            part = self.parts.pop()
            if part[0] > self.value + GAIN:
                taken.append(part)
        return taken

    def _answers(self, parts: Sequence[Roles]) -> Sequence[Found]:
        if np.all(parts[0] == OPEN):
            return [self.relaxed]
        return self.solve([with_roles(self.inputs, roles) for roles in parts])

    def _look_into(self, outer: float, roles: Roles, found: Found) -> None:
        if isinstance(found, SolverError):
            self.unsolved = max(self.unsolved, outer)
            return
        if found is None:
            return
        answer = found.answer
        bound = answer.objective + leg_costs(self.inputs, *_of(answer, roles == OPEN))
        if bound <= self.value + GAIN:
            return
        small = self._too_small(answer)
        if not small.any() and answer.objective > self.value + GAIN:
            self.best, self.value = found, answer.objective
        i = self._place_to_split(answer, roles, small)
        if i is not None:
            children = list(self._split(answer, roles, i))
            self.parts += [(bound, child) for child in reversed(children)]

    def _too_small(self, answer: Answer) -> npt.NDArray[np.bool_]:
        """Tell which trades are smaller than is worth making, shape (n,)."""
        bought = (answer.u > 0) & (answer.u < self.inputs.min_trade - GAIN)
        sold = (answer.v > 0) & (answer.v < self.inputs.least_sale - GAIN)
        return np.asarray(bought | sold)

    def _place_to_split(
        self, answer: Answer, roles: Roles, small: npt.NDArray[np.bool_]
    ) -> int | None:
        """Return an open asset: the trade nearest to half the minimum, else the smallest at all.

        The second decides fixed costs, which an open trade does not pay yet in the bound.
        """
        size, least = answer.u + answer.v, self.inputs.min_trade
        if small.any():
            return int(np.argmax(np.where(small, np.minimum(size, least - size), -np.inf)))
        paid = (roles == OPEN) & (size > 0)
        if self.inputs.leg_cost <= 0 or not paid.any():
            return None
        return int(np.argmin(np.where(paid, size, np.inf)))

    def _split(self, answer: Answer, roles: Roles, i: int) -> Iterator[Roles]:
        """Yield the parts of a split, the one nearest to the answer first."""
        size, least = float(answer.u[i] + answer.v[i]), self.inputs.min_trade
        traded, other = (BOUGHT, SOLD) if answer.u[i] > 0 else (SOLD, BOUGHT)
        order = (LEFT, traded, other) if size < 0.5 * least else (traded, LEFT, other)
        for role in order:
            if self._may(i, role):
                child = roles.copy()
                child[i] = role
                yield child

    def _may(self, i: int, role: int) -> bool:
        if role == BOUGHT:
            return bool(self.inputs.u_hi[i] >= max(self.inputs.min_trade, GAIN))
        return role == LEFT or bool(self.inputs.v_hi[i] >= max(self.inputs.least_sale[i], GAIN))


def _of(answer: Answer, places: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    return np.where(places, answer.u, 0.0), np.where(places, answer.v, 0.0)


def pull_inside_caps(inputs: Inputs, best: Solved, solve: Solve) -> Solved:
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
    (moved,) = solve([with_roles(tighter, np.sign(found.u - found.v).astype(np.int8))])
    if not isinstance(moved, Solved):
        return best  # as good as it was, and only a little over a cap once costs are paid
    return replace(best, answer=measured(inputs, moved.answer))


def _tightened(inputs: Inputs, left: float) -> Inputs:
    """Return the program with every cap as a share of the value that costs leave."""
    return replace(
        inputs,
        S_hi=np.where(inputs.S_hi < 1, left * inputs.S_hi, inputs.S_hi),
        w_max=np.where(inputs.w_max < 1, left * inputs.w_max, inputs.w_max),
        extra_rows=tuple(replace(r, hi=min(r.hi, left * r.hi)) for r in inputs.extra_rows),
        vol_max=None if inputs.vol_max is None else left * inputs.vol_max,
    )


def with_roles(inputs: Inputs, roles: Roles) -> Inputs:
    """Return the program in which each asset plays its role; an open one keeps its bounds.

    A purchase reaches the minimum, a sale its own, which may be an exit; the rest is closed.
    """
    buys, sells, is_open = roles == BOUGHT, roles == SOLD, roles == OPEN
    least = inputs.min_trade
    return replace(
        inputs,
        u_lo=np.where(buys, np.minimum(least, inputs.u_hi), 0.0),
        u_hi=np.where(buys | is_open, inputs.u_hi, 0.0),
        v_lo=np.where(sells, np.minimum(inputs.least_sale, inputs.v_hi), 0.0),
        v_hi=np.where(sells | is_open, inputs.v_hi, 0.0),
    )
