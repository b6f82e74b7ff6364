"""The digest of the morning: once a day for each channel, and nothing in it twice or never."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.channels.email.traits import EMAIL
from alerts.channels.telegram.traits import TELEGRAM
from alerts.delivery.outbox import Outbox
from alerts.messages import Kind
from alerts.preferences.choices import Way
from alerts.preferences.store import PreferenceStore
from portfolios.model.users import Person, Role
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.monitoring.digest import send_digests
from tests.alerts.delivery.delivery_examples import message, open_store

NIGHT = datetime(2026, 11, 24, 3, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOTH = Person("ann", Role.OWNER, addresses={"email": "ann@example.org", "telegram": "7"})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as database:
        yield Store(database)


def hold(store: Store, key: str, *, at: datetime, channel: str = TELEGRAM.name) -> None:
    PreferenceStore(store.database).hold_back("ann", channel, message(key), at=at)


def sent(store: Store) -> list[tuple[str, str, str]]:
    """Return channel, headline and lines of every digest."""
    found = reversed(Outbox(store.database).find())
    return [(d.channel, d.message.headline, " ".join(d.message.blocks[0].items)) for d in found]


def test_it_tells_what_waited_in_the_morning_and_once(store: Store) -> None:
    hold(store, "one", at=NIGHT)
    hold(store, "two", at=NIGHT + HOUR)
    assert send_digests(store, [BOTH], now=MORNING - HOUR) == 0
    assert send_digests(store, [BOTH], now=MORNING) == 1
    assert send_digests(store, [BOTH], now=MORNING) == 0
    ((channel, head, lines),) = sent(store)
    assert (channel, head) == (TELEGRAM.name, "Digest of 2026-11-24: 2 things that could wait")
    assert "(one)" in lines
    assert "(two)" in lines


def test_what_is_held_back_during_the_day_waits_for_the_next_morning(store: Store) -> None:
    hold(store, "early", at=NIGHT)
    hold(store, "late", at=MORNING + HOUR)
    assert send_digests(store, [BOTH], now=MORNING + 2 * HOUR) == 1
    assert "(late)" not in sent(store)[0][2]
    assert send_digests(store, [BOTH], now=MORNING + 23 * HOUR) == 0
    assert send_digests(store, [BOTH], now=MORNING + DAY) == 1
    assert "(late)" in sent(store)[1][2]


def test_what_a_clock_held_back_that_was_ahead_comes_with_the_next_one(store: Store) -> None:
    hold(store, "ahead", at=MORNING + 3 * DAY)
    hold(store, "late", at=MORNING + HOUR)
    assert send_digests(store, [BOTH], now=MORNING + 2 * HOUR) == 1
    assert "(ahead)" in sent(store)[0][2]
    assert send_digests(store, [BOTH], now=MORNING + DAY) == 1
    assert "(ahead)" not in sent(store)[1][2]


def test_each_channel_has_its_own_and_loses_nothing(store: Store) -> None:
    hold(store, "chat", at=NIGHT)
    hold(store, "mail", at=NIGHT, channel=EMAIL.name)
    assert send_digests(store, [BOTH], now=MORNING) == 2
    assert {(channel, "(chat)" in lines) for channel, _, lines in sent(store)} == {
        (TELEGRAM.name, True),
        (EMAIL.name, False),
    }


def test_who_has_mail_alone_gets_it_by_mail(store: Store) -> None:
    hold(store, "one", at=NIGHT, channel=EMAIL.name)
    alone = Person("ann", addresses={"email": "ann@example.org"}, portfolios=("core",))
    assert send_digests(store, [alone], now=MORNING) == 1
    assert [channel for channel, _, _ in sent(store)] == [EMAIL.name]
    assert PreferenceStore(store.database).held_back("ann", EMAIL.name) == ()


def test_who_wants_none_is_not_kept_waiting_for_one(store: Store) -> None:
    kept = PreferenceStore(store.database)
    kept.save("ann", kept.preferences("ann").choose(Kind.DIGEST, TELEGRAM.name, Way.OFF))
    hold(store, "one", at=NIGHT)
    send_digests(store, [BOTH], now=MORNING)
    assert sent(store) == []
    assert kept.held_back("ann", TELEGRAM.name) == ()


def test_days_without_anything_have_no_digest(store: Store) -> None:
    hold(store, "one", at=NIGHT)
    days = [send_digests(store, [BOTH], now=MORNING + n * DAY) for n in range(5)]
    assert days == [1, 0, 0, 0, 0]


def test_what_concerns_him_no_more_is_left_out_of_it(store: Store) -> None:
    hold(store, "core", at=NIGHT)
    general = replace(message("general"), portfolio="")
    PreferenceStore(store.database).hold_back("ann", TELEGRAM.name, general, at=NIGHT)
    demoted = Person("ann", addresses={"telegram": "7"})
    assert send_digests(store, [demoted], now=MORNING) == 1
    assert "(general)" in sent(store)[0][2]
    assert "(core)" not in sent(store)[0][2]


def test_of_what_concerns_him_no_more_there_is_no_digest_ever(store: Store) -> None:
    hold(store, "core", at=NIGHT)
    assert send_digests(store, [Person("ann", addresses={"telegram": "7"})], now=MORNING) == 0
    assert send_digests(store, [BOTH], now=MORNING + DAY) == 0
