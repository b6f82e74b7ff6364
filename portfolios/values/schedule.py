"""When something is due that happens once a week, or once a day, on somebody's own clock.

A due time is a wall-clock time in a zone. Where a change of the clocks skips it, it comes as soon
as the clock shows more; where it comes twice, the first time counts. Each period has a name, and
what bears a name is done once, so no change of any clock can do it twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

MONDAY = 0
_WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")
CATCH_UP = timedelta(days=6)
"""A missed report is still worth sending within its week, and says that it is late."""
SPREAD = timedelta(hours=2)
"""With many people, their reports are spread over so long a time."""


@dataclass(frozen=True, slots=True)
class Due:
    """One period and the moment at which it is due.

    Attributes:
        period: its name, `2026-W47` or `2026-11-24`.
        at: the moment, aware UTC.
    """

    period: str
    at: datetime

    def is_due(self, now: datetime, *, within: timedelta = CATCH_UP) -> bool:
        """Tell whether it should happen now: its time has come, and is not long past."""
        return self.at <= now < self.at + within

    def is_late(self, now: datetime, *, slack: timedelta = timedelta(hours=3)) -> bool:
        """Tell whether it happens noticeably after its time."""
        return now >= self.at + slack


def weekly(
    now: datetime,
    zone: str,
    *,
    weekday: int = MONDAY,
    at: time = time(7),
    offset: timedelta = timedelta(0),
) -> Due:
    """Return the newest weekly period whose time has come.

    Args:
        now: aware.
        zone: IANA name.
        weekday: 0 is Monday.
        at: wall-clock time.
        offset: added for this person, so that not everybody is served at once.
    """
    local = now.astimezone(ZoneInfo(zone)).date()
    monday = local - timedelta(days=local.weekday())
    for back in (0, 1, 2):
        week = monday - timedelta(weeks=back)
        moment = wall(week + timedelta(days=weekday), at, zone) + offset
        if moment <= now:
            return Due(week_name(week), moment)
    raise AssertionError("two weeks ago is always past")


def next_weekly(now: datetime, zone: str) -> datetime:
    """Return when the next weekly period is due; takes what `weekly` does."""
    return weekly(now + timedelta(weeks=1), zone).at


def daily(now: datetime, zone: str, *, at: time) -> Due:
    """Return the newest daily period whose time has come."""
    today = now.astimezone(ZoneInfo(zone)).date()
    for back in (0, 1, 2):
        day = today - timedelta(days=back)
        moment = wall(day, at, zone)
        if moment <= now:
            return Due(day.isoformat(), moment)
    raise AssertionError("the day before yesterday is always past")


def wall(day: date, at: time, zone: str) -> datetime:
    """Return the moment at which a clock on the wall shows a time, aware UTC.

    >>> wall(date(2026, 3, 29), time(2, 30), "Europe/Berlin").isoformat()
    '2026-03-29T01:30:00+00:00'
    """
    # Fold 0: of a time that comes twice the first, and a skipped one is read with the offset
    # before the gap, which puts it as far behind the gap as it lay in it.
    return datetime.combine(day, at, ZoneInfo(zone)).replace(fold=0).astimezone(UTC)


def week_name(day: date) -> str:
    """Return the ISO week of a day.

    >>> week_name(date(2026, 11, 22))
    '2026-W47'
    """
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def read_week(text: str) -> str:
    """Return the ISO week that a text names.

    >>> read_week("2026-W53")
    '2026-W53'

    Raises:
        ValueError: with a sentence, for another form and for a week that its year does not have.
    """
    if not _WEEK.fullmatch(text):
        raise ValueError("is not written as a week, like 2026-W47")
    try:
        return week_name(date.fromisocalendar(int(text[:4]), int(text[6:]), 1))
    except ValueError:
        raise ValueError(f"is no week of {text[:4]}") from None


def offset_of(name: str, *, people: int) -> timedelta:
    """Return a person's own share of the spread: always the same, none while there are few."""
    if people < 20:
        return timedelta(0)
    place = int.from_bytes(sha256(name.encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=round(SPREAD.total_seconds() * place))
