"""The present moment, which is read here and nowhere else; all other code is given a clock.

There are two clocks: the system clock, which a person may set, and a monotonic one, which never
goes back and so proves how much time has passed at least.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

SLACK = timedelta(minutes=1)
"""Two that look at the clock at once may differ by less."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment on two clocks.

    Attributes:
        wall: the date and time, aware UTC; somebody may set it.
        steady: seconds since this machine started; never goes back while it runs.
    """

    wall: datetime
    steady: float

    def seconds_since(self, past: Moment) -> float:
        """Return how many seconds have passed at least.

        A steady clock below the past one means a restart, and then the time since the restart is
        certain. A wall clock that went back tells nothing; one that went forward may lie, so the
        smaller of the two counts.
        """
        steady = self.steady - past.steady if self.steady >= past.steady else self.steady
        wall = (self.wall - past.wall).total_seconds()
        return steady if wall < 0 else min(steady, wall)


Clock: TypeAlias = Callable[[], datetime]
"""Tells the moment on the wall, aware UTC."""
StableClock: TypeAlias = Callable[[], Moment]
"""Tells the moment on both clocks."""


def utc_now() -> datetime:
    """Return the present moment, aware UTC."""
    return datetime.now(UTC)


def is_ahead(written_at: datetime, now: datetime) -> bool:
    """Tell whether something was written by a clock that was ahead, and has been set right since.

    What such a clock called the end of something is not believed.
    """
    return written_at > now + SLACK


def stable(clock: Clock, steady: Callable[[], float] = time.monotonic) -> StableClock:
    """Return a clock that tells the moment on the wall and on a steady clock.

    >>> moment = stable(lambda: datetime(2026, 11, 22, 9, tzinfo=UTC), lambda: 7.5)()
    >>> moment.wall.hour, moment.steady
    (9, 7.5)
    """
    return lambda: Moment(clock(), steady())
