"""The lines in which deliveries wait: two an address, the urgent one beside the ordinary one.

A delivery's place in its line is the moment it was first due, so one that was put off until
morning does not hold up what comes before. Only the head of a line may be claimed.
"""

from __future__ import annotations

from collections.abc import Iterable

from alerts.delivery.delivery import Delivery
from alerts.delivery.rows import CHANGING, changing_row
from alerts.messages import Promise
from portfolios.store.database import Database

QueueKey = tuple[str, str, bool]
"""Channel, address, and whether it is the urgent line."""

_HEAD = """
SELECT number FROM deliveries
WHERE channel = ? AND address = ? AND is_urgent = ? AND ended_at IS NULL
ORDER BY place, number LIMIT 1
"""
_STEP_BACK = """
UPDATE deliveries SET is_next = 0
WHERE channel = ? AND address = ? AND is_urgent = ? AND is_next = 1 AND number <> ?
"""
_STEP_FORWARD = "UPDATE deliveries SET is_next = 1 WHERE number = ? AND is_next = 0"
_CHANGE = (
    f"UPDATE deliveries SET {', '.join(f'{name} = :{name}' for name in CHANGING)}, "  # noqa: S608
    "is_next = CASE WHEN :ended_at IS NULL THEN is_next ELSE 0 END WHERE number = :number"
)


def line_of(delivery: Delivery) -> QueueKey:
    """Return the line in which a delivery waits."""
    return delivery.channel, delivery.address, delivery.promise is Promise.MUST


def refresh_heads(database: Database, lines: Iterable[QueueKey]) -> None:
    """Mark the head of each line anew, after something entered or left it."""
    for line in dict.fromkeys(lines):
        head = database.row(_HEAD, line)
        number = head["number"] if head else 0
        # Back before forward: no line ever has two heads.
        database.execute(_STEP_BACK, (*line, number))
        database.execute(_STEP_FORWARD, (number,))


def change(database: Database, delivery: Delivery) -> Delivery:
    """Write down how a delivery stands now; when it ended, the next in its line moves up."""
    database.execute(_CHANGE, {**changing_row(delivery), "number": delivery.number})
    if not delivery.state.is_alive:
        refresh_heads(database, [line_of(delivery)])
    return delivery
