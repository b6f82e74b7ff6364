"""Compiled problems, kept from one solve to the next and used by one solve at a time.

A problem holds the values it is filled with and the answer found for them, so two threads must
never have the same one. cvxpy is loaded by the first problem, not by importing this file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from rebalancer.optimiser.inputs import Inputs, Shape

if TYPE_CHECKING:
    from rebalancer.optimiser.problem import Attempt, Raw

MOST_KEPT = 32
"""So many problems wait for their next solve; beyond that the oldest is dropped."""


class Compiled(Protocol):
    """A problem of one shape."""

    def solve(self, inputs: Inputs, attempt: Attempt) -> Raw:
        """Solve once with one solver; raises `SolverError` without an optimum."""


def compiled(inputs: Inputs) -> Compiled:
    """Return a new problem of these inputs' shape."""
    # The first solve of a process loads cvxpy, which is a second that commands without one save.
    from rebalancer.optimiser.problem import Problem

    return Problem(inputs)


class ProblemPool:
    """Problems that wait for inputs of their shape; threads may share a pool.

    Where every problem of a shape is in use, another one is made: nobody waits for a solve.
    """

    def __init__(
        self, make: Callable[[Inputs], Compiled] = compiled, most: int = MOST_KEPT
    ) -> None:
        self._make = make
        self._kept: deque[tuple[Shape, Compiled]] = deque(maxlen=most)  # the newest on the right
        self._lock = Lock()

    @contextmanager
    def checked_out(self, inputs: Inputs) -> Iterator[Compiled]:
        """Hand out a problem of these inputs' shape, which no other caller has within the block."""
        problem = self._taken(inputs.shape) or self._make(inputs)
        yield problem
        # A problem whose block raised is dropped: filling sets every parameter again, but the state
        # of what cvxpy compiled is unknown.
        with self._lock:
            self._kept.append((inputs.shape, problem))

    def _taken(self, shape: Shape) -> Compiled | None:
        """Remove and return the newest problem of a shape; None where there is none."""
        with self._lock:
            for kept in reversed(self._kept):
                if kept[0] == shape:
                    self._kept.remove(kept)
                    return kept[1]
        return None


SHARED = ProblemPool()
"""The pool of this process."""
