"""Sends a message on its way: to each person it concerns, as they chose, in the caller's unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.channels import CHANNELS, channels_reaching, default_ways
from alerts.channels.channel import ChannelTraits
from alerts.delivery.delivery import compose, worth_until
from alerts.delivery.outbox import Outbox
from alerts.delivery.rows import moment
from alerts.messages import Kind, Message, Picture, Promise
from alerts.preferences.choices import LIMITED, Preferences, Route, route
from alerts.preferences.personalise import personal, wording_of
from alerts.preferences.store import PreferenceStore
from portfolios.model.users import Person
from portfolios.store.portfolio_store import Store
from portfolios.values.time import SLACK

PROMISES: Mapping[Kind, Promise] = {
    Kind.ZONE_RED: Promise.MUST,
    Kind.RULE: Promise.MUST,
    Kind.DATA: Promise.ONCE,
    Kind.DECISION: Promise.MUST,
    Kind.PROPOSAL: Promise.ACTION,
    Kind.WEEKLY: Promise.ONCE,
    Kind.TEST: Promise.LOW,
}
"""What is promised of each kind; of the others, `ONCE`."""
DAY = timedelta(hours=24)
# On several channels a message is one; written later than now means by a clock that was ahead.
_MARKS = ", ".join("?" * len(LIMITED))
_SENT = f"""
SELECT count(DISTINCT json_extract(document, '$.key')) AS sent FROM deliveries
WHERE person = ? AND created_at > ? AND created_at <= ? AND kind IN ({_MARKS})
"""  # noqa: S608 - made of constants


class Post:
    """Puts messages into the outbox; every verb is part of the caller's transaction.

    Args:
        outbox: where they wait to be sent.
        preferences: of people.
        now: the moment, aware.
        channels: by name.
    """

    def __init__(
        self,
        outbox: Outbox,
        preferences: PreferenceStore,
        *,
        now: datetime,
        channels: Mapping[str, ChannelTraits] = CHANNELS,
    ) -> None:
        self._outbox, self._preferences, self._now = outbox, preferences, now
        self._channels = {name: channels[name] for name in sorted(channels)}

    @classmethod
    def of(cls, store: Store, *, now: datetime) -> Post:
        """Return the post of a database that has the tables of alerts."""
        return cls(Outbox(store.database), PreferenceStore(store.database), now=now)

    def send(
        self,
        message: Message,
        people: Iterable[Person],
        *,
        pictures: Sequence[Picture] = (),
        answers: str = "",
    ) -> int:
        """Address a message to people.

        Args:
            message: what is told.
            people: whom it concerns.
            pictures: that belong to it.
            answers: key of an earlier message that this one belongs to.

        Returns:
            How many deliveries are new.
        """
        return sum(self._send(message, person, pictures, answers) for person in people)

    def reaches(self, kind: Kind, person: Person) -> bool:
        """Tell whether a message of this kind would be written to somebody, or kept for them."""
        return bool(self._routes(kind, person))

    def _routes(self, kind: Kind, person: Person) -> Sequence[Route]:
        return route(
            kind,
            self._preferences.preferences(person.name),
            default_ways(kind, channels_reaching(person, self._channels)),
            now=self._now,
            zone=person.timezone,
            sent_today=self._sent_today(person),
        )

    def _send(
        self, message: Message, person: Person, pictures: Sequence[Picture], answers: str
    ) -> int:
        routes = self._routes(message.kind, person)
        told = as_wanted(message, person, self._preferences.preferences(person.name))
        return sum(self._on(one, message, told, person, pictures, answers) for one in routes)

    def _on(
        self,
        one: Route,
        message: Message,
        told: Message,
        person: Person,
        pictures: Sequence[Picture],
        answers: str,
    ) -> int:
        if one.is_digest:
            # As it was made: the digest is worded when it is composed.
            self._preferences.hold_back(person.name, one.channel, message, at=self._now)
            return 0
        channel = self._channels[one.channel]
        promise = PROMISES.get(message.kind, Promise.ONCE)
        delivery = compose(
            told,
            person=person.name,
            channel=one.channel,
            address=channel.address_of(person),
            promise=promise,
            now=self._now,
            not_before=one.not_before,
            expires_at=worth_until(promise, made_at=self._now, due=one.not_before),
            is_silent=one.is_silent,
            pictures=pictures if message.kind in channel.carries_pictures else (),
            answers=f"{answers}:{person.name}:{one.channel}" if answers else "",
        )
        return len(self._outbox.put(delivery))

    def _sent_today(self, person: Person) -> int:
        span = (moment(self._now - DAY), moment(self._now + SLACK))
        row = self._outbox.database.row(_SENT, (person.name, *span, *sorted(LIMITED)))
        return int(row["sent"]) if row else 0


def as_wanted(message: Message, person: Person, chosen: Preferences) -> Message:
    """Return a message as its receiver wants it; what is sent to a group has nothing to press."""
    told = personal(message, wording_of(chosen, is_group=person.is_group))
    return replace(told, buttons=()) if person.is_group else told
