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
    if not _missed(report, outbox, by_name, channels, at) and not outbox.given_up(since=at - NEWS):
        return False
    with database.transaction():
        # Read again inside: what another process has told by now is not told twice.
        missed = _missed(report, outbox, by_name, channels, at)
        told = [
            _tell(outbox, by_name[name], channel, other, deliveries, at)
            for (name, channel, other), deliveries in missed.items()
        ]
        _hold_back(outbox, by_name, channels, at)
    return any(told)


def _missed(
    report: DispatchReport,
    outbox: Outbox,
    people: Mapping[str, Person],
    channels: Mapping[str, ChannelTraits],
    at: datetime,
) -> Mapping[tuple[str, str, str], Sequence[Delivery]]:
    """Return by person, channel and the other channel that reaches them what did not come."""
    missed: dict[tuple[str, str], list[Delivery]] = {
        (name, gone.channel): [] for gone in report.gone for name in gone.people
    }
    for delivery in outbox.given_up(since=at - NEWS):
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


def _hold_back(
    outbox: Outbox,
    people: Mapping[str, Person],
    channels: Mapping[str, ChannelTraits],
    at: datetime,
) -> None:
    """Keep what was refused until it lapsed for the digest, where no other channel reaches."""
    for lapsed in outbox.given_up(since=at - NEWS):
        person = people.get(lapsed.person)
        if person is None or lapsed.state not in (State.EXPIRED, State.DEAD):
            continue
        if person.address(lapsed.channel) and not _another(person, lapsed.channel, channels):
            late = replace(lapsed.message, headline=f"{IN_VAIN}: {lapsed.message.headline}")
            PreferenceStore(outbox.database).hold_back(person.name, lapsed.channel, late, at=at)
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
