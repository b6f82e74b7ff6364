"""The lines in which deliveries wait: two an address, the urgent one beside the ordinary one.

A delivery's place in its line is the moment it was first due, so one that was put off until
morning does not hold up what comes before; one that was refused often has its place where it is
tried next. Only the head of a line may be claimed, and it waits
while its address has another message in flight or asked to be left alone. Heads are found through
an index that holds nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from alerts.channels.envelope import Envelope
from alerts.delivery.delivery import Delivery
from alerts.delivery.rows import CHANGING, changing_row, delivery_from_row, moment
from alerts.messages import Picture, Promise
from portfolios.store.database import Database
from portfolios.values.canonical import read_utc

RANKED = (Promise.MUST, Promise.ACTION, Promise.ONCE, Promise.LOW)
QueueKey = tuple[str, str, bool]
"""Channel, address, and whether it is the urgent line."""

_HEAD = """
SELECT number FROM deliveries
WHERE channel = ? AND address = ? AND is_urgent = ? AND ended_at IS NULL
ORDER BY place, number LIMIT 1
"""
_STEP_BACK = """
UPDATE deliveries SET is_next = 0
WHERE channel = ? AND address = ? AND is_urgent = ? AND is_next = 1 AND number <> ?
"""
_STEP_FORWARD = "UPDATE deliveries SET is_next = 1 WHERE number = ? AND is_next = 0"
_CHANGE = (
    f"UPDATE deliveries SET {', '.join(f'{name} = :{name}' for name in CHANGING)}, "  # noqa: S608
    "written_at = :written_at, place = iif(:lets_pass, :not_before, place), "
    "is_next = CASE WHEN :ended_at IS NULL THEN is_next ELSE 0 END WHERE number = :number"
)
_WAITING = "state IN ('pending', 'retry')"

_IS_FREE = """
  NOT EXISTS (
    SELECT 1 FROM deliveries AS other
    WHERE other.channel = due.channel AND other.address = due.address AND other.state = 'sending')
  AND NOT EXISTS (
    SELECT 1 FROM parked_addresses AS parked
    WHERE parked.channel = due.channel AND parked.address = due.address AND until > :now)
"""
_DUE = f"""
SELECT * FROM deliveries AS due
WHERE is_next = 1 AND {_WAITING} AND channel = :channel AND rank = :rank
  AND not_before <= :now AND expires_at > :now AND {_IS_FREE}
ORDER BY not_before, number LIMIT :limit
"""  # noqa: S608 - made of constants
_NEXT_FREE = f"""
SELECT not_before AS due FROM deliveries AS due
WHERE is_next = 1 AND {_WAITING} AND channel = :channel AND rank = :rank AND {_IS_FREE}
ORDER BY not_before LIMIT 1
"""  # noqa: S608 - made of constants
_NEXT_HELD = f"""
WITH holds AS (
  SELECT channel, address, until FROM parked_addresses WHERE until > :now
  UNION ALL SELECT channel, address, lease_until FROM deliveries WHERE state = 'sending')
SELECT min(max(not_before, until)) AS due FROM holds JOIN deliveries USING (channel, address)
WHERE is_next = 1 AND {_WAITING} AND channel = :channel
"""  # noqa: S608 - made of constants
_PICTURES = "SELECT name, png FROM attachments WHERE delivery = ? ORDER BY rowid"
_RECEIPT = "SELECT receipt FROM deliveries WHERE dedupe_key = ? AND channel = ? AND address = ?"


def line_of(delivery: Delivery) -> QueueKey:
    """Return the line in which a delivery waits."""
    return delivery.channel, delivery.address, delivery.promise is Promise.MUST


def refresh_heads(database: Database, lines: Iterable[QueueKey]) -> None:
    """Mark the head of each line anew, after something entered or left it."""
    for line in dict.fromkeys(lines):
        head = database.row(_HEAD, line)
        number = head["number"] if head else 0
        # Back before forward: no line ever has two heads.
        database.execute(_STEP_BACK, (*line, number))
        database.execute(_STEP_FORWARD, (number,))


def change(database: Database, delivery: Delivery, now: datetime) -> Delivery:
    """Write down how a delivery stands now; when it ended or lets pass, the next moves up."""
    written = {
        "number": delivery.number,
        "written_at": moment(now),
        "lets_pass": delivery.lets_pass,
    }
    database.execute(_CHANGE, changing_row(delivery) | written)
    if delivery.lets_pass or not delivery.state.is_alive:
        refresh_heads(database, [line_of(delivery)])
    return delivery


def due(
    database: Database, now: datetime, channels: Iterable[str], promise: Promise, limit: int
) -> list[Delivery]:
    """Return what could be claimed of one promise, the longest due first."""
    values = {"now": moment(now), "rank": RANKED.index(promise), "limit": limit}
    rows = [
        row for channel in channels for row in database.rows(_DUE, values | {"channel": channel})
    ]
    rows.sort(key=lambda row: (row["not_before"], row["number"]))
    return [delivery_from_row(row) for row in rows]


def next_due(database: Database, channels: Iterable[str], now: datetime) -> datetime | None:
    """Return the moment from which something may be claimable; None when nothing waits.

    Nothing is while its address is left alone, or has another message in flight.
    """
    rows = []
    for channel in channels:
        values = {"channel": channel, "now": moment(now)}
        rows += database.rows(_NEXT_HELD, values)
        for rank in range(len(RANKED)):
            rows += database.rows(_NEXT_FREE, values | {"rank": rank})
    return min((read_utc(row["due"]) for row in rows if row["due"]), default=None)


def envelope_of(database: Database, delivery: Delivery) -> Envelope:
    """Return what the channel is given."""
    pictures = database.rows(_PICTURES, (delivery.number,))
    about = (delivery.answers, delivery.channel, delivery.address)
    earlier = database.row(_RECEIPT, about) if delivery.answers else None
    return Envelope(
        delivery=delivery.number,
        address=delivery.address,
        message=delivery.message,
        pictures=tuple(Picture(row["name"], row["png"]) for row in pictures),
        may_repeat=delivery.may_repeat,
        is_silent=delivery.is_silent,
        answers=earlier["receipt"] if earlier else "",
        headers=delivery.headers,
        parts_sent=delivery.parts,
    )
