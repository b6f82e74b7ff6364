"""What a person last saw, so that the next look can tell what changed since."""

from __future__ import annotations

from collections.abc import Mapping

from portfolios.store.database import Database


def last_seen(database: Database, person: str) -> dict[str, str]:
    """Return what a person saw, by name."""
    rows = database.rows("SELECT name, value FROM looks WHERE person = ?", (person,))
    return {row["name"]: row["value"] for row in rows}


def save_last_seen(database: Database, person: str, values: Mapping[str, str]) -> None:
    """Remember what a person has seen now, and nothing else."""
    with database.transaction():
        database.execute("DELETE FROM looks WHERE person = ?", (person,))
        for name, value in values.items():
            database.execute(
                "INSERT INTO looks (person, name, value) VALUES (?, ?, ?)", (person, name, value)
            )
