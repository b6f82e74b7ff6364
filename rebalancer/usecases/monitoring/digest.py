"""The digest of the morning: what could wait, in one message a day for each person and channel."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from alerts.channels import CHANNELS
from alerts.delivery.recipients import concerning
from alerts.delivery.routing import Post
from alerts.preferences.choices import DIGEST_AT
from alerts.preferences.store import PreferenceStore
from alerts.texts.event_messages import digest_message
from portfolios.model.users import Person
from portfolios.store.completed_jobs import CompletedJobs
from portfolios.store.portfolio_store import Store
from portfolios.values.schedule import Due, daily


def send_digests(store: Store, people: Iterable[Person], *, now: datetime) -> int:
    """Write every digest that is due and has content; return how many.

    What was held back since this morning waits for the next one.
    """
    written = 0
    for person in people:
        due = daily(now, person.timezone, at=DIGEST_AT)
        written += sum(_sent(store, person, channel, due, now) for channel in sorted(CHANNELS))
    return written


def _sent(store: Store, person: Person, channel: str, due: Due, now: datetime) -> bool:
    kept = PreferenceStore(store.database)
    if not kept.held_back(person.name, channel, before=due.at, now=now):
        return False
    with store.database.transaction():
        # Read again inside: what another process has told by now is not told twice.
        held = kept.held_back(person.name, channel, before=due.at, now=now)
        job = f"digest:{channel}:{person.name}"
        if not held or not CompletedJobs(store.database).record(job, due.period, at=now):
            return False
        kept.drop_held_back(person.name, channel, before=due.at, now=now)
        told = concerning(person, held)
        if told:
            message = digest_message(person.name, told, day=due.period, now=now)
            # As if they had this channel alone: the others have their own digest.
            Post.of(store, now=now).send(message, [person.only_on(channel)])
    return bool(told)
