"""What only one process does at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portfolios.store.database import Database, open_database
from portfolios.store.leases import LENGTH, Lease, holding

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "leases.db") as opened:
        yield opened


def test_one_owner_at_a_time_until_it_is_given_back(database: Database) -> None:
    ours, theirs = Lease(database, "refresh", "a"), Lease(database, "refresh", "b")
    with holding(ours, NOW) as is_ours:
        assert is_ours
        with holding(theirs, NOW) as is_theirs:
            assert not is_theirs
        assert not theirs.take(NOW)
    assert theirs.take(NOW)


def test_other_tasks_are_not_concerned(database: Database) -> None:
    assert Lease(database, "refresh", "a").take(NOW)
    assert Lease(database, "deliver", "b").take(NOW)


def test_a_dead_owner_holds_it_no_longer_than_a_lease(database: Database) -> None:
    dead, heir = Lease(database, "refresh", "dead"), Lease(database, "refresh", "heir")
    dead.take(NOW)
    assert not heir.take(NOW + LENGTH - timedelta(seconds=1))
    assert heir.take(NOW + LENGTH)
    dead.give_back()
    assert not dead.take(NOW + LENGTH)


def test_a_renewed_lease_lasts(database: Database) -> None:
    ours, theirs = Lease(database, "refresh", "a"), Lease(database, "refresh", "b")
    for minutes in range(0, 60, 4):
        assert ours.take(NOW + timedelta(minutes=minutes))
        assert not theirs.take(NOW + timedelta(minutes=minutes + 4))


def test_a_lease_from_a_clock_that_was_ahead_is_no_obstacle(database: Database) -> None:
    Lease(database, "refresh", "a").take(NOW + timedelta(days=400))
    assert Lease(database, "refresh", "b").take(NOW)


def test_a_short_lease_is_taken_over_soon_after_its_owner_died(database: Database) -> None:
    minute = timedelta(minutes=1)
    dead, heir = (Lease(database, "bot", owner, length=minute) for owner in ("dead", "heir"))
    assert dead.take(NOW)
    assert not heir.take(NOW + minute - timedelta(seconds=1))
    assert heir.take(NOW + minute)
