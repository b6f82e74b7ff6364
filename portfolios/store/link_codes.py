"""One-time codes by which a person proves that a chat is theirs.

A code has 192 bits, lives for ten minutes, works once, and is kept only as a hash. A chat that
tries too often has to wait; what it tried tells it nothing, not even whether a code exists.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex

from portfolios.errors import UsageError
from portfolios.model.users import Person
from portfolios.store.database import Database
from portfolios.store.user_store import PeopleStore
from portfolios.values.canonical import read_utc, utc_text
from portfolios.values.command import command
from portfolios.values.time import SLACK

LIFE = timedelta(minutes=10)
MOST_TRIES, PER = 5, timedelta(hours=1)
BYTES = 24


class LinkCodes:
    """One-time codes, and who tried how often."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, person: Person, *, now: datetime) -> str:
        """Return a fresh code for a person who is kept; an earlier one of theirs is void.

        It is of small letters and digits: one word, whatever it is copied through.

        Raises:
            NotFoundError: when nobody of this name is kept.
            UsageError: for a group, whose chat no single person can prove to be theirs.
        """
        if person.is_group:
            add = command("user", "add", person.name, "--group", "--chat", "ID")
            raise UsageError(
                f"{person.name} is a group, which needs no code",
                hint=f"{add}, as /id says there",
            )
        code = token_hex(BYTES)
        with self._database.transaction():
            PeopleStore(self._database).person(person.name)
            # Here and not at each try, which must cost the same however many others try.
            self._database.execute("DELETE FROM tries WHERE at <= ?", (utc_text(now - PER),))
            self._database.execute("DELETE FROM codes WHERE person = ?", (person.name,))
            self._database.execute(
                "INSERT INTO codes (hash, person, expires_at) VALUES (?, ?, ?)",
                (_hash(code), person.name, utc_text(now + LIFE)),
            )
        return code

    def redeem(self, code: str, *, channel: str, chat: str, now: datetime) -> Person | None:
        """Link a chat on a channel to the person whom a code was made for.

        Returns:
            The person, linked; None for a code that is wrong, used, or too old, and for a chat that
            has tried too often.
        """
        with self._database.transaction():
            if self._tried(chat, now) >= MOST_TRIES:
                return None
            row = self._database.row("SELECT * FROM codes WHERE hash = ?", (_hash(code),))
            if row is None or not now < read_utc(row["expires_at"]) <= now + LIFE:
                self._database.execute(
                    "INSERT INTO tries (chat, at) VALUES (?, ?)", (chat, utc_text(now))
                )
                return None
            self._database.execute("DELETE FROM codes WHERE hash = ?", (_hash(code),))
            people = PeopleStore(self._database)
            for other in people.everybody():
                if other.address(channel) == chat and other.name != row["person"]:
                    people.save(other.with_addresses({channel: ""}))  # a chat speaks for one person
            person = people.person(row["person"]).reached_from(now, {channel: chat})
            people.save(person)
        return person

    def _tried(self, chat: str, now: datetime) -> int:
        recent = (chat, utc_text(now - PER), utc_text(now + SLACK))
        row = self._database.row(
            "SELECT count(*) AS tried FROM tries WHERE chat = ? AND at > ? AND at <= ?", recent
        )
        return int(row["tried"]) if row else 0


def _hash(code: str) -> str:
    return sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
