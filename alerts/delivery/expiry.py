"""Ends what is not worth sending any more, unless nobody had tried to send it for long."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.delivery.delivery import Delivery, too_late
from alerts.delivery.queue import change
from alerts.delivery.rows import delivery_from_row, moment
from alerts.messages import Promise
from portfolios.store.database import Database, Row
from portfolios.values.canonical import read_utc

ONE_MORE_TRY, RECENT = timedelta(hours=1), timedelta(days=3)
"""For so long is tried again what lapsed so recently, and has not been tried for so long."""
_AT_ONCE = 500
"""Rows that one transaction ends at most, so that others wait for milliseconds only."""

_LAPSED = """
SELECT * FROM deliveries WHERE state IN ('pending', 'retry') AND expires_at <= ?
ORDER BY expires_at LIMIT ?
"""
_EXPIRES = "UPDATE deliveries SET expires_at = ?, written_at = ? WHERE number = ?"


def expire(database: Database, now: datetime) -> tuple[int, ...]:
    """End what is not worth sending any more; return the numbers."""
    numbers: list[int] = []
    while some := _expire_some(database, now):
        numbers += some
    return tuple(number for number in numbers if number)


def tried_again(delivery: Delivery, *, written_at: datetime, now: datetime) -> Delivery | None:
    """Return a delivery that lapsed without a try for long, with time for one more.

    The machine was off meanwhile, or its clock was behind. None for what was tried until it lapsed,
    is old, or can do without.

    Args:
        delivery: that lapsed.
        written_at: when it was last changed.
        now: the moment.
    """
    is_wanted = delivery.promise in (Promise.MUST, Promise.ACTION)
    was_left = now - written_at > ONE_MORE_TRY
    if not (is_wanted and was_left) or now - delivery.expires_at > RECENT:
        return None
    return replace(delivery, expires_at=now + ONE_MORE_TRY)


def _expire_some(database: Database, now: datetime) -> list[int]:
    with database.transaction():
        rows = database.rows(_LAPSED, (moment(now), _AT_ONCE))
        return [_expire_one(database, row, now) for row in rows]


def _expire_one(database: Database, row: Row, now: datetime) -> int:
    """Return the number of what was ended, 0 where it was given more time."""
    late, written_at = delivery_from_row(row), read_utc(row["written_at"])
    if again := tried_again(late, written_at=written_at, now=now):
        database.execute(_EXPIRES, (moment(again.expires_at), moment(now), again.number))
        return 0
    return change(database, too_late(late, now=now), now).number
