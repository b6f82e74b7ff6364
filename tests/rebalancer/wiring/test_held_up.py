"""Messages are held up when a channel takes nothing, and not when one address refuses a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.channels.envelope import Envelope
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.sender import deliver
from alerts.messages import Promise
from alerts.preferences.choices import Preferences
from alerts.preferences.store import PreferenceStore
from portfolios.errors import DeliveryError
from portfolios.store.database import Database
from rebalancer.wiring.held_up import HeldUp
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

MINUTE = 60 * SECOND
REFUSED = DeliveryError("refused for now (451)")
UNREACHED = DeliveryError("no route", unreached=True)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path) as opened:
        yield opened


def told_at(database: Database, script: Script, *, minutes: int) -> list[int]:
    """Send for some minutes; return those in which messages were said to be held up."""
    clock, held_up, found = Clock(), HeldUp(), list[int]()
    tape = Tape(clock, script=script)
    for minute in range(minutes):
        clock.now = NOW + minute * MINUTE
        deliver(
            Outbox(database), {"telegram": tape}, now=clock, sleep=clock.sleep, owner="a",
            limiter=RateLimiter(), until_empty=False, random=lambda: 0.5,
        )  # fmt: skip
        found += [minute] if held_up.look(database, clock.now) else []
    return found


def refusing(error: DeliveryError, *, addresses: str = "42") -> Script:
    return lambda envelope, _: error if envelope.address in addresses else "m"


@pytest.mark.parametrize(("error", "first"), [(REFUSED, 61), (UNREACHED, 3)])
def test_a_channel_that_takes_nothing_is_told_once_that_means_something(
    database: Database, error: DeliveryError, first: int
) -> None:
    Outbox(database).put(addressed(promise=Promise.ONCE))
    found = told_at(database, refusing(error), minutes=150)
    assert found == list(range(first, 150))


def test_a_server_that_refuses_strangers_for_half_an_hour_is_well(database: Database) -> None:
    Outbox(database).put(addressed(promise=Promise.ONCE))

    def greylisting(_envelope: Envelope, count: int) -> Answer:
        return REFUSED if count < 11 else "m"

    assert told_at(database, greylisting, minutes=150) == []
    assert Outbox(database).summary().waiting == 0


def test_one_address_that_refuses_for_hours_says_nothing_of_the_channel(
    database: Database,
) -> None:
    Outbox(database).put(addressed(promise=Promise.ONCE))
    for hour in range(5):
        due = NOW + hour * HOUR / 2
        Outbox(database).put(addressed(f"{hour}", address="7", not_before=due))
    assert told_at(database, refusing(REFUSED), minutes=150) == []


def test_what_quiet_hours_put_off_holds_nothing_up(database: Database) -> None:
    quiet = Preferences(quiet_from="09:05", quiet_until="18:00")
    PreferenceStore(database).save("p42", quiet)
    Outbox(database).put(addressed(promise=Promise.ONCE))
    assert max(told_at(database, refusing(UNREACHED), minutes=150)) < 8


def test_a_channel_is_well_again_with_the_first_message_that_it_takes(database: Database) -> None:
    Outbox(database).put(addressed(promise=Promise.ONCE))

    def back(_envelope: Envelope, count: int) -> Answer:
        return UNREACHED if count < 6 else "m"

    found = told_at(database, back, minutes=60)
    assert found[0] == 3
    assert found[-1] < 20
