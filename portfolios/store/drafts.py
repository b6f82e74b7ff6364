"""Portfolios that wait for a word of their owner before they are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from portfolios.documents.codec import from_json, to_json
from portfolios.model.portfolio import Portfolio
from portfolios.store.database import Database
from portfolios.values.canonical import canonical_json, read_utc, utc_text

LIFE = timedelta(hours=1)
BYTES = 12
_MINE = "WHERE draft = ? AND person = ?"


@dataclass(frozen=True, slots=True)
class Draft:
    """A portfolio as it would be kept.

    Attributes:
        base: fingerprint of what bore its name when the draft was made; empty for nothing.
    """

    portfolio: Portfolio
    base: str


class Drafts:
    """Drafts, each under a name that its maker alone can use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, person: str, draft: Draft, *, now: datetime) -> str:
        """Keep a draft for a while; returns the name by which its maker can take it up."""
        name = token_urlsafe(BYTES)
        document = json.dumps(to_json(draft.portfolio), sort_keys=True)
        with self._database.transaction():
            self._database.execute("DELETE FROM drafts WHERE at < ?", (utc_text(now - LIFE),))
            self._database.execute(
                "INSERT INTO drafts (draft, person, base, document, at) VALUES (?, ?, ?, ?, ?)",
                (name, person, draft.base, document, utc_text(now)),
            )
        return name

    def find(self, person: str, name: str, *, now: datetime) -> Draft | None:
        """Return a draft of this person and leave it where it is; None where there is none."""
        row = self._database.row(
            f"SELECT base, document, at FROM drafts {_MINE}",  # noqa: S608 - a constant
            (name, person),
        )
        # One of a later moment was kept before somebody set the clock back.
        if row is None or not now - LIFE <= read_utc(row["at"]) <= now:
            return None
        return Draft(from_json(Portfolio, json.loads(row["document"])), row["base"])

    def take(self, person: str, name: str, *, now: datetime) -> Draft | None:
        """Return a draft and forget it, in the transaction that keeps it; None for none."""
        with self._database.transaction():
            draft = self.find(person, name, now=now)
            self._database.execute(
                f"DELETE FROM drafts {_MINE}",  # noqa: S608 - a constant
                (name, person),
            )
        return draft


def base_of(portfolio: Portfolio | None) -> str:
    """Return the fingerprint of a portfolio as it is kept; empty where there is none."""
    if portfolio is None:
        return ""
    return sha256(canonical_json(portfolio).encode("utf-8", "surrogatepass")).hexdigest()
