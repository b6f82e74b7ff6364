"""Parts of a service that run side by side for months: each by itself, none for the others.

A part that fails is tried again after a pause that grows, and the others never hear of it. A word
to stop reaches all of them at once; each ends at its next good moment.
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
"""Seconds that all parts together get to end."""


class StopEvent(Protocol):
    """A word to stop, on which one can wait; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Tell whether the word was given."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait so many seconds, or until the word is given; tell whether it was."""


class HealthLog(Protocol):
    """Where it is written down how the parts fare."""

    def well(self, worker: str) -> None:
        """Note that a part did its work."""

    def wrong(self, worker: str, words: str) -> None:
        """Note that a part failed, and why."""


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """One turn of a part, as its work sees it; long work says in between how it fares.

    Attributes:
        well: notes that it goes well.
        wrong: notes what is wrong, in words without a secret.
    """

    stop: StopEvent
    well: Callable[[], None]
    wrong: Callable[[str], None]

    def is_stopping(self) -> bool:
        """Tell whether to end at the next good moment."""
        return self.stop.is_set()

    def rest(self, seconds: float) -> bool:
        """Wait, but not beyond the word to stop; tell whether it was given."""
        return self.stop.wait(seconds)


@dataclass(frozen=True, slots=True)
class Worker:
    """One part.

    Attributes:
        name: under which it is noted.
        work: one turn; tells whether there was anything to do.
        every: from the end of a turn to the next.
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


def keep_going(worker: Worker, stop: StopEvent, notes: HealthLog) -> None:
    """Give a part its turns until the word to stop."""
    kept = HealthReporter(worker.name, notes)
    context = WorkerContext(stop, kept.well, kept.wrong)
    failures = 0
    while not stop.is_set():
        try:
            if worker.work(context):
                kept.well()
        except BaseException as error:  # a solver's panic is no Exception, and ends no part either
            failures += 1
            kept.failed(error)
            stop.wait(pause_after(failures))
        else:
            failures = 0
            stop.wait(worker.every.total_seconds())


def run_workers(
    workers: Sequence[Worker],
    stop: StopEvent,
    notes: HealthLog,
    *,
    patience: float = PATIENCE,
    steady: Callable[[], float] = time.monotonic,
) -> tuple[str, ...]:
    """Run parts until the word to stop.

    Args:
        workers: each gets a thread.
        stop: the word.
        notes: of how each fares.
        patience: seconds that they get to end.
        steady: seconds on a clock that nobody sets.

    Returns:
        The names of those that did not end in time; they end with the process.
    """
    threads = [
        Thread(target=keep_going, args=(worker, stop, notes), name=worker.name, daemon=True)
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
    """Notes how one part fares, and logs it when that changes; a note that fails harms nothing."""

    worker: str
    notes: HealthLog
    trouble: str = field(default="", init=False)

    def well(self) -> None:
        """Note that it did its work."""
        if self.trouble:
            log.warning("%s: well again", self.worker)
            self.trouble = ""
        self._note(lambda: self.notes.well(self.worker))

    def wrong(self, words: str) -> None:
        """Note what is wrong, in words without a secret."""
        if words != self.trouble:
            log.warning("%s: %s", self.worker, words)
            self.trouble = words
        self._note(lambda: self.notes.wrong(self.worker, words))

    def failed(self, error: BaseException) -> None:
        """Note what was raised."""
        if isinstance(error, RebalancerError):
            self.wrong(str(error))
            return
        # Its text may hold a secret, so people see the kind; the log masks what it writes.
        words = f"unexpected {type(error).__name__}"
        if words != self.trouble:
            log.error("%s failed", self.worker, exc_info=error)
        self.wrong(words)

    def _note(self, write: Callable[[], None]) -> None:
        try:
            write()
        except Exception as error:
            log.warning("%s: how it fares was not noted: %s", self.worker, error)
