"""A line in trouble, clocks that are set, people who mute: every promise is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from alerts.channels.envelope import Envelope
from alerts.delivery.delivery import Delivery, State
from alerts.delivery.fallback import IN_VAIN, send_fallbacks
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.rescheduling import reschedule
from alerts.delivery.routing import Post
from alerts.delivery.sender import deliver
from alerts.messages import Button, Kind, Message, Picture
from alerts.preferences.choices import Preferences, Way, first_allowed
from alerts.preferences.store import PreferenceStore
from portfolios.errors import DeliveryError
from portfolios.model.users import Person
from portfolios.store.database import Database
from tests.alerts.delivery.delivery_examples import HOUR, SECOND, Clock, open_store
from tests.examples import examples

KINDS = (Kind.ZONE_RED, Kind.ZONE_AMBER, Kind.RULE, Kind.PROPOSAL, Kind.DECISION, Kind.WEEKLY)
OPEN = timedelta(hours=48)
ZONES = ("UTC", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata", "Europe/Berlin")
PEOPLE = tuple(
    Person(f"p{n}", addresses={"telegram": f"{n + 1}"}, timezone=ZONES[n % len(ZONES)])
    for n in range(20)
)
CLOCK_ERRORS = tuple(HOUR * hours for hours in (-24, -7, -1.5, -0.1, 0.1, 1.5, 7, 24))
PICTURES = (Picture("a.png", b"a"), Picture("b.png", b"b"))
BUTTONS = ((Button("Approve", "ok:x"),),)


class Killed(BaseException):
    """The process of the sender ends."""


@dataclass
class Line:
    """A channel that greylists, floods, loses answers and dies, and keeps what arrived."""

    clock: Clock
    chance: np.random.Generator
    chosen: dict[str, Preferences] = field(default_factory=dict)
    made: dict[str, datetime] = field(default_factory=dict)
    opens: dict[str, datetime] = field(default_factory=dict)
    arrived: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    taken_back: set[str] = field(default_factory=set)
    error: timedelta = timedelta(0)
    name: str = "telegram"

    def send(self, envelope: Envelope) -> str:
        for part in range(envelope.parts_sent, 1 + len(envelope.pictures)):
            self._take(envelope, part)
            if part < len(envelope.pictures):
                envelope.on_part("m")
        return "m"

    def _take(self, envelope: Envelope, part: int) -> None:
        key, luck = envelope.message.key, self.chance.random()
        self._trouble(envelope.address, luck)
        copy = (key, part)
        is_first = part == envelope.parts_sent
        self.faults["doubled"] += bool(self.arrived[copy]) and not (
            is_first and envelope.may_repeat
        )
        self.arrived[copy] += 1
        chosen = self.chosen.get(f"p{int(envelope.address) - 1}", Preferences())
        zone = zone_of(f"p{int(envelope.address) - 1}")
        allowed = first_allowed(envelope.message.kind, chosen, self.clock.now, zone)
        self.faults["in a mute"] += chosen.mute_end(self.clock.now) is not None
        self.faults["in quiet hours"] += allowed > self.clock.now
        self.faults["turned off"] += key in self.taken_back
        lapsed = self.clock.now > self.made[key] + OPEN
        self.faults["lapsed with buttons"] += lapsed and bool(envelope.message.buttons)
        if 0.95 < luck < 0.97:
            raise Killed
        if luck >= 0.97:
            raise DeliveryError("the answer was lost", outcome_unknown=True)

    def _trouble(self, address: str, luck: float) -> None:
        if luck < 0.01:
            self.opens[address] = self.clock.now + self.chance.integers(5, 90) * 60 * SECOND
        if self.clock.now < self.opens.get(address, self.clock.now):
            raise DeliveryError("refused for now (451)")
        if luck < 0.06:
            raise DeliveryError("429", retry_after=float(self.chance.integers(1, 60)))
        if luck < 0.10:
            raise DeliveryError("500")

    def review(self, delivery: Delivery, now: datetime) -> Message:
        is_past = now > self.made[delivery.message.key] + OPEN
        return replace(delivery.message, buttons=()) if is_past else delivery.message

    def set_clock(self, error: timedelta) -> None:
        """Let the clock be wrong by so much from now on."""
        self.clock.now += error - self.error
        self.error = error

    def serve(self, database: Database, until: datetime) -> None:
        """Send as a service does, started again whenever it was killed."""
        while self.clock.now < until:
            due = self._run(database)
            # What a dead sender has in hand is due for nobody until its lease is over.
            is_idle = Outbox(database).summary().waiting == 0
            due = until if is_idle else due or self.clock.now + 180 * SECOND
            self.clock.now = max(self.clock.now + 5 * SECOND, min(due, until))

    def _run(self, database: Database) -> datetime | None:
        try:
            report = deliver(
                Outbox(database), {"telegram": self}, now=self.clock, sleep=self.clock.sleep,
                owner=f"{self.clock.now}", limiter=RateLimiter(), until_empty=False,
                random=self.chance.random, review=self.review, zone_of=zone_of,
            )  # fmt: skip
        except Killed:
            return self.clock.now + int(self.chance.integers(200)) * SECOND
        send_fallbacks(database, PEOPLE, report, at=self.clock.now)
        return report.next_due


def zone_of(name: str) -> str:
    return PEOPLE[int(name.removeprefix("p"))].timezone


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path) as opened:
        yield opened


def choose(line: Line, database: Database, person: Person) -> None:
    now, luck = line.clock.now, line.chance.random()
    chosen = line.chosen.get(person.name, Preferences())
    if luck < 0.4:
        hours = int(line.chance.integers(1, 72))
        chosen = replace(chosen, muted_until=now + hours * HOUR, muted_at=now)
    elif luck < 0.6:
        chosen = replace(chosen, muted_until=None, muted_at=None)
    elif luck < 0.8:
        begin = int(line.chance.integers(24))
        chosen = replace(
            chosen, quiet_from=f"{begin:02}:00", quiet_until=f"{(begin + 9) % 24:02}:00"
        )
    elif luck < 0.9:
        chosen = replace(chosen, urgent_breaks_quiet=luck < 0.85)
    elif luck < 0.95:
        kind = KINDS[line.chance.integers(len(KINDS))]
        chosen = replace(chosen, ways={}).choose(kind, "telegram", Way.OFF)
        alive = Outbox(database).find(person=person.name, limit=10_000)
        line.taken_back |= {
            each.message.key for each in alive if each.state.is_alive and each.message.kind is kind
        }
    else:
        chosen = replace(chosen, ways={})
    chosen = replace(chosen, budget=1000)
    with database.transaction():
        PreferenceStore(database).save(person.name, chosen)
        reschedule(database, person, now=now)
    line.chosen[person.name] = chosen


@pytest.mark.parametrize("count", examples(always=100, campaign=3_000))
@pytest.mark.parametrize(
    "seed", [11, *(pytest.param(n, marks=pytest.mark.campaign) for n in range(12, 19))]
)
def test_a_line_in_trouble_keeps_every_promise(database: Database, seed: int, count: int) -> None:
    line, put = Line(Clock(), np.random.default_rng(seed)), 0
    for number in range(count):
        person = PEOPLE[line.chance.integers(len(PEOPLE))]
        kind = KINDS[line.chance.integers(len(KINDS))]
        buttons = BUTTONS if kind is Kind.PROPOSAL else ()
        told = Message(kind, f"{number}", f"news {number}", line.clock.now, buttons=buttons)
        line.made[told.key] = line.clock.now
        post = Post(Outbox(database), PreferenceStore(database), now=line.clock.now)
        put += post.send(told, [person], pictures=PICTURES)
        if line.chance.random() < 0.1:
            choose(line, database, person)
        if line.chance.random() < 0.04:
            is_right = line.error or line.chance.random() < 0.3
            error = CLOCK_ERRORS[line.chance.integers(len(CLOCK_ERRORS))]
            line.set_clock(timedelta(0) if is_right else error)
        line.serve(database, line.clock.now + line.chance.integers(1, 15) * 60 * SECOND)
    line.set_clock(timedelta(0))
    line.serve(database, line.clock.now + timedelta(days=8))
    every = Outbox(database).find(limit=count + 1)
    states = Counter(each.state for each in every)
    late = {
        held.key
        for person in PEOPLE
        for held in PreferenceStore(database).held_back(person.name, "telegram")
        if held.headline.startswith(IN_VAIN)
    }
    arrived = {key for key, part in line.arrived if part == 0}
    assert not late & arrived
    lost = [each for each in every if each.message.key not in arrived | late]
    cut = [
        each
        for each in every
        if each.state is State.SENT
        and each.message.kind is Kind.WEEKLY
        and not all(line.arrived[each.message.key, part] for part in range(3))
    ]
    print(
        f"{len(every)}: {dict(states)}, {dict(line.faults)}, {len(lost)} lost, {len(cut)} cut,"
        f" {len(late)} refused until they lapsed and told in the digest"
    )
    print(f"{put} written, {len(line.taken_back)} taken back")
    assert len(every) == put - len(line.taken_back)
    assert (lost, cut) == ([], [])
    assert set(line.faults.values()) <= {0}
    assert set(states) <= {State.SENT, State.UNKNOWN, State.EXPIRED}
    assert len(late) < len(every) / 200
