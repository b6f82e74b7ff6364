"""What is old is forgotten once a day; what waits, or may be asked about, is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.delivery.outbox import Outbox
from alerts.messages import Picture
from portfolios.store.completed_jobs import CompletedJobs
from portfolios.store.database import Database
from rebalancer.usecases.monitoring.housekeeping import tidy
from tests.alerts.delivery.delivery_examples import NOW, addressed, open_store

DAY = timedelta(days=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path) as opened:
        yield opened


def end(database: Database, *keys: str) -> None:
    """Write deliveries with a picture each, and end them now."""
    box = Outbox(database)
    pictures = (Picture("value.png", b"png"),)
    box.put(*(replace(addressed(key), pictures=pictures) for key in keys))
    for _ in keys:
        (mine,) = box.claim(NOW, owner="a", lease=DAY, limit=1, channels=["telegram"])
        begun = box.begin(mine, NOW, lease=DAY)
        assert begun is not None
        box.done(begun, "m1", NOW)


def kept(database: Database) -> tuple[int, int]:
    deliveries = Outbox(database).find()
    pictures = database.row("SELECT count(*) AS many FROM attachments")
    assert pictures is not None
    return len(deliveries), pictures["many"]


def test_messages_that_ended_long_ago_go_with_their_pictures(database: Database) -> None:
    end(database, "a", "b")
    Outbox(database).put(addressed("waits"))
    tidy(database, now=NOW + 90 * DAY)
    assert kept(database) == (3, 2)
    tidy(database, now=NOW + 91 * DAY)
    assert [d.message.key for d in Outbox(database).find()] == ["waits"]
    assert kept(database) == (1, 0)


def test_it_is_done_once_a_day(database: Database) -> None:
    assert tidy(database, now=NOW)
    assert not tidy(database, now=NOW + timedelta(hours=1))
    assert tidy(database, now=NOW + DAY)


def test_days_and_weeks_of_old_go_and_what_has_another_name_stays(database: Database) -> None:
    passing = {"weekly:core:bob": "2026-W47", "digest:email:bob": "2026-11-22",
               "ask:bob": "2026-11-22:3"}  # fmt: skip
    lasting = {"again": "proposal:2026-11-22:again", "heard": "20261122"}
    for job, period in (passing | lasting).items():
        CompletedJobs(database).record(job, period, at=NOW)
    tidy(database, now=NOW + 365 * DAY)
    assert all(CompletedJobs(database).contains(*each) for each in (passing | lasting).items())
    tidy(database, now=NOW + 366 * DAY)
    assert not any(CompletedJobs(database).contains(*each) for each in passing.items())
    assert all(CompletedJobs(database).contains(*each) for each in lasting.items())
