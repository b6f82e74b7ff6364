"""What a provider's plan allows, and what was spent of it.

A credit is one attempt at a call, whether it succeeded or not. Months are calendar months in UTC.
The wall clock names the month, and the steady clock proves how much time has passed at least when
somebody sets the wall clock.
"""

from __future__ import annotations

import math
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW_SECONDS = 61.0
"""The plan's minute and a second more, because calls do not travel equally fast."""
HELD_BACK = 10
"""One credit in so many is kept for commands that a person types."""
FORECAST_DAYS = 7
"""The forecast goes on as the last days went."""


@dataclass(frozen=True, slots=True)
class CreditPlan:
    """What a provider allows.

    Attributes:
        per_minute: most calls in any minute.
        monthly: most calls in a month; None when the provider states none.
    """

    per_minute: int
    monthly: int | None = None

    def limit(self, *, manual: bool) -> int | None:
        """Return how many calls a month may bring; a tenth is only for commands people type."""
        if self.monthly is None or manual:
            return self.monthly
        return self.monthly - math.ceil(self.monthly / HELD_BACK)


@dataclass(frozen=True, slots=True)
class Credit:
    """Leave to make one call now."""

    number: int
    provider: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class Wait:
    """No call yet: ask again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What one provider's plan has given so far this month.

    Attributes:
        month: as `2026-11`.
        used: attempts this month.
        today: attempts today.
        limit: of the plan; None when there is none.
        forecast: attempts by the end of the month, if it goes on as in the last days.
    """

    provider: str
    month: str
    used: int
    today: int
    limit: int | None
    forecast: int

    @property
    def left(self) -> int | None:
        """Credits that the plan still gives this month; never negative, None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.used)


def month_of(moment: datetime) -> str:
    """Return the month of an aware UTC moment, as `2026-11`."""
    return f"{moment:%Y-%m}"


def days_left(moment: datetime) -> int:
    """Return the days of the month that follow the day of a moment.

    >>> from datetime import UTC
    >>> days_left(datetime(2026, 11, 22, 9, tzinfo=UTC))
    8
    """
    return monthrange(moment.year, moment.month)[1] - moment.day


def forecast(*, used: int, recent: int, since: datetime | None, now: datetime) -> int:
    """Return the attempts by the end of the month, if it goes on as in the last days.

    Args:
        used: this month.
        recent: in the last `FORECAST_DAYS` days.
        since: the first call ever; None when there was none.
        now: the moment.
    """
    if since is None or not recent:
        return used
    known = min(timedelta(days=FORECAST_DAYS), max(now - since, timedelta(0)))
    days = max(1, math.ceil(known / timedelta(days=1)))
    return used + math.ceil(recent / days * days_left(now))
