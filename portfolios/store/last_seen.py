"""What a person last saw, so that the next look can tell what changed since."""

from __future__ import annotations

from collections.abc import Mapping

from portfolios.store.database import Database


class LastSeen:
    """What each person last saw, by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, person: str) -> dict[str, str]:
        """Return what a person saw, by name."""
        rows = self._database.rows("SELECT name, value FROM looks WHERE person = ?", (person,))
        return {row["name"]: row["value"] for row in rows}

    def save(self, person: str, values: Mapping[str, str]) -> None:
        """Remember what a person has seen now, and nothing else."""
        with self._database.transaction():
            self._database.execute("DELETE FROM looks WHERE person = ?", (person,))
            for name, value in values.items():
                self._database.execute(
                    "INSERT INTO looks (person, name, value) VALUES (?, ?, ?)",
                    (person, name, value),
                )
