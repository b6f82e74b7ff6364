"""Our method: one program alone with everything around it, and a thousand side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from portfolios.model.market import Array
from rebalancer.optimiser.exact import compiled, dual_newton
from rebalancer.optimiser.exact.separable import Separable, separable
from rebalancer.optimiser.inputs import Inputs

ROUNDS = 5


def alone(p: Inputs) -> Array:
    """Return the weights of one program by plain numpy, its arrays built on the way."""
    weights: Array = dual_newton.solve(separable([p])).w[0]
    return weights


def compiled_alone(p: Inputs) -> Array:
    """Return the weights of one program by the compiled form, its arrays built on the way."""
    weights: Array = compiled.solve(separable([p])).w[0]
    return weights


def many(programs: Sequence[Inputs]) -> tuple[float, Array]:
    """Solve many at once by plain numpy; seconds for each, and the weights."""
    return _many(dual_newton.solve, programs)


def compiled_many(programs: Sequence[Inputs]) -> tuple[float, Array]:
    """Solve many one after the other by the compiled form, likewise."""
    return _many(compiled.solve, programs)


def _many(
    solve: Callable[[Separable], dual_newton.Optimum], programs: Sequence[Inputs]
) -> tuple[float, Array]:
    """Time the method on arrays that are there already, as many portfolios of one market share."""
    stacked, taken = separable(programs), []
    for _ in range(ROUNDS):
        start = time.process_time()
        found = solve(stacked)
        taken.append((time.process_time() - start) / len(programs))
    return sorted(taken)[ROUNDS // 2], found.w
