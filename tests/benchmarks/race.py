"""Times candidates in turn in one process, so that whatever slows one slows all.

Counted is processor time, which is the time on the clock where a machine has nothing else to do.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

T = TypeVar("T")
Case = TypeVar("Case")


@dataclass(frozen=True)
class Timed:
    """What a candidate took, in seconds for one program, and its answers."""

    seconds: float
    answers: Mapping[int, object]


def race(
    candidates: Mapping[str, Callable[[Case], object]],
    cases: Sequence[Case],
    *,
    skip: Mapping[str, int],
    clock: Callable[[], float] = time.process_time,
) -> dict[str, Timed]:
    """Let each candidate solve a case before anybody sees the next; return the medians.

    Args:
        candidates: name -> what solves one case.
        cases: to solve.
        skip: name -> solve only each so-many-th case, for what is slow.
        clock: seconds used so far.
    """
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    answers: dict[str, dict[int, object]] = {name: {} for name in candidates}
    for solve in candidates.values():
        solve(cases[0])  # compiled, loaded and allocated before anything counts
    gc.collect()
    gc.disable()
    for i, case in enumerate(cases):
        for name, solve in candidates.items():
            if i % skip.get(name, 1) == 0:
                start = clock()
                answers[name][i] = solve(case)
                taken[name].append(clock() - start)
    gc.enable()
    return {name: Timed(median(taken[name]), answers[name]) for name in candidates}
