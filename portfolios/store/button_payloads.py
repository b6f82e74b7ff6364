"""Short names for what a person asked, so that a button can ask it again.

A button carries a name and no data. What it stands for is kept here, for the person it was made
for; pressed by anybody else it stands for nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from portfolios.store.database import Database
from portfolios.values.canonical import read_utc, utc_text

LIFE = timedelta(days=60)
LENGTH = 24


class ButtonPayloads:
    """Short names, and what each stands for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, person: str, words: str, *, now: datetime) -> str:
        """Return the short name of what a person asks; the same words have the same name."""
        name = sha256(f"{person}\0{words}".encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]
        with self._database.transaction():
            self._database.execute("DELETE FROM shortcuts WHERE at < ?", (utc_text(now - LIFE),))
            self._database.execute(
                "INSERT OR REPLACE INTO shortcuts (shortcut, person, words, at)"
                " VALUES (?, ?, ?, ?)",
                (name, person, words, utc_text(now)),
            )
        return name

    def find(
        self,
        person: str,
        shortcut: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> str | None:
        """Return what a short name stands for; None where it is not this person's, or too old.

        Args:
            person: who uses it.
            shortcut: the short name.
            since: it must have been given out, or given out again, at this moment or later.
            until: and not after this one, as it was when the clock has been set back since.
        """
        row = self._database.row(
            "SELECT words, at FROM shortcuts WHERE shortcut = ? AND person = ?", (shortcut, person)
        )
        if row is None:
            return None
        at = read_utc(row["at"])
        if (since is not None and at < since) or (until is not None and at > until):
            return None
        return str(row["words"])
