"""Moments that a clock wrote which was ahead, and has been set right since.

Each change of a delivery is kept with its moment. What was changed later than now was changed by a
clock that was ahead: what it put off waits as long as was meant, counted from now, and what it
called too late is told after all while that is worth it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.delivery.delivery import Delivery, State
from alerts.delivery.queue import change, line_of, refresh_heads
from alerts.delivery.rows import delivery_from_row, moment
from alerts.preferences.store import PreferenceStore
from portfolios.store.database import Database, Row
from portfolios.values.canonical import read_utc
from portfolios.values.time import SLACK

_AT_ONCE = 500
"""Rows that one transaction changes at most, so that others wait for milliseconds only."""
_NOTHING = timedelta(0)

_AHEAD = "SELECT * FROM deliveries WHERE written_at > ? LIMIT ?"
_REST = "UPDATE deliveries SET place = ?, created_at = ?, expires_at = ? WHERE number = ?"
_UNPARK = "DELETE FROM parked_addresses WHERE since > ?"
_IS_PARKED = "SELECT 1 FROM parked_addresses WHERE since > ?"


def set_right(database: Database, now: datetime) -> int:
    """Move back what a clock wrote that was ahead; return how many deliveries."""
    later = moment(now + SLACK)
    if database.row(_IS_PARKED, (later,)):
        with database.transaction():
            database.execute(_UNPARK, (later,))
    count = 0
    while database.row(_AHEAD, (later, 1)):
        count += _set_some_right(database, later, now)
    return count


def moved_back(
    delivery: Delivery, *, place: datetime, written_at: datetime, now: datetime
) -> Delivery:
    """Return a delivery as a clock would have written it that was right.

    Args:
        delivery: as it is kept.
        place: when it was first due.
        written_at: the moment by which it was last changed; later than now.
        now: the moment.
    """
    early = max(_NOTHING, delivery.created_at - now)
    ahead = written_at - now
    first_due = now if delivery.lets_pass else place - early
    was_put_off = delivery.lets_pass or delivery.not_before != place
    after = replace(
        delivery,
        created_at=delivery.created_at - early,
        expires_at=delivery.expires_at - early,
        not_before=max(first_due, now, delivery.not_before - ahead) if was_put_off else first_due,
        lease_until=_earlier(delivery.lease_until, ahead),
        begun_at=_earlier(delivery.begun_at, ahead),
        ended_at=_earlier(delivery.ended_at, ahead),
    )
    if after.state is State.EXPIRED and after.expires_at > now:
        return replace(after, state=State.RETRY, ended_at=None, reason="the clock was ahead")
    return after


def _set_some_right(database: Database, later: str, now: datetime) -> int:
    with database.transaction():
        rows = database.rows(_AHEAD, (later, _AT_ONCE))
        lines = [line_of(_set_one_right(database, row, now)) for row in rows]
        refresh_heads(database, lines)
    return len(rows)


def _set_one_right(database: Database, row: Row, now: datetime) -> Delivery:
    before = delivery_from_row(row)
    place, written_at = read_utc(row["place"]), read_utc(row["written_at"])
    after = moved_back(before, place=place, written_at=written_at, now=now)
    if after.state is not before.state:
        PreferenceStore(database).let_go(after.person, after.channel, after.message.key)
    place -= before.created_at - after.created_at
    moments = map(moment, (place, after.created_at, after.expires_at))
    database.execute(_REST, (*moments, after.number))
    return change(database, after, now)


def _earlier(when: datetime | None, by: timedelta) -> datetime | None:
    return None if when is None else when - by
