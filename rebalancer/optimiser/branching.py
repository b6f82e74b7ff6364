"""Finds the best trades none of which is too small: each asset is left alone, bought or sold.

A minimum trade makes the program non-convex. Branch and bound makes it exact again: where the
optimum without a minimum trades too little of an asset, the program is split into one in which the
asset is left alone and one in which it is traded enough. The optimum of a part bounds everything
inside it, and more closely once each asset plays the role that loses least at the part's prices
(`roles`); so a part that cannot beat the best answer found is not looked into, and a role that
cannot is left out.

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
from rebalancer.optimiser.roles import (
    BOUGHT,
    GAIN,
    LEFT,
    OPEN,
    PLAYED,
    SOLD,
    Roles,
    role_bounds,
    with_roles,
)
from rebalancer.optimiser.verify import Answer, Solved, hold_answer, leg_costs, measured, penalty

MOST_PARTS = 1000
"""Parts looked into. A count and not a clock: the same input gives the same bytes.

Of 600 programs of 50 assets, with minimum trades of 1, 2 and 3%, one needs more; the median is 12,
nine of ten need 62 or fewer. At 20 assets the most is 61.
"""
ABREAST = 4
"""Parts solved side by side.

Of the time of one by one, four take 0.68 to 0.79 at 20 assets and 0.50 to 0.60 at 50 (minimum
trades of 1, 2 and 3%; a tenth more parts); two take 0.68 to 0.87, eight no less than four. The
compiled form takes 1.0, and has the same number so that the search is the same.
"""
LEAST_GAIN = 1e-5
"""A tenth of a basis point: less than this is not worth anybody's attention, or a trade."""

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
        self.bounds = role_bounds(inputs)
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
        answer, lost = found.answer, self._losses(found, roles)
        bound = answer.objective + leg_costs(self.inputs, *_of(answer, roles == OPEN))
        bound -= float(lost.min(axis=0).sum())
        if bound <= self.value + GAIN:
            return
        small = self._too_small(answer)
        if not small.any() and answer.objective > self.value + GAIN:
            self.best, self.value = found, answer.objective
        rest = bound - (lost - lost.min(axis=0))  # what no answer with this role exceeds
        self._open_up(bound, answer, roles, small, rest > self.value + GAIN)
        if np.all(roles == OPEN) and small.any():  # what is best at these prices is tried first
            self.parts.append((bound, np.array(PLAYED, dtype=np.int8)[lost.argmin(axis=0)]))

    def _losses(self, found: Solved, roles: Roles) -> Array:
        lost = self.bounds.losses(found, roles)
        return np.where(self.bounds.barred, np.inf, 0.0) if lost is None else lost

    def _open_up(
        self,
        bound: float,
        answer: Answer,
        roles: Roles,
        small: npt.NDArray[np.bool_],
        may: npt.NDArray[np.bool_],
    ) -> None:
        """Split a part, or narrow it to the only roles that can still be better.

        `may` tells which roles could be in a better answer, shape (3, n), as `PLAYED`.
        """
        one = may.sum(axis=0) == 1
        only = np.where(one & (roles == OPEN), np.array(PLAYED)[may.argmax(axis=0)], roles)
        only = only.astype(np.int8)
        played = np.sign(np.where(answer.u > 0, answer.u, -answer.v)).astype(np.int8)
        if np.any((only != roles) & ((only != played) | small)):
            self.parts.append((bound, only))
            return
        i = self._place_to_split(answer, only, small)
        if i is not None:
            children = list(self._split(answer, only, i, may[:, i]))
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

    def _split(
        self, answer: Answer, roles: Roles, i: int, may: npt.NDArray[np.bool_]
    ) -> Iterator[Roles]:
        """Yield the parts of a split, the one nearest to the answer first."""
        size, least = float(answer.u[i] + answer.v[i]), self.inputs.min_trade
        traded, other = (BOUGHT, SOLD) if answer.u[i] > 0 else (SOLD, BOUGHT)
        order = (LEFT, traded, other) if size < 0.5 * least else (traded, LEFT, other)
        for role in order:
            if may[PLAYED.index(role)]:
                child = roles.copy()
                child[i] = role
                yield child


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
