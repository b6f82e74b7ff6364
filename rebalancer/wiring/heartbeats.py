"""Writes down in the database how the parts of a running service fare, and not too often."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portfolios.store.database import open_database
from portfolios.store.heartbeats import Heartbeats
from portfolios.values.time import Clock
from rebalancer.logs import masked
from rebalancer.settings.model import Settings

EVERY = timedelta(minutes=1)
"""What has not changed is written again after so long: each note is a write to the disk."""


@dataclass(frozen=True, slots=True)
class HeartbeatLog:
    """Where the parts note how they fare; threads may share it."""

    settings: Settings
    clock: Clock
    _last: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def well(self, part: str) -> None:
        """Note that a part did its work."""
        self._note(part, "")

    def wrong(self, part: str, words: str) -> None:
        """Note that a part failed, and why."""
        self._note(part, masked(words) or "failed")

    def _note(self, part: str, words: str) -> None:
        now = self.clock()
        known = self._last.get(part)
        if known is not None and known[0] == words and timedelta(0) <= now - known[1] < EVERY:
            return
        with open_database(self.settings.database, is_checked=True) as database:
            if words:
                Heartbeats(database).record_failure(part, words, now=now)
            else:
                Heartbeats(database).record_success(part, now=now)
        self._last[part] = (words, now)
