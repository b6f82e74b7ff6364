"""A clock that only moves when told, and a channel that keeps what it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.channels.envelope import Envelope
from alerts.delivery.delivery import Delivery, compose
from alerts.messages import Kind, Message, Promise
from alerts.migrations import ALERTS
from portfolios.store.database import Database, open_database
from portfolios.store.migrations import PORTFOLIOS

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def open_store(folder: Path) -> Database:
    return open_database(folder / "rebalancer.db", migrations=(PORTFOLIOS, ALERTS))


def message(key: str = "zone:core:red") -> Message:
    return Message(Kind.ZONE_RED, key, f"Core needs a look ({key})", NOW, portfolio="core")


def addressed(
    key: str = "zone:core:red",
    *,
    address: str = "42",
    promise: Promise = Promise.MUST,
    channel: str = "telegram",
    at: datetime = NOW,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    answers: str = "",
) -> Delivery:
    until = at + HOUR if promise is Promise.ACTION and expires_at is None else expires_at
    return compose(
        message(key), person=f"p{address}", channel=channel, address=address, promise=promise,
        now=at, not_before=not_before, expires_at=until, answers=answers,
    )  # fmt: skip


@dataclass
class Clock:
    """Time that passes only by sleeping."""

    now: datetime = NOW
    naps: int = 0

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.naps += 1
        self.now += timedelta(seconds=seconds)


Answer = str | Exception
Script = Callable[[Envelope, int], Answer]


@dataclass
class Tape:
    """A channel that keeps every send; the script says how the n-th send to it ends."""

    clock: Callable[[], datetime]
    name: str = "telegram"
    script: Script = lambda envelope, _: f"m{envelope.delivery}"
    sent: list[tuple[datetime, Envelope]] = field(default_factory=list)

    def send(self, envelope: Envelope) -> str:
        self.sent.append((self.clock(), envelope))
        answer = self.script(envelope, len(self.sent))
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def keys(self) -> list[str]:
        return [envelope.message.key for _, envelope in self.sent]


def most_in_a_second(moments: list[datetime]) -> int:
    """Count the most of the moments, in order, that any window of one second holds."""
    first = most = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - SECOND:
            first += 1
        most = max(most, last - first + 1)
    return most
