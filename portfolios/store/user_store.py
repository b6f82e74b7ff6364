"""Keeps people in the database."""

from __future__ import annotations

import json

from portfolios.documents.codec import from_json, to_json
from portfolios.errors import NotFoundError
from portfolios.model.users import Person
from portfolios.store.database import Database

# Not "or replace", which would remove the row first, and with it what belongs to the person.
_SAVE = """
INSERT INTO people (name, document) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET document = excluded.document
"""
_OF_A_PERSON = (
    ("codes", "person"),
    ("shortcuts", "person"),
    ("drafts", "person"),
    ("looks", "person"),
    ("people", "name"),
)
"""Tables with what belongs to one person, and the column with their name."""


class PeopleStore:
    """People, by name."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def save(self, person: Person) -> None:
        """Save a person under their name, in place of the earlier record."""
        document = json.dumps(to_json(person), sort_keys=True)
        with self.database.transaction():
            self.database.execute(_SAVE, (person.name, document))

    def everybody(self) -> tuple[Person, ...]:
        """Return all people, by name."""
        rows = self.database.rows("SELECT document FROM people ORDER BY name")
        return tuple(from_json(Person, json.loads(row["document"])) for row in rows)

    def person(self, name: str) -> Person:
        """Return the person of this name.

        Raises:
            NotFoundError: when there is none.
        """
        row = self.database.row("SELECT document FROM people WHERE name = ?", (name,))
        if row is None:
            raise NotFoundError(
                f"nobody is called {name!r}", hint="`rebalancer user list` shows who there is"
            )
        return from_json(Person, json.loads(row["document"]))

    def remove(self, name: str) -> None:
        """Forget a person, their codes, what their buttons stand for, their drafts and last looks.

        Raises:
            NotFoundError: when there is none of this name.
        """
        with self.database.transaction():
            self.person(name)
            for table, column in _OF_A_PERSON:
                sql = f"DELETE FROM {table} WHERE {column} = ?"  # noqa: S608 - own names
                self.database.execute(sql, (name,))

    def unlink(self, channel: str, chat: str) -> Person | None:
        """Remove a chat from its person, and return them; None when it belonged to no person."""
        with self.database.transaction():
            found = next((p for p in self.everybody() if p.address(channel) == chat), None)
            if found is not None:
                self.save(found.with_addresses({channel: ""}))
        return found
