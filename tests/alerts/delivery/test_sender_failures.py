"""The sender where channels fail: what is tried again, given up, or told another way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from alerts.channels.envelope import Envelope
from alerts.delivery.delivery import State
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.sender import AddressChanged, Unreachable
from alerts.messages import Promise
from portfolios.errors import DeliveryError
from tests.alerts.delivery.delivery_examples import (
    HOUR,
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
    assert lapsed == [50, 100]  # what could not wait was given an hour more, untried as it was
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
