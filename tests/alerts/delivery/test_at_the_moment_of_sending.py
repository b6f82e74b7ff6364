"""What holds a message back is looked at when it is sent: by the clock and the zone of then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.delivery.delivery import State
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.rescheduling import reschedule
from alerts.delivery.routing import Post
from alerts.delivery.sender import deliver
from alerts.messages import Kind, Message
from alerts.preferences.choices import Preferences, Way, first_allowed
from alerts.preferences.store import PreferenceStore
from portfolios.errors import DeliveryError
from portfolios.model.users import Person
from portfolios.store.database import Database
from tests.alerts.delivery.delivery_examples import (
    HOUR,
    NOW,
    SECOND,
    Answer,
    Clock,
    Script,
    Tape,
    open_store,
)

FAULTS = {
    "refused for now": DeliveryError("451 try again later"),
    "asked to wait": DeliveryError("429", retry_after=60),
    "out of reach": DeliveryError("no route", unreached=True),
    "answer lost": DeliveryError("the answer got lost", outcome_unknown=True),
}
EVENING = NOW.replace(hour=21, minute=59, second=50)
NIGHT = Preferences(quiet_from="22:00", quiet_until="07:00")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path) as opened:
        yield opened


def of_zone(zone: str) -> Person:
    return Person("ann", addresses={"telegram": "7"}, timezone=zone)


def put(database: Database, clock: Clock, kind: Kind, person: Person) -> None:
    post = Post(Outbox(database), PreferenceStore(database), now=clock.now)
    post.send(Message(kind, "k", "news", clock.now), [person])


def choose(database: Database, clock: Clock, person: Person, chosen: Preferences) -> None:
    with database.transaction():
        PreferenceStore(database).save(person.name, chosen)
        reschedule(database, person, now=clock.now)


def send(database: Database, clock: Clock, script: Script, zone: str) -> Tape:
    tape = Tape(clock, script=script)
    deliver(
        Outbox(database), {"telegram": tape}, now=clock, sleep=clock.sleep, owner="a",
        limiter=RateLimiter(), until_empty=False, random=lambda: 1.0, zone_of=lambda _: zone,
    )  # fmt: skip
    return tape


def refusing(fault: DeliveryError) -> Script:
    return lambda _envelope, _count: fault


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
@pytest.mark.parametrize("kind", [Kind.ZONE_RED, Kind.ZONE_AMBER, Kind.PROPOSAL])
@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_refused_in_the_evening_is_not_tried_again_in_the_night(
    database: Database, fault: str, kind: Kind, zone: str
) -> None:
    person, away = of_zone(zone), timedelta(0)
    away = EVENING.astimezone(ZoneInfo(zone)).utcoffset() or away
    clock = Clock(EVENING - away)
    choose(database, clock, person, NIGHT)
    put(database, clock, kind, person)
    assert send(database, clock, refusing(FAULTS[fault]), zone).keys == ["k"]
    tried = []
    while not tried and clock.now < EVENING + 24 * HOUR:
        clock.now += 7 * 60 * SECOND
        tried = [when for when, _ in send(database, clock, lambda *_: "m", zone).sent]
    assert tried
    assert first_allowed(kind, NIGHT, tried[0], zone) == tried[0]
    assert tried[0] - (NOW.replace(hour=7) + 24 * HOUR - away) < 8 * 60 * SECOND


@pytest.mark.parametrize("ahead", [HOUR, 9 * HOUR, 36 * HOUR])
def test_a_clock_that_is_set_back_moves_nothing_into_a_mute(
    database: Database, ahead: timedelta
) -> None:
    person, clock, until = of_zone("UTC"), Clock(NOW), NOW + 72 * HOUR
    choose(database, clock, person, Preferences(muted_until=until, muted_at=NOW))
    clock.now = NOW + ahead
    put(database, clock, Kind.ZONE_RED, person)
    clock.now = NOW
    arrived: list[Answer] = []
    while clock.now < until:
        arrived += send(database, clock, lambda *_: "m", "UTC").keys
        clock.now += HOUR
    assert arrived == []
    clock.now = until
    assert send(database, clock, lambda *_: "m", "UTC").keys == ["k"]


@pytest.mark.parametrize("kind", [Kind.ZONE_RED, Kind.ZONE_AMBER, Kind.DECISION])
@pytest.mark.parametrize("is_begun", [False, True])
def test_a_kind_that_is_turned_off_while_it_waits_is_taken_back(
    database: Database, kind: Kind, *, is_begun: bool
) -> None:
    person, clock = of_zone("UTC"), Clock(NOW)
    put(database, clock, kind, person)

    def turned_off(_envelope: object, _count: int) -> Answer:
        choose(database, clock, person, Preferences().choose(kind, "telegram", Way.OFF))
        return FAULTS["refused for now"]

    if is_begun:
        send(database, clock, turned_off, "UTC")
    else:
        turned_off(None, 1)
    clock.now += HOUR
    assert send(database, clock, lambda *_: "m", "UTC").keys == []
    assert Outbox(database).summary().waiting == 0
    assert Outbox(database).given_up(since=NOW - HOUR) == ()


@pytest.mark.parametrize(("way", "is_silent"), [(Way.SILENT, True), (Way.ON, False)])
def test_what_waits_makes_a_sound_as_chosen_since(
    database: Database, way: Way, *, is_silent: bool
) -> None:
    person, clock = of_zone("UTC"), Clock(NOW)
    muted = Preferences(muted_until=NOW + HOUR, muted_at=NOW)
    choose(database, clock, person, muted.choose(Kind.SIGNAL, "telegram", Way.ON))
    put(database, clock, Kind.SIGNAL, person)
    choose(database, clock, person, muted.choose(Kind.SIGNAL, "telegram", way))
    clock.now += HOUR
    ((_, envelope),) = send(database, clock, lambda *_: "m", "UTC").sent
    assert envelope.is_silent is is_silent


@pytest.mark.parametrize("behind", [7, 24, 60])
@pytest.mark.parametrize("is_tried", [False, True])
def test_urgent_news_of_a_clock_that_was_behind_is_tried_once_more(
    database: Database, behind: int, *, is_tried: bool
) -> None:
    person, clock = of_zone("UTC"), Clock(NOW - behind * HOUR)
    put(database, clock, Kind.ZONE_RED, person)
    if is_tried:
        send(database, clock, refusing(FAULTS["refused for now"]), "UTC")
    clock.now = NOW
    assert send(database, clock, lambda *_: "m", "UTC").keys == ["k"]


def test_urgent_news_that_nobody_takes_lapses_in_its_time(database: Database) -> None:
    person, clock = of_zone("UTC"), Clock(NOW)
    put(database, clock, Kind.ZONE_RED, person)
    clock.now += 12 * HOUR
    for _ in range(200):
        send(database, clock, refusing(FAULTS["out of reach"]), "UTC")
        clock.now += 60 * SECOND
    (ended,) = Outbox(database).find()
    assert ended.state is State.EXPIRED
    assert ended.ended_at is not None
    assert ended.ended_at <= NOW + 13 * HOUR + 60 * SECOND


def test_zones_that_a_person_chose_count_before_where_they_were_added(database: Database) -> None:
    person, clock = of_zone("UTC"), Clock(NOW.replace(hour=21))
    put(database, clock, Kind.ZONE_AMBER, person)
    PreferenceStore(database).save("ann", replace(NIGHT, timezone="Europe/Berlin"))
    assert send(database, clock, lambda *_: "m", "UTC").keys == []
