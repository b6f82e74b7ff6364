"""A clock that was ahead and is set right loses nothing, and lets nobody wait for its dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.envelope import Envelope
from alerts.delivery.delivery import State
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.sender import DispatchReport, deliver
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
    open_store,
)
from tests.examples import examples

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
BUSY = DeliveryError("429", retry_after=30)
ANSWERS: dict[str, Answer] = {
    "taken": "m",
    "busy": BUSY,
    "in trouble": DeliveryError("502"),
    "answer lost": DeliveryError("the answer got lost", outcome_unknown=True),
    "out of reach": DeliveryError("no route", unreached=True),
}


def always(answer: Answer) -> Script:
    return lambda _envelope, _count: answer


@dataclass
class Machine:
    """An outbox on a machine whose clock somebody sets."""

    outbox: Outbox
    clock: Clock = field(default_factory=Clock)
    arrived: set[str] = field(default_factory=set)
    cut_short: Counter[str] = field(default_factory=Counter)
    """How often a sender died after it had begun to send a message."""

    def send(
        self, answer: Answer = "m", *, patience: timedelta = timedelta(seconds=20)
    ) -> DispatchReport:
        def script(envelope: Envelope, _: int) -> Answer:
            is_there = isinstance(answer, str) or getattr(answer, "outcome_unknown", False)
            self.arrived |= {envelope.message.key} if is_there else set()
            return answer

        tape = Tape(self.clock, script=script)
        return deliver(
            self.outbox, {tape.name: tape}, now=self.clock, sleep=self.clock.sleep, owner="a",
            limiter=RateLimiter(), random=lambda: 0.5, patience=patience,
        )  # fmt: skip

    def die(self, *, has_begun: bool) -> None:
        """Do as a sender does that is killed with messages in hand."""
        lease = timedelta(minutes=2)
        for each in self.outbox.claim(
            self.clock(), owner="b", lease=lease, limit=9, channels=("telegram",)
        ):
            if has_begun and self.outbox.begin(each, self.clock(), lease=lease):
                self.cut_short[each.message.key] += 1


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with open_store(tmp_path) as database:
        yield Machine(Outbox(database))


@pytest.mark.parametrize("ahead", [2 * MINUTE, 7 * HOUR, DAY, 40 * DAY])
@pytest.mark.parametrize("what", ["busy", "out of reach", "killed", "killed at it", "late"])
@pytest.mark.parametrize("is_written_ahead", [False, True])
def test_what_a_clock_that_was_ahead_put_off_goes_out_within_minutes(
    machine: Machine, ahead: timedelta, what: str, *, is_written_ahead: bool
) -> None:
    machine.clock.now = NOW + ahead * is_written_ahead
    machine.outbox.put(addressed("a"), addressed("b"), addressed("c", address="43"))
    machine.clock.now = NOW + ahead
    if what.startswith("killed"):
        machine.die(has_begun=what == "killed at it")
    elif what != "late":
        machine.send(ANSWERS[what])
    machine.outbox.expire(machine.clock())
    machine.clock.now = NOW + MINUTE
    machine.send()
    machine.clock.now = NOW + 5 * MINUTE
    machine.send()
    assert machine.arrived == {"a", "b", "c"}
    assert machine.outbox.summary().waiting == 0


def test_what_is_written_while_the_clock_is_ahead_does_not_wait_for_its_date(
    machine: Machine,
) -> None:
    machine.outbox.put(addressed("ahead", at=NOW + DAY))
    machine.outbox.put(addressed("after"))
    machine.send()
    (_, ahead) = machine.outbox.find()
    assert machine.arrived == {"ahead", "after"}
    assert (ahead.created_at, ahead.expires_at) == (NOW, NOW + 6 * HOUR)


def test_what_waits_for_the_morning_still_does(machine: Machine) -> None:
    machine.outbox.put(addressed("a", not_before=NOW + 8 * HOUR))
    machine.clock.now = NOW + DAY
    machine.outbox.put(addressed("b", address="43", at=NOW + DAY, not_before=NOW + DAY + HOUR))
    machine.clock.now = NOW + 9 * HOUR
    machine.send(BUSY)
    machine.clock.now = NOW
    machine.send()
    assert machine.arrived == set()
    assert [each.not_before for each in machine.outbox.find()] == [NOW + HOUR, NOW + 8 * HOUR]


def test_a_sender_that_lives_keeps_what_it_holds(machine: Machine) -> None:
    machine.outbox.put(addressed("a"))
    (held,) = machine.outbox.claim(
        NOW + HOUR, owner="a", lease=2 * MINUTE, limit=1, channels=("telegram",)
    )
    begun = machine.outbox.begin(held, NOW + HOUR, lease=2 * MINUTE)
    machine.send()
    assert begun is not None
    assert machine.arrived == set()
    machine.outbox.done(begun, "m1", NOW + SECOND)
    (there,) = machine.outbox.find()
    assert (there.state, there.copies) == (State.SENT, 1)


def test_what_came_too_late_by_the_right_clock_stays_so(machine: Machine) -> None:
    machine.outbox.put(addressed("a", promise=Promise.LOW))
    machine.clock.now = NOW + 7 * HOUR
    machine.outbox.expire(NOW + DAY)
    assert machine.send().outcomes == {}
    assert machine.arrived == set()


def test_the_moments_of_clocks_that_differ_by_seconds_are_believed(machine: Machine) -> None:
    machine.outbox.put(addressed("a"))
    machine.clock.now = NOW + 30 * SECOND
    machine.send(BUSY, patience=0 * SECOND)
    machine.clock.now = NOW
    assert machine.outbox.set_right(NOW) == 0
    assert machine.send(patience=0 * SECOND).outcomes == {}


def test_a_run_ends_where_what_is_due_cannot_be_taken(machine: Machine) -> None:
    machine.outbox.put(addressed("a", promise=Promise.ONCE), addressed("b", address="43"))
    machine.outbox.put(addressed("c", address="43"))
    machine.send(DeliveryError("429", retry_after=3600), patience=0 * SECOND)
    machine.outbox.put(addressed("d"))
    before = machine.clock.now
    assert machine.send().next_due == NOW + HOUR
    assert machine.clock.now == before


def test_a_run_ends_where_another_sender_is_at_it(machine: Machine) -> None:
    machine.outbox.put(addressed("a"), addressed("b", promise=Promise.ONCE))
    machine.die(has_begun=True)
    assert machine.send().next_due == NOW + 2 * MINUTE
    assert machine.clock.now == NOW


def test_a_run_ends_where_it_is_asked_to_wait_again_and_again(machine: Machine) -> None:
    machine.outbox.put(addressed("a"))
    machine.send(DeliveryError("429", retry_after=1))
    assert machine.clock.now <= NOW + MINUTE
    assert machine.outbox.summary().waiting == 1


EVENTS = st.one_of(
    st.tuples(st.just("set"), st.integers(0, 100 * 60)),
    st.tuples(st.just("right"), st.just(0)),
    st.tuples(st.just("pass"), st.integers(0, 20)),
    st.tuples(st.just("put"), st.integers(0, 2)),
    st.tuples(st.just("die"), st.integers(0, 1)),
    st.tuples(st.just("late"), st.just(0)),
    st.tuples(st.just("send"), st.integers(0, len(ANSWERS) - 1)),
)


@pytest.mark.parametrize("count", examples(always=30, campaign=10_000))
def test_whatever_happened_while_a_clock_was_wrong_urgent_things_arrive_in_time(
    tmp_path: Path, count: int
) -> None:
    @settings(max_examples=count)
    @given(events=st.lists(EVENTS, max_size=14))
    def holds(events: list[tuple[str, int]]) -> None:
        with database.transaction():
            database.execute("DELETE FROM deliveries")
            database.execute("DELETE FROM parked_addresses")
        machine, put = Machine(Outbox(database)), set[str]()
        right = NOW
        for number, (name, value) in enumerate(events):
            before = machine.clock.now
            if name == "set":
                machine.clock.now = before = right + value * MINUTE
            elif name == "right":
                machine.clock.now = before = right
            elif name == "pass":
                machine.clock.now += value * MINUTE
            elif name == "put":
                put.add(f"{number}")
                machine.outbox.put(addressed(f"{number}", address=f"{value}", at=before))
            elif name == "die":
                machine.die(has_begun=bool(value))
            elif name == "late":
                machine.outbox.expire(before)
            else:
                machine.send([*ANSWERS.values()][value], patience=SECOND)
            right += machine.clock.now - before
        for _ in range(4):  # within six hours of the first
            machine.clock.now = right
            machine.send(patience=SECOND)
            right += 6 * MINUTE
        # Both copies that may be there were begun: by no clock is it known whether one is.
        begun_twice = {key for key, count in machine.cut_short.items() if count >= 2}
        assert machine.arrived | begun_twice == put
        unknown = {each.message.key for each in machine.outbox.find(state=State.UNKNOWN)}
        assert unknown <= machine.arrived | begun_twice

    with open_store(tmp_path) as database:
        holds()
