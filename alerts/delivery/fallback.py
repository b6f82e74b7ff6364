"""Tells people on one channel, or in the digest, what another failed to bring them in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.channels import CHANNELS, channels_reaching
from alerts.channels.channel import ChannelTraits
from alerts.delivery.delivery import Delivery, State, compose
from alerts.delivery.outbox import Outbox
from alerts.delivery.sender import DispatchReport
from alerts.messages import Block, Kind, Message, Promise, Style
from alerts.preferences.choices import first_allowed
from alerts.preferences.store import PreferenceStore
from portfolios.model.users import Person
from portfolios.store.database import Database

Untold = tuple[str, str, str]
"""A person, the channel that failed, and the one that reaches them."""
DIGEST = "digest"
"""What tells of a delivery where no channel does at once."""
IN_VAIN = "did not reach you in time"
NEWS = timedelta(days=1)
"""What was given up longer ago is no news any more, such as to who gave a mail address today."""


def send_fallbacks(
    database: Database,
    people: Iterable[Person],
    report: DispatchReport,
    *,
    at: datetime,
    channels: Mapping[str, ChannelTraits] = CHANNELS,
) -> bool:
    """Write what a run of the sender could not deliver for another channel of each person.

    Each delivery is told of once, also one that was written for an address which was closed before.

    Args:
        database: of the outbox.
        people: everybody.
        report: of the run.
        at: the moment.
        channels: by name; the first other one that reaches a person is taken.

    Returns:
        Whether anything was written.
    """
    by_name, outbox = {person.name: person for person in people}, Outbox(database)

    def untold() -> tuple[Mapping[Untold, Sequence[Delivery]], Sequence[Delivery]]:
        given_up = outbox.given_up(since=at - NEWS)
        return _missed(report, given_up, by_name, channels), _in_vain(given_up, by_name, channels)

    if not any(untold()):
        return False
    with database.transaction():
        # Read again inside: what another process has told by now is not told twice.
        missed, in_vain = untold()
        told = [
            _tell(outbox, by_name[name], channel, other, deliveries, at)
            for (name, channel, other), deliveries in missed.items()
        ]
        for lapsed in in_vain:
            _hold_back(outbox, lapsed, at)
    return any(told)


def _missed(
    report: DispatchReport,
    given_up: Iterable[Delivery],
    people: Mapping[str, Person],
    channels: Mapping[str, ChannelTraits],
) -> Mapping[Untold, Sequence[Delivery]]:
    """Return by person, channel and the other channel that reaches them what did not come."""
    missed: dict[tuple[str, str], list[Delivery]] = {
        (name, gone.channel): [] for gone in report.gone for name in gone.people
    }
    for delivery in given_up:
        missed.setdefault((delivery.person, delivery.channel), []).append(delivery)
    return {
        (name, channel, other.name): deliveries
        for (name, channel), deliveries in sorted(missed.items())
        if name in people and (other := _another(people[name], channel, channels))
    }


def _tell(
    outbox: Outbox,
    person: Person,
    channel: str,
    other: str,
    missed: Sequence[Delivery],
    at: datetime,
) -> bool:
    chosen = PreferenceStore(outbox.database).preferences(person.name)
    message = _notice(channel, missed, at)
    notice = compose(
        message,
        person=person.name,
        channel=other,
        address=person.address(other),
        promise=Promise.ONCE,
        now=at,
        not_before=first_allowed(message.kind, chosen, at, person.timezone),
    )
    outbox.told_by(other, missed)
    return bool(outbox.put(notice))


def _in_vain(
    given_up: Iterable[Delivery],
    people: Mapping[str, Person],
    channels: Mapping[str, ChannelTraits],
) -> list[Delivery]:
    """Return what was refused until it lapsed, where no other channel reaches."""
    return [
        each
        for each in given_up
        if each.state in (State.EXPIRED, State.DEAD)
        and (person := people.get(each.person))
        and person.address(each.channel)
        and not _another(person, each.channel, channels)
    ]


def _hold_back(outbox: Outbox, lapsed: Delivery, at: datetime) -> None:
    """Keep a message for the digest, which says that it came too late."""
    late = replace(lapsed.message, headline=f"{IN_VAIN}: {lapsed.message.headline}")
    PreferenceStore(outbox.database).hold_back(lapsed.person, lapsed.channel, late, at=at)
    outbox.told_by(DIGEST, [lapsed])


def _another(
    person: Person, channel: str, channels: Mapping[str, ChannelTraits]
) -> ChannelTraits | None:
    reaching = channels_reaching(person, channels)
    return next((other for other in reaching if other.name != channel), None)


def _notice(channel: str, missed: Sequence[Delivery], at: datetime) -> Message:
    lines = [delivery.message.headline for delivery in missed]
    blocks = [Block(Style.BULLETS, items=tuple(lines))] if lines else []
    numbers = "-".join(str(delivery.number) for delivery in missed)
    return Message(
        kind=Kind.ZONE_RED if missed else Kind.DIGEST,
        key=f"unreached:{channel}:{numbers or at.date().isoformat()}",
        headline=f"{channel.capitalize()} does not reach you",
        as_of=at,
        blocks=(
            Block(Style.TEXT, f"Messages on {channel} come back. This is what could not wait:")
            if lines
            else Block(Style.TEXT, f"Messages on {channel} come back; nothing urgent was missed."),
            *blocks,
        ),
    )
