"""A compiled problem is in the hands of one solve at a time, on however many threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import pytest

from portfolios.errors import SolverError
from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.problem import Attempt, Raw
from rebalancer.optimiser.problem_pool import ProblemPool
from rebalancer.optimiser.solve import REFEREES, solve_convex
from tests.rebalancer.optimiser.programs import of_one_shape, program
from tests.together import together

SMALL, OTHER = program("plain", 1, 3), program("plain", 1, 4)

Found = tuple[list[float], list[float], float | None] | str


@dataclass(eq=False)
class Standin:
    """A problem that notes when it is used by two solves at once, and answers nothing."""

    inputs: Inputs
    in_use: Lock = field(default_factory=Lock)

    def solve(self, inputs: Inputs, attempt: Attempt) -> Raw:
        assert inputs.shape == self.inputs.shape
        assert self.in_use.acquire(blocking=False)
        sum(range(2000))  # long enough for another thread to have its turn
        self.in_use.release()
        raise SolverError(f"{attempt[0]} was not asked")


def test_a_problem_in_use_is_nobody_elses() -> None:
    pool = ProblemPool(Standin)
    with pool.checked_out(SMALL) as first, pool.checked_out(SMALL) as second:
        assert first is not second


def test_a_problem_is_kept_for_the_next_solve_of_its_shape() -> None:
    pool = ProblemPool(Standin)
    with pool.checked_out(SMALL) as first:
        pass
    with pool.checked_out(OTHER) as other, pool.checked_out(SMALL) as again:
        assert again is first
        assert other is not first


def test_only_the_newest_problems_are_kept() -> None:
    pool = ProblemPool(Standin, most=2)
    used = []
    for inputs in (SMALL, OTHER, program("plain", 1, 5)):
        with pool.checked_out(inputs) as problem:
            used.append(problem)
    with pool.checked_out(OTHER) as kept, pool.checked_out(SMALL) as anew:
        assert kept is used[1]
        assert anew is not used[0]


def test_a_problem_that_found_no_answer_is_kept() -> None:
    made: list[Standin] = []
    pool = ProblemPool(lambda inputs: made.append(Standin(inputs)) or made[-1])
    for _ in range(2):
        with pytest.raises(SolverError, match="was not asked"):
            solve_convex(SMALL, REFEREES, pool)
    assert len(made) == 1


def test_a_problem_that_failed_unexpectedly_is_dropped() -> None:
    pool = ProblemPool(Standin)
    with pytest.raises(MemoryError), pool.checked_out(SMALL) as first:
        raise MemoryError
    with pool.checked_out(SMALL) as second:
        assert second is not first


def test_many_threads_never_use_one_problem_at_once() -> None:
    pool = ProblemPool(Standin)

    def work() -> int:
        for inputs in (SMALL, OTHER) * 50:
            with pytest.raises(SolverError):
                solve_convex(inputs, REFEREES, pool)
        return 1

    assert sum(together([work] * 8)) == 8


def found(inputs: Inputs) -> Found:
    """Return the answer from the pool of the process, or why there is none."""
    try:
        solved = solve_convex(inputs, REFEREES)
    except SolverError as error:
        return str(error)
    return solved.answer.u.tolist(), solved.answer.v.tolist(), solved.gap


def turned(inputs: list[Inputs], by: int) -> Callable[[], list[Found]]:
    """Return a call that solves all of them, beginning at another one."""

    def call() -> list[Found]:
        answers = [found(each) for each in inputs[by:] + inputs[:by]]
        return answers[len(inputs) - by :] + answers[: len(inputs) - by]

    return call


def test_two_threads_solve_programs_of_one_shape_as_one_thread_does() -> None:
    inputs = of_one_shape("plain", 6, 24)
    alone = [found(each) for each in inputs]
    assert together([turned(inputs, 0), turned(inputs, 12)]) == [alone, alone]


@pytest.mark.parametrize("kind", ["rows", "volatility"])
def test_problems_compiled_at_once_answer_as_one_compiled_alone(kind: str) -> None:
    inputs = of_one_shape(kind, 9, 8)  # a shape that no other test has compiled
    first = together([turned(inputs, by) for by in (0, 2, 4, 6)])
    assert first == [[found(each) for each in inputs]] * 4


@pytest.mark.campaign
@pytest.mark.parametrize("threads", [2, 8, 32])
def test_many_threads_solve_many_programs_as_one_thread_does(threads: int) -> None:
    kinds = ("plain", "rows", "volatility", "deposit", "twins")
    inputs = [each for kind in kinds for each in of_one_shape(kind, 8, 24)]
    alone = [found(each) for each in inputs]
    places = np.linspace(0, len(inputs), threads, endpoint=False, dtype=int)
    several = together([turned(inputs, int(by)) for by in places])
    differ = sum(
        answer != right for answers in several for answer, right in zip(answers, alone, strict=True)
    )
    print(f"{threads} threads: {differ} of {threads * len(inputs)} answers differ")
    assert differ == 0
