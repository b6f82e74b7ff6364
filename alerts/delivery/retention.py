"""Forgets deliveries that ended long ago, so that pictures do not fill the file for years."""

from __future__ import annotations

from datetime import datetime

from alerts.delivery.rows import moment
from portfolios.store.database import Database

_AT_ONCE = 500
"""Rows that one transaction deletes at most, so that others wait for milliseconds only."""
_FORGET = """
DELETE FROM deliveries WHERE number IN
(SELECT number FROM deliveries WHERE ended_at < ? ORDER BY number LIMIT ?)
"""


def forget_ended(database: Database, *, before: datetime) -> int:
    """Forget deliveries that ended before a moment, and their pictures; return how many."""
    count = 0
    while some := _forget_some(database, before):
        count += some
    return count


def _forget_some(database: Database, before: datetime) -> int:
    with database.transaction():
        return database.execute(_FORGET, (moment(before), _AT_ONCE))
