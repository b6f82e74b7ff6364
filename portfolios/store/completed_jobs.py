"""What was done for which period: each name once, even when several try at the same time."""

from __future__ import annotations

from datetime import datetime

from portfolios.store.database import Database
from portfolios.values.canonical import utc_text

_OF_A_DAY_OR_WEEK = "[0-9][0-9][0-9][0-9]-[0-9W][0-9]*"
"""Periods that come once: 2026-11-24, 2026-11-24:3, 2026-W48."""


class CompletedJobs:
    """Which jobs are done for which period."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def contains(self, job: str, period: str) -> bool:
        """Tell whether a job was done for a period."""
        query = "SELECT 1 AS yes FROM done WHERE job = ? AND period = ?"
        return self._database.row(query, (job, period)) is not None

    def record(self, job: str, period: str, *, at: datetime) -> bool:
        """Write down that a job is done for a period, in the transaction that does it.

        Returns:
            False when it was done before: then nothing may be done again.
        """
        with self._database.transaction():
            new = self._database.execute(
                "INSERT OR IGNORE INTO done (job, period, at) VALUES (?, ?, ?)",
                (job, period, utc_text(at)),
            )
        return new > 0

    def forget(self, job: str, *, before: datetime) -> None:
        """Forget when a job was done, where that is too long ago to be asked about."""
        with self._database.transaction():
            self._database.execute(
                "DELETE FROM done WHERE job = ? AND at < ?", (job, utc_text(before))
            )

    def forget_periods(self, *, before: datetime) -> int:
        """Forget what was done for days and weeks that will not come again; return how many rows.

        What is named by anything else is kept: it may be asked about at any time.
        """
        with self._database.transaction():
            return self._database.execute(
                "DELETE FROM done WHERE period GLOB ? AND at < ?",
                (_OF_A_DAY_OR_WEEK, utc_text(before)),
            )
