"""What is known of addresses: which take nothing, which want to be left alone, which moved.

All of it is durable, since a sender that starts again must not bother who asked for rest.
"""

from __future__ import annotations

from datetime import datetime

from alerts.delivery.delivery import Delivery
from alerts.delivery.queue import refresh_heads
from alerts.delivery.rows import delivery_from_row, moment
from portfolios.store.database import Database

_CLOSE = "INSERT OR IGNORE INTO closed_addresses (channel, address, reason, since) VALUES (?,?,?,?)"
_REOPEN = "DELETE FROM closed_addresses WHERE channel = ? AND address = ?"
_IS_CLOSED = "SELECT reason FROM closed_addresses WHERE channel = ? AND address = ?"
_SUPPRESS = """
UPDATE deliveries SET state = 'suppressed', reason = :reason, ended_at = :now, written_at = :now,
  is_next = 0
WHERE channel = :channel AND address = :address AND ended_at IS NULL
  AND state IN ('pending', 'retry')
RETURNING *
"""
_PARK = """
INSERT INTO parked_addresses (channel, address, until, since) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET until = max(until, excluded.until), since = excluded.since
"""
_UNPARK = "DELETE FROM parked_addresses WHERE until <= ?"
_MOVE = """
UPDATE deliveries SET address = :new, is_next = 0
WHERE channel = :channel AND address = :old AND ended_at IS NULL AND state IN ('pending', 'retry')
"""
_MOVE_REST = """
UPDATE OR REPLACE parked_addresses SET address = :new WHERE channel = :channel AND address = :old
"""


def close_address(
    database: Database, channel: str, address: str, *, reason: str, now: datetime
) -> tuple[Delivery, ...]:
    """Send nothing more to an address; return the deliveries this ends."""
    with database.transaction():
        database.execute(_CLOSE, (channel, address, reason, moment(now)))
        values = {"channel": channel, "address": address, "reason": reason, "now": moment(now)}
        ended = database.rows(_SUPPRESS, values)
        refresh_heads(database, [(channel, address, True), (channel, address, False)])
    return tuple(sorted(map(delivery_from_row, ended), key=lambda each: each.number))


def reopen_address(database: Database, channel: str, address: str) -> bool:
    """Send to an address again, from the next delivery on; tell whether it was closed."""
    with database.transaction():
        return database.execute(_REOPEN, (channel, address)) > 0


def why_closed(database: Database, channel: str, address: str) -> str:
    """Return why nothing is sent to an address; empty when it is open."""
    row = database.row(_IS_CLOSED, (channel, address))
    return str(row["reason"]) if row else ""


def park_address(
    database: Database, channel: str, address: str, *, until: datetime, now: datetime
) -> None:
    """Leave an address alone for a while."""
    with database.transaction():
        database.execute(_UNPARK, (moment(now),))
        database.execute(_PARK, (channel, address, moment(until), moment(now)))


def redirect_address(database: Database, channel: str, old: str, new: str) -> int:
    """Send to the new address what waits for the old one; return how many deliveries moved."""
    if old == new:
        return 0
    with database.transaction():
        values = {"channel": channel, "old": old, "new": new}
        moved = database.execute(_MOVE, values)
        database.execute(_MOVE_REST, values)
        refresh_heads(
            database, [(channel, each, urgent) for each in (old, new) for urgent in (True, False)]
        )
    return moved
