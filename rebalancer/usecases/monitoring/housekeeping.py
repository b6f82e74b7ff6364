"""Forgets, once a day, what nobody asks about any more, so that the file stays small for years."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.delivery.retention import forget_ended
from portfolios.store.database import Database
from portfolios.store.once import forget_periods, mark_done, was_done

JOB = "tidied"
MESSAGES_KEPT = timedelta(days=90)
"""After its end; a message and its pictures."""
PERIODS_KEPT = timedelta(days=365)


def tidy(database: Database, *, now: datetime) -> bool:
    """Forget what is old, unless that was done today; tell whether it was done now."""
    today = now.date().isoformat()
    if was_done(database, JOB, today):
        return False
    forget_ended(database, before=now - MESSAGES_KEPT)
    forget_periods(database, before=now - PERIODS_KEPT)
    # Last, and not as one unit: others wait for short writes only, and what is cut short is redone.
    return mark_done(database, JOB, today, at=now)
