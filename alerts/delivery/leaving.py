"""Somebody leaves: nothing waits for them any more, and what they chose is forgotten."""

from __future__ import annotations

from alerts.delivery.queue import line_of, refresh_heads
from alerts.delivery.rows import delivery_from_row
from portfolios.store.database import Database

_TAKE_BACK = "DELETE FROM deliveries WHERE person = ? AND ended_at IS NULL RETURNING *"


def forget_person(database: Database, person: str) -> int:
    """Take back what waits for a person, and forget what they chose; return how many waited.

    What was told is kept: it is the record of what happened. A message that is being sent just now
    arrives, and nothing comes of its answer.
    """
    with database.transaction():
        waited = [delivery_from_row(row) for row in database.rows(_TAKE_BACK, (person,))]
        refresh_heads(database, map(line_of, waited))
        database.execute("DELETE FROM held_back WHERE person = ?", (person,))
        database.execute("DELETE FROM preferences WHERE person = ?", (person,))
    return len(waited)
