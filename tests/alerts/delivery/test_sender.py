"""The sender: what goes out when, and what becomes of it when channels fail."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from alerts.channels.channel import Channel
from alerts.channels.envelope import Envelope
from alerts.delivery.delivery import State
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.sender import AddressChanged, DispatchReport, Unreachable, deliver
from alerts.messages import Promise
from portfolios.errors import DeliveryError
from tests.alerts.delivery.delivery_examples import (
    HOUR,
    NOW,
    SECOND,
    Answer,
    Clock,
    Script,
    Tape,
    addressed,
    most_in_a_second,
    open_store,
)


@dataclass
class Room:
    outbox: Outbox
    clock: Clock
    limiter: RateLimiter

    def run(self, *channels: Channel, **given: object) -> DispatchReport:
        return deliver(
            self.outbox, {each.name: each for each in channels}, now=self.clock,
            sleep=self.clock.sleep, owner="a", limiter=self.limiter,
            random=np.random.default_rng(7).random, **given,
        )  # fmt: skip

    def states(self) -> dict[str, State]:
        return {each.message.key: each.state for each in self.outbox.find(limit=20_000)}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with open_store(tmp_path) as database:
        yield Room(Outbox(database), Clock(), RateLimiter())


def failing(error: Exception, times: int = 1_000_000) -> Script:
    return lambda envelope, count: error if count <= times else f"m{envelope.delivery}"


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


def test_a_repeat_says_that_it_may_be_one(room: Room) -> None:
    room.outbox.put(
        *(addressed(promise.value, address=promise, promise=promise) for promise in Promise)
    )
    lost = DeliveryError("the answer got lost", outcome_unknown=True)
    tape = Tape(room.clock, script=failing(lost, times=4))
    report = room.run(tape)
    sent = [(each.message.key, each.may_repeat) for _, each in tape.sent]
    assert [each for each in sent if not each[1]] == [
        (k, False) for k in ("must", "action", "once", "low")
    ]
    assert sorted(each for each in sent if each[1]) == [
        ("action", True),
        ("must", True),
        ("once", True),
    ]
    assert report.outcomes == {State.RETRY: 3, State.UNKNOWN: 1, State.SENT: 3}


@pytest.mark.parametrize(
    "error", [KeyError("bot123:SECRET"), ValueError("SECRET"), OSError("SECRET")]
)
def test_a_channel_that_breaks_its_word_loses_nothing(room: Room, error: Exception) -> None:
    room.outbox.put(addressed("a"), addressed("b", address="43"))
    tape = Tape(room.clock, script=failing(error, times=1))
    report = room.run(tape)
    assert report.outcomes == {State.RETRY: 1, State.SENT: 2}
    assert "SECRET" not in "".join(room.outbox.database.connection.iterdump())


def test_refused_credentials_stop_that_channel_alone_and_are_told_once(room: Room) -> None:
    room.outbox.put(*(addressed(f"t{i}", address=f"{i}") for i in range(30)))
    room.outbox.put(*(addressed(f"e{i}", address=f"{i}", channel="email") for i in range(30)))
    refused = Tape(room.clock, script=failing(DeliveryError("token refused", channel_down=True)))
    email = Tape(room.clock, "email")
    report = room.run(refused, email)
    assert report.stopped == {"telegram": "token refused"}
    assert len(refused.sent) == 1
    assert len(email.sent) == 30
    waiting = [each for each in room.outbox.find() if each.state.is_alive]
    assert [(each.attempts, each.copies) for each in waiting] == [(0, 0)] * 30
    assert room.run(Tape(room.clock)).outcomes == {State.SENT: 30}


def test_somebody_out_of_reach_is_to_be_told_another_way(room: Room) -> None:
    room.outbox.put(*(addressed(f"{i}") for i in range(5)), addressed("other", address="43"))
    gone = DeliveryError("blocked", permanent=True, address_gone=True)
    tape = Tape(room.clock, script=lambda envelope, _: gone if envelope.address == "42" else "m")
    report = room.run(tape)
    assert report.gone == (Unreachable(("p42",), "telegram", "42", "blocked"),)
    given_up = room.outbox.given_up(since=NOW)
    assert [each.message.key for each in given_up] == ["0", "1", "2", "3", "4"]
    assert sorted(tape.keys) == ["0", "other"]


def test_an_address_that_moved_is_changed_everywhere_in_one_unit(room: Room) -> None:
    room.outbox.put(*(addressed(f"{i}", address="-5") for i in range(3)))
    upgraded = DeliveryError("upgraded", moved_to="-1005")
    tape = Tape(
        room.clock, script=lambda envelope, _: upgraded if envelope.address == "-5" else "m"
    )
    seen: list[tuple[AddressChanged, bool]] = []
    report = room.run(
        tape,
        on_moved=lambda moved: seen.append((moved, room.outbox.database.connection.in_transaction)),
    )
    assert report.moved == (AddressChanged("p-5", "telegram", "-5", "-1005"),)
    assert seen == [(report.moved[0], True)]
    assert [each.address for _, each in tape.sent] == ["-5"] + ["-1005"] * 3
    assert tape.keys == ["0", "0", "1", "2"]


def test_a_channel_that_is_down_for_a_day_is_not_flooded_when_it_is_back(room: Room) -> None:
    for promise in Promise:
        room.outbox.put(
            *(
                addressed(f"{promise}{i}", address=f"{promise}{i}", promise=promise)
                for i in range(50)
            )
        )
    tape = Tape(room.clock)
    lapsed = [len(room.outbox.expire(NOW + hours * HOUR)) for hours in (6, 7)]
    assert lapsed == [100, 50]
    room.clock.now = NOW + 24 * HOUR
    report = room.run(tape)
    assert report.outcomes == {State.SENT: 50}
    assert {each.message.key[:4] for _, each in tape.sent} == {"once"}
    assert most_in_a_second([at for at, _ in tape.sent]) <= 25
    assert len(room.outbox.given_up(since=NOW)) == 50


def serve(room: Room, tape: Tape, *, hours: float) -> None:
    """Send as a service does, which looks at the outbox again and again."""
    end = room.clock.now + hours * HOUR
    while room.clock.now <= end:
        due = room.run(tape, until_empty=False).next_due
        room.clock.now = max(room.clock.now + SECOND, min(due or end, end))


@pytest.mark.parametrize("minutes", [1, 5, 15, 60, 240])
@pytest.mark.parametrize("promise", [Promise.MUST, Promise.ONCE, Promise.ACTION])
def test_who_refuses_strangers_for_a_while_is_reached_once_that_is_over(
    room: Room, promise: Promise, minutes: int
) -> None:
    opens = NOW + minutes * 60 * SECOND
    room.outbox.put(addressed(promise=promise, expires_at=NOW + 6 * HOUR))

    def greylisting(envelope: Envelope, _: int) -> Answer:
        is_early = room.clock.now < opens
        return DeliveryError("refused for now (451)") if is_early else "m"

    tape = Tape(room.clock, script=greylisting)
    serve(room, tape, hours=minutes / 60 + 0.6)
    assert room.states() == {"zone:core:red": State.SENT}
    assert len(tape.sent) <= 40
    assert not any(envelope.may_repeat for _, envelope in tape.sent)


def test_what_is_refused_to_its_end_ends_with_its_time_and_says_why(room: Room) -> None:
    room.outbox.put(addressed())
    tape = Tape(room.clock, script=failing(DeliveryError("500")))
    serve(room, tape, hours=6.1)
    (ended,) = room.outbox.find()
    assert (ended.state, ended.reason) == (State.EXPIRED, "too late; 500")
    assert NOW + 5.4 * HOUR < max(at for at, _ in tape.sent) < NOW + 6 * HOUR


def test_a_message_that_is_refused_for_itself_holds_up_the_next_for_minutes_only(
    room: Room,
) -> None:
    room.outbox.put(addressed("bad"))
    bad = DeliveryError("400 something never heard of")
    tape = Tape(room.clock, script=lambda each, _: bad if each.message.key == "bad" else "m")
    for hour in range(4):
        room.outbox.put(addressed(f"{hour}", at=room.clock.now))
        serve(room, tape, hours=1)
    assert {key for key, state in room.states().items() if state is State.SENT} == set("0123")
    late = [at for at, each in tape.sent if each.message.key == "0"]
    assert late[0] < NOW + 10 * 60 * SECOND
    assert len(tape.sent) > 12  # the other is still tried


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


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.campaign)])
def test_a_poor_line_loses_nothing_and_flags_every_repeat(room: Room, count: int) -> None:
    """Of all sends 10% fail, 5% are reset, and of 2% the answer is lost."""
    chance, arrived = np.random.default_rng(3), []

    def poor(envelope: Envelope, _: int) -> Answer:
        luck = chance.random()
        if luck < 0.10:
            return DeliveryError("502")
        if luck < 0.15:
            return DeliveryError("reset", outcome_unknown=True)
        arrived.append((envelope.message.key, envelope.may_repeat))
        lost = DeliveryError("the answer got lost", outcome_unknown=True)
        return lost if luck < 0.17 else f"m{envelope.delivery}"

    with room.outbox.database.transaction():
        for i in range(count):
            room.outbox.put(addressed(f"{i}", address=f"{i}", promise=Promise.ONCE))
    report = room.run(Tape(room.clock, script=poor))
    states = room.states()
    told = {key for key, _ in arrived}
    ended = {State.SENT, State.UNKNOWN, State.DEAD}
    assert set(states.values()) <= ended
    assert {key for key, state in states.items() if state is State.SENT} <= told
    seen: set[str] = set()
    unflagged = []
    for key, may_repeat in arrived:
        if key in seen and not may_repeat:
            unflagged.append(key)
        seen.add(key)
    most = max(Counter(key for key, _ in arrived).values())
    attempts = max(each.attempts for each in room.outbox.find(limit=count))
    print(
        f"{count}: {report.outcomes}; {len(arrived) - len(told)} repeats, most copies {most}, "
        f"most attempts {attempts}, never arrived {count - len(told)} (all of them marked unknown)"
    )
    assert unflagged == []
    assert most <= 2
    assert {states[f"{i}"] for i in range(count) if f"{i}" not in told} <= {State.UNKNOWN}


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
