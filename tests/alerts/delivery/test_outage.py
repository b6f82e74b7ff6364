"""A channel that is down for a day: nothing urgent is lost, nothing stale is sent, no flood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.channels.envelope import Envelope
from alerts.delivery.delivery import State, compose
from alerts.delivery.fallback import send_fallbacks
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.sender import DispatchReport, deliver
from alerts.messages import Kind, Message, Promise
from alerts.migrations import ALERTS
from portfolios.errors import DeliveryError
from portfolios.model.users import Person
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS

START = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY = timedelta(hours=24)
COUNT = 200


class Line:
    """A channel on a made-up clock, out of order for a day."""

    name = "telegram"

    def __init__(self) -> None:
        self.now = START
        self.sent: list[tuple[datetime, Envelope]] = []
        self.tries = 0

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def send(self, envelope: Envelope) -> str:
        self.tries += 1
        if self.now < START + DAY:
            raise DeliveryError("Telegram could not be reached", unreached=True)
        self.sent.append((self.now, envelope))
        return "1"


def test_a_day_without_telegram(tmp_path: Path) -> None:
    line, limiter = Line(), RateLimiter()
    people = tuple(
        Person(f"p{n}", addresses={"email": f"p{n}@example.org", "telegram": str(n + 1)})
        for n in range(COUNT)
    )
    with open_database(tmp_path / "o.db", migrations=(PORTFOLIOS, ALERTS)) as database:
        outbox = Outbox(database)
        with database.transaction():
            for person in people:
                for promise in (Promise.MUST, Promise.ONCE, Promise.LOW):
                    message = Message(Kind.TEST, promise.value, f"{promise.value} news", START)
                    outbox.put(
                        compose(
                            message, person=person.name, channel="telegram",
                            address=person.address("telegram"), promise=promise, now=START,
                        )
                    )  # fmt: skip
        reports: list[DispatchReport] = []
        while line.now < START + timedelta(hours=26):
            reports.append(
                deliver(
                    outbox, {"telegram": line}, now=line.clock, sleep=line.sleep, owner="a",
                    limiter=limiter, until_empty=False,
                )
            )  # fmt: skip
            send_fallbacks(database, people, reports[-1], at=line.now)
            line.now += timedelta(minutes=5)
        told = [d for d in outbox.find(limit=5_000) if d.channel == "email"]
        states = {
            promise: {d.state for d in outbox.find(limit=5_000) if d.promise is promise}
            for promise in (Promise.MUST, Promise.LOW)
        }
    assert line.tries - len(line.sent) < 26 * 12 * 3 + 10  # a few tries a round, whoever waits
    assert states == {Promise.MUST: {State.EXPIRED}, Promise.LOW: {State.EXPIRED}}
    assert {d.person for d in told} == {person.name for person in people}
    assert all("must news" in str(d.message.blocks) for d in told)
    assert [e.message.key for _, e in line.sent] == ["once"] * COUNT
    times = [at for at, _ in line.sent]
    for at in times:
        assert sum(at <= other < at + timedelta(seconds=1) for other in times) <= 25
