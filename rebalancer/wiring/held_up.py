"""Tells a channel that takes nothing from one address that refuses for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.delivery.delivery import LONGEST_BACKOFF
from alerts.delivery.rows import moment
from portfolios.store.database import Database, Row
from portfolios.values.canonical import read_utc

OUT_OF_REACH = timedelta(minutes=2)
"""A channel that could not be reached for so long is held up."""
REFUSING = timedelta(hours=1)
"""So is one that takes nothing from us for so long: servers refuse strangers for some minutes."""

# What quiet hours put off is not being tried; what was sent before the newest hundreds is long ago.
_WAITING = """
SELECT channel, min(attempts) AS attempts, reason FROM deliveries
WHERE state = 'retry' AND not_before <= ? GROUP BY channel
"""
_TAKEN = """
SELECT max(ended_at) AS at FROM (SELECT * FROM deliveries ORDER BY number DESC LIMIT 500)
WHERE channel = ? AND state = 'sent' AND ended_at <= ?
"""


@dataclass(slots=True)
class HeldUp:
    """Watches which channels take nothing, from look to look.

    Attributes:
        since: channel -> when it was first seen with something that it did not take.
    """

    since: dict[str, datetime] = field(default_factory=dict)

    def look(self, database: Database, now: datetime) -> str:
        """Say which channels take nothing, and why; empty where all is well."""
        until = moment(now + timedelta(seconds=LONGEST_BACKOFF))
        rows = database.rows(_WAITING, (until,))
        known = {name: at for name, at in self.since.items() if at <= now}
        self.since = {row["channel"]: known.get(row["channel"], now) for row in rows}
        found = [row for row in rows if self._is_held_up(database, row, now)]
        return "; ".join(f"{row['channel']}: {row['reason']}" for row in found)

    def _is_held_up(self, database: Database, row: Row, now: datetime) -> bool:
        name = row["channel"]
        taken = database.row(_TAKEN, (name, moment(now)))
        if taken and taken["at"]:
            self.since[name] = max(self.since[name], read_utc(taken["at"]))
        # What reached nobody is no attempt.
        return now - self.since[name] > (REFUSING if row["attempts"] else OUT_OF_REACH)
