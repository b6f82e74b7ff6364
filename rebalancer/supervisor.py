"""Workers of a service that run side by side for months, independently of each other.

A worker that fails is tried again after a growing pause, without effect on the others. A request
to stop reaches all of them at once; each ends at its next safe point.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Thread
from typing import Protocol

from portfolios.errors import RebalancerError

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds after a first failure, and after many."""
PATIENCE = 8.0
"""Seconds that all workers together get to end."""


class StopEvent(Protocol):
    """A request to stop that can be waited for; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Tell whether it was asked to stop."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait so many seconds or until asked to stop; tell whether it was."""


class HealthLog(Protocol):
    """Where the health of each worker is recorded."""

    def well(self, worker: str) -> None:
        """Record that a worker succeeded."""

    def wrong(self, worker: str, words: str) -> None:
        """Record that a worker failed, and why."""


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What the work of a worker is given; long work reports its health in between.

    Attributes:
        well: records that it succeeds.
        wrong: records what fails, in words without a secret.
    """

    stop: StopEvent
    well: Callable[[], None]
    wrong: Callable[[str], None]

    def is_stopping(self) -> bool:
        """Tell whether to end at the next safe point."""
        return self.stop.is_set()

    def rest(self, seconds: float) -> bool:
        """Wait, but not beyond a request to stop; tell whether there was one."""
        return self.stop.wait(seconds)


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker.

    Attributes:
        name: under which its health is recorded.
        work: one run; tells whether there was anything to do.
        every: pause from the end of one run to the next.
    """

    name: str
    work: Callable[[WorkerContext], bool]
    every: timedelta


def pause_after(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row.

    >>> [pause_after(n) for n in (1, 2, 3, 8, 9, 5000)]
    [2.0, 4.0, 8.0, 256.0, 300.0, 300.0]
    """
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 30))


def keep_running(worker: Worker, stop: StopEvent, health: HealthLog) -> None:
    """Run a worker again and again until asked to stop."""
    reporter = HealthReporter(worker.name, health)
    context = WorkerContext(stop, reporter.well, reporter.wrong)
    failures = 0
    while not stop.is_set():
        try:
            if worker.work(context):
                reporter.well()
        except BaseException as error:  # a solver's panic is no Exception
            failures += 1
            reporter.failed(error)
            stop.wait(pause_after(failures))
        else:
            failures = 0
            stop.wait(worker.every.total_seconds())


def run_workers(
    workers: Sequence[Worker],
    stop: StopEvent,
    health: HealthLog,
    *,
    patience: float = PATIENCE,
    steady: Callable[[], float] = time.monotonic,
) -> tuple[str, ...]:
    """Run workers until asked to stop.

    Args:
        workers: each gets a thread.
        stop: the request to stop.
        health: where the health of each is recorded.
        patience: seconds that they get to end.
        steady: seconds on a monotonic clock.

    Returns:
        The names of those that did not end in time; they end with the process.
    """
    threads = [
        Thread(target=keep_running, args=(worker, stop, health), name=worker.name, daemon=True)
        for worker in workers
    ]
    for thread in threads:
        thread.start()
    stop.wait()
    end = steady() + patience
    for thread in threads:
        thread.join(max(0.0, end - steady()))
    return tuple(thread.name for thread in threads if thread.is_alive())


@dataclass(slots=True)
class HealthReporter:
    """Records the health of one worker and logs changes; a record that fails harms nothing."""

    worker: str
    health: HealthLog
    trouble: str = field(default="", init=False)
    unrecorded: str = field(default="", init=False)

    def well(self) -> None:
        """Record that it succeeded."""
        if self.trouble:
            log.warning("%s: well again", self.worker)
            self.trouble = ""
        self._record(lambda: self.health.well(self.worker))

    def wrong(self, words: str) -> None:
        """Record what failed, in words without a secret."""
        if words != self.trouble:
            log.warning("%s: %s", self.worker, words)
            self.trouble = words
        self._record(lambda: self.health.wrong(self.worker, words))

    def failed(self, error: BaseException) -> None:
        """Record what was raised."""
        if isinstance(error, RebalancerError):
            self.wrong(str(error))
            return
        # Its text may hold a secret, so people see the kind; the log masks what it writes.
        words = f"unexpected {type(error).__name__}"
        if words != self.trouble:
            log.error("%s failed", self.worker, exc_info=error)
        self.wrong(words)

    def _record(self, write: Callable[[], None]) -> None:
        try:
            write()
            self.unrecorded = ""
        except Exception as error:
            if str(error) not in (self.unrecorded, self.trouble):
                log.warning("%s: its health was not recorded: %s", self.worker, error)
            self.unrecorded = str(error)
