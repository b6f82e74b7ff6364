"""What waits is sent to a changed address, or taken back when its person or portfolio is gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from alerts.delivery.delivery import Delivery
from alerts.delivery.queue import QueueKey, line_of, refresh_heads
from alerts.delivery.rows import delivery_from_row
from alerts.messages import Message
from portfolios.model.users import Person
from portfolios.store.database import Database

_WAITING = "SELECT * FROM deliveries WHERE person = ? AND ended_at IS NULL"
_TAKE_BACK = "DELETE FROM deliveries WHERE number = ?"
_TAKE_BACK_ALL = "DELETE FROM deliveries WHERE person = ? AND ended_at IS NULL RETURNING *"
_TAKE_BACK_ABOUT = "DELETE FROM deliveries WHERE portfolio = ? AND ended_at IS NULL RETURNING *"
_LET_GO = "DELETE FROM held_back WHERE json_extract(document, '$.portfolio') = ?"
# One that is being sent just now may arrive at the old address; its sender has lost it, so that no
# other try of it goes there.
_MOVE = """
UPDATE deliveries SET address = ?, is_next = 0, lease_owner = '', lease_until = NULL,
  begun_at = NULL, state = CASE state WHEN 'sending' THEN 'pending' ELSE state END
WHERE number = ?
"""


def redirect_deliveries(database: Database, person: Person) -> None:
    """Send what waits for a person where they are reached now.

    What they are no longer reached for, or may no longer see, is taken back.

    Args:
        database: with the deliveries.
        person: as they are from now on.
    """
    with database.transaction():
        waiting = map(delivery_from_row, database.rows(_WAITING, (person.name,)))
        changed = [line for each in waiting for line in _follow(database, each, person)]
        refresh_heads(database, changed)


def forget_person(database: Database, person: str) -> int:
    """Take back what waits for a person, and forget what they chose; return how many waited.

    What was told is kept: it is the record of what happened. A message that is being sent just now
    arrives, and nothing comes of its answer.
    """
    with database.transaction():
        waited = [delivery_from_row(row) for row in database.rows(_TAKE_BACK_ALL, (person,))]
        refresh_heads(database, map(line_of, waited))
        database.execute("DELETE FROM held_back WHERE person = ?", (person,))
        database.execute("DELETE FROM preferences WHERE person = ?", (person,))
    return len(waited)


def forget_portfolio(database: Database, portfolio: str) -> int:
    """Take back what waits to be told of a portfolio; return how many messages waited.

    What alerts remember of it goes too: one added later under its name begins anew.
    """
    with database.transaction():
        waited = [delivery_from_row(row) for row in database.rows(_TAKE_BACK_ABOUT, (portfolio,))]
        refresh_heads(database, map(line_of, waited))
        database.execute(_LET_GO, (portfolio,))
        database.execute("DELETE FROM remembered WHERE portfolio = ?", (portfolio,))
    return len(waited)


def concerning(person: Person, messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return those messages that a person may see: of their portfolios, or of none."""
    return tuple(each for each in messages if _concerns(person, each))


def _concerns(person: Person, message: Message) -> bool:
    return not message.portfolio or person.may_see(message.portfolio)


def _follow(database: Database, delivery: Delivery, person: Person) -> tuple[QueueKey, ...]:
    """Move or take back one delivery; returns the lines that this changes."""
    to = person.address(delivery.channel) if _concerns(person, delivery.message) else ""
    if to == delivery.address:
        return ()
    if not to:
        database.execute(_TAKE_BACK, (delivery.number,))
        return (line_of(delivery),)
    database.execute(_MOVE, (to, delivery.number))
    return (line_of(delivery), line_of(replace(delivery, address=to)))
