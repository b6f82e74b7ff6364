"""Keeps in the database what each person chose, and what waits for their digest."""

from __future__ import annotations

import json
from datetime import datetime

from alerts.messages import Message, with_tuples
from alerts.preferences.choices import Preferences
from portfolios.documents.codec import from_json, to_json
from portfolios.store.database import Database
from portfolios.values.canonical import utc_text
from portfolios.values.time import SLACK

_SAVE = "INSERT OR REPLACE INTO preferences (person, document) VALUES (?, ?)"
_HOLD = (
    "INSERT OR IGNORE INTO held_back (person, channel, key, at, document) VALUES (?, ?, ?, ?, ?)"
)

_LET_GO = "DELETE FROM held_back WHERE person = ? AND channel = ? AND key = ?"
_DUE = "person = ? AND channel = ? AND (at < ? OR at > ?)"


class PreferenceStore:
    """Preferences by person, and messages held back for the next digest."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def preferences(self, person: str) -> Preferences:
        """Return what a person chose; the defaults when they never did."""
        row = self.database.row("SELECT document FROM preferences WHERE person = ?", (person,))
        return Preferences() if row is None else from_json(Preferences, json.loads(row["document"]))

    def save(self, person: str, preferences: Preferences) -> None:
        """Save what a person chose."""
        with self.database.transaction():
            self.database.execute(_SAVE, (person, json.dumps(to_json(preferences))))

    def hold_back(self, person: str, channel: str, message: Message, *, at: datetime) -> None:
        """Keep a message for the next digest; the same cause is kept once."""
        document = json.dumps(to_json(with_tuples(message)), sort_keys=True)
        with self.database.transaction():
            self.database.execute(_HOLD, (person, channel, message.key, utc_text(at), document))

    def let_go(self, person: str, channel: str, key: str) -> None:
        """Keep a message for the digest no more: it goes out by itself after all."""
        with self.database.transaction():
            self.database.execute(_LET_GO, (person, channel, key))

    def held_back(
        self,
        person: str,
        channel: str,
        *,
        before: datetime | None = None,
        now: datetime | None = None,
    ) -> tuple[Message, ...]:
        """Return what waits for a digest, in the order in which it happened.

        Args:
            person: for whom.
            channel: on which.
            before: leaves out what was held back since.
            now: the moment, with `before`; what was held back later than now is not left out.
        """
        rows = self.database.rows(
            f"SELECT document FROM held_back WHERE {_DUE} ORDER BY at, key",  # noqa: S608
            _due(person, channel, before, now),
        )
        return tuple(from_json(Message, json.loads(row["document"])) for row in rows)

    def drop_held_back(
        self,
        person: str,
        channel: str,
        *,
        before: datetime | None = None,
        now: datetime | None = None,
    ) -> None:
        """Forget what a digest has told, in the transaction that keeps the digest."""
        with self.database.transaction():
            self.database.execute(
                f"DELETE FROM held_back WHERE {_DUE}",  # noqa: S608 - a constant
                _due(person, channel, before, now),
            )


def _due(
    person: str, channel: str, before: datetime | None, now: datetime | None
) -> tuple[str, str, str, str]:
    """Return what moments are compared with; None is after all of them."""
    end = "~" if before is None else utc_text(before)
    return person, channel, end, "~" if now is None else utc_text(now + SLACK)
