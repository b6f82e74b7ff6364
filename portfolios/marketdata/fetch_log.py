"""What was asked of providers, and when: the memory that lets a refresh stop and go on.

A subject asked within its period is not asked again, so a refresh that was interrupted, or capped,
continues with what is left. A subject a provider knows nothing of is asked again much later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from portfolios.store.database import Database, Row
from portfolios.values.canonical import read_utc, utc_text
from portfolios.values.time import is_ahead

DAY, WEEK = timedelta(days=1), timedelta(days=7)
_MARK = "INSERT OR REPLACE INTO asked (job, subject, at, answered) VALUES (?, ?, ?, ?)"
_KEEP = "INSERT OR REPLACE INTO bodies (provider, name, body, fetched_at) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Response:
    """Something fetched as a whole.

    Attributes:
        provider: who gave it.
        content: as JSON gives it.
        fetched_at: the moment it was fetched.
    """

    provider: str
    content: object
    fetched_at: datetime


class FetchLog:
    """What was asked of providers, kept in the database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def due(
        self,
        job: str,
        subjects: Iterable[str],
        *,
        now: datetime,
        every: timedelta,
        unknown_every: timedelta = WEEK,
    ) -> tuple[str, ...]:
        """Return the subjects to ask for now, in the given order.

        Args:
            job: what is asked.
            subjects: asset ids, or anything that names what is asked for.
            now: the moment.
            every: age at which an answer is renewed; whole days are counted in dates.
            unknown_every: the same where the provider had no answer.
        """
        rows = self.database.rows("SELECT * FROM asked WHERE job = ?", (job,))
        known = {row["subject"]: (read_utc(row["at"]), bool(row["answered"])) for row in rows}
        return tuple(
            subject
            for subject in dict.fromkeys(subjects)
            if subject not in known
            or _is_over(known[subject][0], now, every if known[subject][1] else unknown_every)
        )

    def mark(self, job: str, subjects: Iterable[str], *, at: datetime, answered: bool) -> None:
        """Remember that something was asked, and whether there was an answer."""
        with self.database.transaction():
            for subject in subjects:
                self.database.execute(_MARK, (job, subject, utc_text(at), int(answered)))

    def unanswered(self, job: str) -> frozenset[str]:
        """Return the subjects of which the provider knew nothing when it was last asked."""
        return self._subjects(job, answered=False)

    def answered(self, job: str) -> frozenset[str]:
        """Return the subjects that were asked for and that the provider is not known to lack."""
        return self._subjects(job, answered=True)

    def _subjects(self, job: str, *, answered: bool) -> frozenset[str]:
        rows = self.database.rows(
            "SELECT subject FROM asked WHERE job = ? AND answered = ?", (job, int(answered))
        )
        return frozenset(row["subject"] for row in rows)

    def forget(self, job: str) -> None:
        """Ask for everything of a job again."""
        with self.database.transaction():
            self.database.execute("DELETE FROM asked WHERE job = ?", (job,))

    def save_response(self, provider: str, name: str, content: object, *, at: datetime) -> None:
        """Keep something fetched as a whole, with the moment it was fetched."""
        body = json.dumps(content, sort_keys=True, allow_nan=False)
        with self.database.transaction():
            self.database.execute(_KEEP, (provider, name, body, utc_text(at)))

    def response(self, provider: str, name: str) -> Response | None:
        """Return what was kept, however old; None when nothing was."""
        row = self.database.row(
            "SELECT * FROM bodies WHERE provider = ? AND name = ?", (provider, name)
        )
        return _response(row) if row else None

    def newest_response(self, name: str) -> Response | None:
        """Return what was kept last, whichever provider gave it; None when nothing was."""
        row = self.database.row(
            "SELECT * FROM bodies WHERE name = ? ORDER BY fetched_at DESC LIMIT 1", (name,)
        )
        return _response(row) if row else None


def _response(row: Row) -> Response:
    return Response(row["provider"], json.loads(row["body"]), read_utc(row["fetched_at"]))


def _is_over(asked_at: datetime, now: datetime, every: timedelta) -> bool:
    if is_ahead(asked_at, now):
        return True
    if every >= DAY:
        return now.date() - asked_at.date() >= every
    return now - asked_at >= every
