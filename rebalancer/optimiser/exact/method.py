"""Which form of the exact method answers: plain numpy, or compiled where a process solves much."""

from __future__ import annotations

from collections.abc import Callable

from portfolios.model.market import Array
from rebalancer.optimiser.exact import dual_newton
from rebalancer.optimiser.exact.dual_newton import Optimum
from rebalancer.optimiser.exact.separable import Separable

Form = Callable[[Separable, Array | None], Optimum]
_chosen: list[Form] = [dual_newton.solve]


def solve(programs: Separable, start: Array | None = None) -> Optimum:
    """Return the optimum of each program; see `dual_newton.solve`."""
    return _chosen[0](programs, start)


def use_compiled() -> bool:
    """Let the compiled form answer from now on; tell whether it is installed (extra `fast`).

    It saves a service most of the time of its solves; for a single command the half second that
    loading it takes is more than it saves.
    """
    from rebalancer.optimiser.exact import compiled

    if compiled.IS_COMPILED:
        _chosen[:] = [compiled.solve]
    return compiled.IS_COMPILED


def use_plain() -> None:
    """Let plain numpy answer again."""
    _chosen[:] = [dual_newton.solve]
