"""What waits for a person follows what they choose: a mute, its end, quiet hours, urgency."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.delivery.delivery import Delivery, released, worth_until
from alerts.delivery.queue import change, line_of, refresh_heads
from alerts.delivery.rows import delivery_from_row, moment
from alerts.preferences.choices import Preferences, Way, first_allowed
from alerts.preferences.store import PreferenceStore
from portfolios.model.users import Person
from portfolios.store.database import Database

_ALIVE = "SELECT * FROM deliveries WHERE person = ? AND ended_at IS NULL"
_TAKE_BACK = "DELETE FROM deliveries WHERE number = ?"
_PLACE = "UPDATE deliveries SET place = ?, expires_at = ?, is_silent = ? WHERE number = ?"


def reschedule(database: Database, person: Person, *, now: datetime) -> None:
    """Send what waits for a person when their preferences allow it, as part of saving these.

    What they hold back goes when they say, worth as long from then on; what nothing holds back any
    more goes at once; a kind that they turned off is taken back. What is being sent just now
    arrives, or is tried again when they say.

    Args:
        database: with the deliveries, and with what was chosen.
        person: with the time zone that counts where they chose none.
        now: the moment, aware.
    """
    with database.transaction():
        chosen = PreferenceStore(database).preferences(person.name)
        zone = chosen.timezone or person.timezone
        alive = [delivery_from_row(row) for row in database.rows(_ALIVE, (person.name,))]
        for each in alive:
            if _way(each, chosen) is Way.OFF:
                database.execute(_TAKE_BACK, (each.number,))
                refresh_heads(database, [line_of(each)])
            elif each.begun_at is None:
                _put(database, rescheduled(each, chosen, zone=zone, now=now), now)


def put_off(database: Database, delivery: Delivery, *, zone: str, now: datetime) -> bool:
    """Put off a delivery that its person holds back at the moment at which it would be sent.

    It may have become due before a mute or quiet hours began, or by a clock that was wrong.

    Args:
        database: with what was chosen.
        delivery: claimed, its send not begun.
        zone: that counts where the person chose none.
        now: the moment, aware.

    Returns:
        Whether it was put off.
    """
    chosen = PreferenceStore(database).preferences(delivery.person)
    after = rescheduled(delivery, chosen, zone=chosen.timezone or zone, now=now)
    if after.not_before <= now:
        return False
    _put(database, after, now)
    return True


def rescheduled(delivery: Delivery, chosen: Preferences, *, zone: str, now: datetime) -> Delivery:
    """Return a delivery whose send has not begun as it waits under what was chosen."""
    allowed = first_allowed(delivery.message.kind, chosen, now, zone)
    ends = worth_until(delivery.promise, made_at=delivery.created_at, due=allowed)
    if allowed <= now:
        ends = min(ends, delivery.expires_at)
        allowed = min(now, delivery.not_before)
    way = _way(delivery, chosen)
    is_silent = delivery.is_silent if way is None else way is Way.SILENT
    return replace(released(delivery, not_before=allowed), expires_at=ends, is_silent=is_silent)


def _way(delivery: Delivery, chosen: Preferences) -> Way | None:
    """Return how a person chose that its kind comes on its channel; None where they did not."""
    return chosen.chosen_way(delivery.message.kind, delivery.channel)


def _put(database: Database, delivery: Delivery, now: datetime) -> None:
    moments = (moment(delivery.not_before), moment(delivery.expires_at))
    database.execute(_PLACE, (*moments, int(delivery.is_silent), delivery.number))
    change(database, delivery, now)
    refresh_heads(database, [line_of(delivery)])
