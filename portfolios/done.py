"""What was done for which period: each name once, whoever else tries at the same time."""

from __future__ import annotations

from datetime import datetime

from portfolios.canonical import utc_text
from portfolios.database import Database


def was_done(database: Database, job: str, period: str) -> bool:
    """Tell whether a job was done for a period."""
    query = "SELECT 1 AS yes FROM done WHERE job = ? AND period = ?"
    return database.row(query, (job, period)) is not None


def mark_done(database: Database, job: str, period: str, *, at: datetime) -> bool:
    """Write down that a job is done for a period, in the transaction that does it.

    Returns:
        False when it was done before: then nothing may be done again.
    """
    with database.transaction():
        new = database.execute(
            "INSERT OR IGNORE INTO done (job, period, at) VALUES (?, ?, ?)",
            (job, period, utc_text(at)),
        )
    return new > 0
