"""When each part of the service last did its work, and how that went.

The parts write it, and health checks read it, also from another process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portfolios.store.database import Database
from portfolios.values.canonical import read_utc, utc_text

_GOOD = """
INSERT INTO beats (part, at, good_at, failures, words) VALUES (?, ?, ?, 0, '')
ON CONFLICT (part) DO UPDATE
SET at = excluded.at, good_at = excluded.good_at, failures = 0, words = ''
"""
_BAD = """
INSERT INTO beats (part, at, good_at, failures, words) VALUES (?, ?, '', 1, ?)
ON CONFLICT (part) DO UPDATE
SET at = excluded.at, failures = failures + 1, words = excluded.words
"""


@dataclass(frozen=True, slots=True)
class Beat:
    """How a part of the service fares.

    Attributes:
        part: its name.
        at: when it was last tried.
        good_at: when it last went well; None while it never did.
        failures: how often in a row it went wrong.
        words: what went wrong last; empty when it goes well.
    """

    part: str
    at: datetime
    good_at: datetime | None
    failures: int
    words: str


class Heartbeats:
    """How each part of the service fares."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record_success(self, part: str, *, now: datetime) -> None:
        """Note that a part did its work."""
        with self._database.transaction():
            self._database.execute(_GOOD, (part, utc_text(now), utc_text(now)))

    def record_failure(self, part: str, words: str, *, now: datetime) -> None:
        """Note that a part failed, and why; people read the words, so they hold no secret."""
        with self._database.transaction():
            self._database.execute(_BAD, (part, utc_text(now), words))

    def by_part(self) -> tuple[Beat, ...]:
        """Return how every part fares, by name."""
        return tuple(
            Beat(
                row["part"],
                read_utc(row["at"]),
                read_utc(row["good_at"]) if row["good_at"] else None,
                row["failures"],
                row["words"],
            )
            for row in self._database.rows("SELECT * FROM beats ORDER BY part")
        )
