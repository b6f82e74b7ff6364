"""Forgets, once a day, what nobody asks about any more, so that the file stays small for years."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.delivery.retention import forget_ended
from portfolios.store.completed_jobs import CompletedJobs
from portfolios.store.database import Database

JOB = "tidied"
MESSAGES_KEPT = timedelta(days=90)
"""After its end; a message and its pictures."""
PERIODS_KEPT = timedelta(days=365)


def tidy(database: Database, *, now: datetime) -> bool:
    """Forget what is old, unless that was done today; tell whether it was done now."""
    today = now.date().isoformat()
    if CompletedJobs(database).contains(JOB, today):
        return False
    forget_ended(database, before=now - MESSAGES_KEPT)
    CompletedJobs(database).forget_periods(before=now - PERIODS_KEPT)
    # Last, and not as one unit: others wait for short writes only, and what is cut short is redone.
    return CompletedJobs(database).record(JOB, today, at=now)
