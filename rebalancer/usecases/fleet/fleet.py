"""Hands batches to workers and yields what comes back in order; a worker that dies is replaced."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context

from portfolios.model.portfolio import Portfolio
from rebalancer.usecases.fleet.worker import Outcome, Task, begin, outcome_of, proposed

AHEAD = 2
"""Batches that wait for each worker, so that none is idle and memory stays small."""
MOST_DEATHS = 3
"""A batch whose worker died so often is done in this process, where it can be seen."""
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Batch = Sequence[Portfolio]
Done = tuple[Batch, list[Outcome]]
MakeExecutor = Callable[[], Executor]


def processes(task: Task, workers: int) -> MakeExecutor:
    """Return how to start so many processes, each with one thread of linear algebra."""

    def start() -> Executor:
        os.environ.update({name: os.environ.get(name, one) for name, one in ONE_THREAD.items()})
        return ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=begin, initargs=(task,)
        )

    return start


def alone(batches: Iterable[Batch], task: Task) -> Iterator[Done]:
    """Yield each batch and what became of it, in this process."""
    return ((batch, [outcome_of(portfolio, task) for portfolio in batch]) for batch in batches)


def shared_out(
    start: MakeExecutor, batches: Iterable[Batch], workers: int, *, task: Task
) -> Iterator[Done]:
    """Yield each batch and what became of it, in order, worked on by so many workers.

    Where one dies, as when memory runs out, all that was not finished is asked for once more.
    """
    coming, executor = iter(batches), start()
    waiting: deque[tuple[Batch, Future[list[Outcome]]]] = deque()
    deaths = 0
    try:
        while True:
            try:
                while len(waiting) < AHEAD * workers and (batch := next(coming, None)) is not None:
                    waiting.append((batch, Future()))  # kept, should handing it over fail
                    waiting[-1] = batch, executor.submit(proposed, batch)
                if not waiting:
                    return
                done = waiting[0][0], waiting[0][1].result()
            except BrokenExecutor:
                executor.shutdown(wait=False, cancel_futures=True)
                deaths += 1
                executor = start()
                lost = [batch for batch, _ in waiting]
                waiting = deque((batch, executor.submit(proposed, batch)) for batch in lost)
                if deaths < MOST_DEATHS:
                    continue
                done = next(alone(lost, task))
            waiting.popleft()
            deaths = 0
            yield done
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
