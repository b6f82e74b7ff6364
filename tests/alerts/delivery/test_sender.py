"""The sender: what goes out when, in which order and at which pace."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from alerts.channels.envelope import Envelope
from alerts.delivery.delivery import State
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.sender import DispatchReport, deliver
from alerts.messages import Promise
from portfolios.errors import DeliveryError
from tests.alerts.delivery.delivery_examples import (
    NOW,
    SECOND,
    Answer,
    Clock,
    Tape,
    addressed,
    most_in_a_second,
    open_store,
)
from tests.alerts.delivery.sender_examples import Room, failing


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with open_store(tmp_path) as database:
        yield Room(Outbox(database), Clock(), RateLimiter())


def test_everything_is_told_once_and_its_receipt_kept(room: Room) -> None:
    room.outbox.put(*(addressed(f"{i}", address=f"{i}") for i in range(40)))
    tape = Tape(room.clock)
    report = room.run(tape)
    assert report == DispatchReport({State.SENT: 40}, {}, (), (), None)
    assert sorted(tape.keys, key=int) == [f"{i}" for i in range(40)]
    assert {each.receipt for each in room.outbox.find()} == {f"m{i}" for i in range(1, 41)}
    assert room.run(tape).outcomes == {}


def test_no_transaction_is_open_while_a_channel_works(room: Room) -> None:
    def watch(envelope: Envelope, _: int) -> Answer:
        assert not room.outbox.database.connection.in_transaction
        return "m"

    room.outbox.put(addressed())
    assert room.run(Tape(room.clock, script=watch)).outcomes == {State.SENT: 1}


def test_something_urgent_waits_for_one_send_at_most(room: Room) -> None:
    def surprise(envelope: Envelope, count: int) -> Answer:
        if count == 2:
            room.outbox.put(addressed("urgent", address="99", at=room.clock.now))
        return "m"

    room.outbox.put(*(addressed(f"{i}", address=f"{i}", promise=Promise.ONCE) for i in range(8)))
    tape = Tape(room.clock, script=surprise)
    room.run(tape)
    assert tape.keys == ["0", "1", "urgent", "2", "3", "4", "5", "6", "7"]


def test_sixty_messages_to_one_address_keep_order_and_pace(room: Room) -> None:
    room.outbox.put(*(addressed(f"{i}", promise=Promise.ONCE) for i in range(60)))
    tape = Tape(room.clock)
    room.run(tape)
    assert tape.keys == [f"{i}" for i in range(60)]
    assert most_in_a_second([at for at, _ in tape.sent]) == 3
    assert room.clock.now - NOW >= 57 * SECOND


def test_one_address_asked_to_wait_delays_nobody_else(room: Room) -> None:
    def flood(envelope: Envelope, _: int) -> Answer:
        is_early = envelope.address == "7" and room.clock.now < NOW + 30 * SECOND
        return DeliveryError("429", retry_after=30) if is_early else "m"

    room.outbox.put(*(addressed(f"{i}", address=f"{i}", promise=Promise.ONCE) for i in range(100)))
    tape = Tape(room.clock, script=flood)
    report = room.run(tape)
    assert report.outcomes == {State.RETRY: 1, State.SENT: 100}
    to_seven = [at for at, envelope in tape.sent if envelope.address == "7"]
    assert len(to_seven) == 2
    assert to_seven[1] >= NOW + 30 * SECOND
    others = [at for at, envelope in tape.sent if envelope.address != "7"]
    assert others[-1] - NOW < 4.2 * SECOND
    assert room.outbox.find(person="p7")[0].attempts == 1


def test_what_is_due_much_later_is_left_for_another_run(room: Room) -> None:
    later = NOW + 400 * SECOND
    room.outbox.put(addressed(not_before=later))
    tape = Tape(room.clock)
    assert room.run(tape).next_due == later
    assert (tape.sent, room.clock.now) == ([], NOW)
    assert room.run(tape, patience=401 * SECOND).outcomes == {State.SENT: 1}


def test_a_run_that_does_not_wait_never_sleeps_for_a_retry(room: Room) -> None:
    room.outbox.put(addressed())
    report = room.run(Tape(room.clock, script=failing(DeliveryError("502"))), until_empty=False)
    assert report.outcomes == {State.RETRY: 1}
    assert room.clock.naps == 0


def test_a_sender_told_to_stop_begins_nothing_more_and_gives_back_the_rest(room: Room) -> None:
    room.outbox.put(*(addressed(f"{i}", address=f"{i}") for i in range(9)))
    tape = Tape(room.clock)
    room.run(tape, is_stopping=lambda: len(tape.sent) >= 4)
    assert len(tape.sent) == 4
    assert room.outbox.summary().deliveries == {State.SENT: 4, State.PENDING: 5}


def test_an_interrupted_sender_gives_back_what_it_had_not_begun(room: Room) -> None:
    def interrupt(envelope: Envelope, count: int) -> Answer:
        if count == 3:
            raise KeyboardInterrupt
        return "m"

    room.outbox.put(*(addressed(f"{i}", address=f"{i}") for i in range(9)))
    with pytest.raises(KeyboardInterrupt):
        room.run(Tape(room.clock, script=interrupt))
    assert room.outbox.summary().deliveries == {State.SENT: 2, State.SENDING: 1, State.PENDING: 6}


@dataclass
class Crowd:
    """Many recipients whose sends take time, while urgent messages come up at planned moments."""

    outbox: Outbox
    clock: Clock
    planned: list[datetime]
    addresses: int
    name: str = "telegram"
    chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(5))
    bulk: list[datetime] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def pass_time(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        while self.planned and self.planned[-1] <= self.clock.now:
            at = self.planned.pop()
            address = f"{self.chance.integers(self.addresses)}"
            self.outbox.put(addressed(f"must {at}", address=address, at=at))

    def send(self, envelope: Envelope) -> str:
        if envelope.message.key.startswith("must"):
            (delivery,) = self.outbox.find(person=f"p{envelope.address}", limit=1)
            self.waits.append((self.clock.now - delivery.created_at).total_seconds())
        else:
            self.bulk.append(self.clock.now)
        self.pass_time(self.chance.uniform(0.001, 0.06))
        return "m"


@pytest.mark.parametrize("count", [1_000, pytest.param(100_000, marks=pytest.mark.campaign)])
def test_urgent_messages_overtake_a_run_to_everybody(room: Room, count: int) -> None:
    span = count / 25
    chance = np.random.default_rng(9)
    moments = [NOW + timedelta(seconds=chance.random() * span) for _ in range(count // 50)]
    crowd = Crowd(room.outbox, room.clock, sorted(moments, reverse=True), count)
    for first in range(0, count, 1000):
        room.outbox.put(
            *(
                addressed(f"{i}", address=f"{i}", promise=Promise.ONCE)
                for i in range(first, first + 1000)
            )
        )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = deliver(
        room.outbox, {"telegram": crowd}, now=room.clock, sleep=crowd.pass_time, owner="a",
        limiter=room.limiter,
    )  # fmt: skip
    crowd.waits.sort()
    late = crowd.waits[int(len(crowd.waits) * 0.99)]
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{count} recipients: {(room.clock.now - NOW) / timedelta(minutes=1):.1f} min, "
        f"most in a second {most_in_a_second(crowd.bulk)}, urgent {len(crowd.waits)} "
        f"p99 {late:.3f} s, most {crowd.waits[-1]:.3f} s, memory {megabytes:.0f} MB"
    )
    assert report.outcomes == {State.SENT: count + count // 50}
    assert most_in_a_second(crowd.bulk) <= 25
    assert late < 2
    assert megabytes < 300
