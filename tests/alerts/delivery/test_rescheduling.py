"""What waits for a person follows what they choose, and a budget counts what it can put off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.rescheduling import reschedule
from alerts.delivery.routing import Post
from alerts.delivery.sender import deliver
from alerts.messages import Kind, Message
from alerts.preferences.choices import Preferences, first_allowed
from alerts.preferences.store import PreferenceStore
from portfolios.model.users import Person
from portfolios.store.database import Database
from tests.alerts.delivery.delivery_examples import HOUR, NOW, SECOND, Clock, Tape, open_store
from tests.examples import examples

ANN = Person("ann", addresses={"telegram": "7"}, timezone="UTC")
BOTH = replace(ANN, addresses={"telegram": "7", "email": "ann@example.org"})
MIDNIGHT = NOW.replace(hour=0)
NIGHT = Preferences(quiet_from="22:00", quiet_until="07:00")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path) as opened:
        yield opened


def at(hour: float) -> datetime:
    return MIDNIGHT + hour * HOUR


def put(database: Database, kind: Kind, when: datetime, key: str = "k") -> None:
    post = Post(Outbox(database), PreferenceStore(database), now=when)
    post.send(Message(kind, key, f"news {key}", when), [ANN])


def choose(database: Database, chosen: Preferences, when: datetime) -> None:
    with database.transaction():
        PreferenceStore(database).save("ann", chosen)
        reschedule(database, ANN, now=when)


def send(database: Database, when: datetime) -> list[str]:
    clock = Clock(when)
    tape = Tape(clock)
    deliver(
        Outbox(database), {"telegram": tape}, now=clock, sleep=clock.sleep, owner="a",
        limiter=RateLimiter(), patience=30 * SECOND,
    )  # fmt: skip
    return tape.keys


def muted(until: float, chosen_at: float, before: Preferences = NIGHT) -> Preferences:
    return replace(before, muted_until=at(until), muted_at=at(chosen_at))


@pytest.mark.parametrize(
    ("kind", "made_at", "before", "changed_at", "after", "due"),
    [
        (Kind.ZONE_RED, 9, muted(9 + 168, 8), 10, NIGHT, 10),
        (Kind.ZONE_RED, 9, muted(9 + 168, 8), 23, NIGHT, 31),
        (Kind.ZONE_AMBER, 3, NIGHT, 6.5, muted(14.5, 6.5), 14.5),
        (Kind.ZONE_AMBER, 3, NIGHT, 4, replace(NIGHT, quiet_until="05:00"), 5),
        (Kind.ZONE_AMBER, 3, NIGHT, 4, Preferences(), 4),
        (Kind.ZONE_RED, 3, NIGHT, 4, replace(NIGHT, urgent_breaks_quiet=True), 4),
        (Kind.ZONE_AMBER, 3, NIGHT, 4, replace(NIGHT, urgent_breaks_quiet=True), 7),
        (Kind.PROPOSAL, 9, muted(40, 8), 10, NIGHT, 10),
    ],
)
def test_what_waits_follows_what_is_chosen_since(
    database: Database,
    kind: Kind,
    made_at: float,
    before: Preferences,
    changed_at: float,
    after: Preferences,
    due: float,
) -> None:
    choose(database, before, at(0))
    put(database, kind, at(made_at))
    choose(database, after, at(changed_at))
    assert send(database, at(due) - 60 * SECOND) == []
    assert send(database, at(due)) == ["k"]


def test_what_was_claimed_before_a_mute_is_not_sent_inside_it(database: Database) -> None:
    put(database, Kind.ZONE_RED, NOW)
    outbox, lease = Outbox(database), timedelta(minutes=2)
    (claimed,) = outbox.claim(NOW, owner="a", lease=lease, limit=1, channels=["telegram"])
    choose(database, muted(17, 9), NOW)
    assert outbox.begin(claimed, NOW, lease=lease) is None
    assert send(database, at(17)) == ["k"]


CHANGES = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(["zone_red", "zone_amber", "rule", "proposal"])),
    st.tuples(st.just("mute"), st.integers(1, 30)),
    st.tuples(st.just("unmute"), st.just(0)),
    st.tuples(st.just("quiet"), st.integers(0, 23)),
    st.tuples(st.just("urgent"), st.booleans()),
)


@pytest.mark.parametrize("count", examples(always=40, campaign=3_000))
def test_nothing_is_sent_while_it_is_held_back_and_nothing_waits_for_what_was_chosen_before(
    database: Database, count: int
) -> None:
    @settings(max_examples=count, deadline=None)
    @given(st.lists(st.tuples(CHANGES, st.integers(1, 300)), min_size=2, max_size=25))
    def holds(events: list[tuple[tuple[str, object], int]]) -> None:
        with database.transaction():
            database.execute("DELETE FROM deliveries")
        chosen, now, sent = Preferences(), NOW, list[str]()
        choose(database, chosen, now)
        kinds: dict[str, Kind] = {}
        for (name, value), minutes in events:
            if name == "put":
                kinds[f"{len(kinds)}"] = Kind(value)
                put(database, Kind(value), now, f"{len(kinds) - 1}")
            else:
                chosen = changed(chosen, name, value, now)
                choose(database, chosen, now)
            told = send(database, now)
            free = {k for k, kind in kinds.items() if is_free(kind, chosen, now)}
            assert set(told) <= free
            sent += told
            assert free <= set(sent)
            now += timedelta(minutes=minutes)
        assert len(set(sent)) == len(sent)

    holds()


def is_free(kind: Kind, chosen: Preferences, now: datetime) -> bool:
    return first_allowed(kind, chosen, now, "UTC") <= now


def changed(chosen: Preferences, name: str, value: object, now: datetime) -> Preferences:
    assert isinstance(value, int)
    if name == "mute":
        return replace(chosen, muted_until=now + value * HOUR, muted_at=now)
    if name == "unmute":
        return replace(chosen, muted_until=None, muted_at=None)
    if name == "urgent":
        return replace(chosen, urgent_breaks_quiet=bool(value))
    return replace(chosen, quiet_from=f"{value:02}:00", quiet_until=f"{(value + 8) % 24:02}:00")


def test_a_budget_counts_each_message_once_and_only_what_it_can_put_off(database: Database) -> None:
    PreferenceStore(database).save("ann", Preferences(budget=3))
    post = Post(Outbox(database), PreferenceStore(database), now=NOW)

    def tell(kind: Kind, key: str) -> int:
        return post.send(Message(kind, key, key, NOW), [BOTH])

    for number in range(5):
        for kind in (Kind.ZONE_RED, Kind.RULE, Kind.DECISION, Kind.WEEKLY, Kind.PROPOSAL):
            assert tell(kind, f"{kind} {number}")
    both = Preferences(budget=3, ways={"email/signal": "on", "telegram/signal": "on"})
    PreferenceStore(database).save("ann", both)
    assert [tell(Kind.SIGNAL, f"signal {number}") for number in range(4)] == [2, 2, 2, 0]
    assert tell(Kind.PROPOSAL, "after the budget") == 1
