"""Tells people on one channel that another does not reach them, and what they missed there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from alerts.channels import CHANNELS, channels_reaching
from alerts.channels.channel import ChannelTraits
from alerts.delivery.delivery import Delivery, compose
from alerts.delivery.outbox import Outbox
from alerts.delivery.sender import DispatchReport
from alerts.messages import Block, Kind, Message, Promise, Style
from portfolios.model.users import Person
from portfolios.store.database import Database


def send_fallbacks(
    database: Database,
    people: Iterable[Person],
    report: DispatchReport,
    *,
    at: datetime,
    channels: Mapping[str, ChannelTraits] = CHANNELS,
) -> bool:
    """Write what a run of the sender could not deliver for another channel of each person.

    Args:
        database: of the outbox.
        people: everybody.
        report: of the run.
        at: the moment.
        channels: by name; the first other one that reaches a person is taken.

    Returns:
        Whether anything was written.
    """
    by_name = {person.name: person for person in people}
    missed: dict[tuple[str, str], list[Delivery]] = {}
    for gone in report.gone:
        for name in gone.people:
            missed.setdefault((name, gone.channel), [])
    for delivery in report.given_up:
        missed.setdefault((delivery.person, delivery.channel), []).append(delivery)
    found = [
        _notice(by_name[name], channel, other, deliveries, at)
        for (name, channel), deliveries in sorted(missed.items())
        if name in by_name and (other := _another(by_name[name], channel, channels))
    ]
    return bool(Outbox(database).put(*found)) if found else False


def _another(
    person: Person, channel: str, channels: Mapping[str, ChannelTraits]
) -> ChannelTraits | None:
    reaching = channels_reaching(person, channels)
    return next((other for other in reaching if other.name != channel), None)


def _notice(
    person: Person, channel: str, other: ChannelTraits, missed: list[Delivery], at: datetime
) -> Delivery:
    lines = [delivery.message.headline for delivery in missed]
    blocks = [Block(Style.BULLETS, items=tuple(lines))] if lines else []
    message = Message(
        kind=Kind.DATA,
        key=f"unreached:{channel}:{at.date().isoformat()}:{len(lines)}",
        headline=f"{channel.capitalize()} does not reach you",
        as_of=at,
        blocks=(
            Block(Style.TEXT, f"Messages on {channel} come back. This is what could not wait:")
            if lines
            else Block(Style.TEXT, f"Messages on {channel} come back; nothing urgent was missed."),
            *blocks,
        ),
    )
    return compose(
        message,
        person=person.name,
        channel=other.name,
        address=other.address_of(person),
        promise=Promise.ONCE,
        now=at,
    )
