"""Tells people on one channel that another does not reach them, and what they missed there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from alerts.delivery.delivery import Delivery, compose
from alerts.delivery.outbox import Outbox
from alerts.delivery.sender import DispatchReport
from alerts.messages import Block, Kind, Message, Promise, Style
from alerts.preferences.choices import EMAIL, TELEGRAM
from portfolios.model.users import Person
from portfolios.store.database import Database

OTHER: Mapping[str, str] = {TELEGRAM: EMAIL, EMAIL: TELEGRAM}


def send_fallbacks(
    database: Database, people: Iterable[Person], report: DispatchReport, *, at: datetime
) -> bool:
    """Write what a run of the sender could not deliver for the other channel of each person.

    Args:
        database: of the outbox.
        people: everybody.
        report: of the run.
        at: the moment.

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
        _notice(by_name[name], channel, deliveries, at)
        for (name, channel), deliveries in sorted(missed.items())
        if name in by_name and by_name[name].address(OTHER[channel])
    ]
    return bool(Outbox(database).put(*found)) if found else False


def _notice(person: Person, channel: str, missed: list[Delivery], at: datetime) -> Delivery:
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
        channel=OTHER[channel],
        address=person.address(OTHER[channel]),
        promise=Promise.ONCE,
        now=at,
    )
