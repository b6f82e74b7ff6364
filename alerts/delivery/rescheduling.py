"""What waits for a person follows what they choose: a mute, its end, quiet hours, urgency."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.delivery.delivery import Delivery, released, worth_until
from alerts.delivery.queue import change, line_of, refresh_heads
from alerts.delivery.rows import delivery_from_row, moment
from alerts.preferences.choices import Preferences, first_allowed
from alerts.preferences.store import PreferenceStore
from portfolios.model.users import Person
from portfolios.store.database import Database

_WAITING = """
SELECT * FROM deliveries WHERE person = ? AND ended_at IS NULL AND begun_at IS NULL
"""
_PLACE = "UPDATE deliveries SET place = ?, expires_at = ? WHERE number = ?"


def reschedule(database: Database, person: Person, *, now: datetime) -> None:
    """Send what waits for a person when their preferences allow it, as part of saving these.

    What they hold back goes when they say, worth as long from then on; what nothing holds back any
    more goes at once. What is being sent just now arrives.

    Args:
        database: with the deliveries, and with what was chosen.
        person: with the time zone that counts where they chose none.
        now: the moment, aware.
    """
    with database.transaction():
        chosen = PreferenceStore(database).preferences(person.name)
        zone = chosen.timezone or person.timezone
        waiting = map(delivery_from_row, database.rows(_WAITING, (person.name,)))
        for each in [rescheduled(each, chosen, zone=zone, now=now) for each in waiting]:
            place = (moment(each.not_before), moment(each.expires_at), each.number)
            database.execute(_PLACE, place)
            change(database, each, now)
            refresh_heads(database, [line_of(each)])


def rescheduled(delivery: Delivery, chosen: Preferences, *, zone: str, now: datetime) -> Delivery:
    """Return a delivery whose send has not begun as it waits under what was chosen."""
    allowed = first_allowed(delivery.message.kind, chosen, now, zone)
    ends = worth_until(delivery.promise, made_at=delivery.created_at, due=allowed)
    if allowed <= now:
        ends = min(ends, delivery.expires_at)
        allowed = min(now, delivery.not_before)
    return replace(released(delivery, not_before=allowed), expires_at=ends)
