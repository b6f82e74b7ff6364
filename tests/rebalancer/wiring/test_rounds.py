"""When a round is due, and who does it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event

import pytest

from portfolios.model.portfolio import Holding, Portfolio
from portfolios.store.database import open_database
from portfolios.store.heartbeats import Heartbeats
from portfolios.store.leases import Lease
from rebalancer.settings import Resolved, load_settings
from rebalancer.supervisor import WorkerContext
from rebalancer.usecases.refresh.report import Loss
from rebalancer.wiring.delivery import open_full_database
from rebalancer.wiring.rounds import EVERY, LEASE, ROUND, RoundWorker, is_due, pull

NOW = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def resolved(tmp_path: Path) -> Resolved:
    environ = {"REBALANCER_PROVIDER": "sample"}
    return load_settings(environ=environ, cwd=tmp_path, data_dir=tmp_path, config_dir=tmp_path)


def turn_of(told: list[str], stop: Event | None = None) -> WorkerContext:
    well: Callable[[], None] = lambda: told.append("well")  # noqa: E731
    return WorkerContext(stop or Event(), well, told.append)


@pytest.mark.parametrize(
    ("passed", "is_it"),
    [(SECOND, False), (EVERY - SECOND, False), (EVERY, True), (-SECOND, True)],
    ids=["just now", "almost", "a quarter ago", "by a clock that was ahead"],
)
def test_a_round_is_due_a_quarter_of_an_hour_after_the_last(
    tmp_path: Path, passed: timedelta, is_it: bool
) -> None:
    with open_database(tmp_path / "x.db") as database:
        assert is_due(database, NOW)
        Heartbeats(database).record_success(ROUND, now=NOW)
        assert is_due(database, NOW + passed) is is_it


def test_it_is_not_begun_while_another_is_at_it(resolved: Resolved) -> None:
    told: list[str] = []
    with open_full_database(resolved.settings) as store:
        assert Lease(store.database, ROUND, "other", LEASE).take(NOW)
        RoundWorker(resolved, False, lambda: NOW, "ours")(turn_of(told))
        assert told == []
        late = NOW + LEASE
        RoundWorker(resolved, False, lambda: late, "ours")(turn_of(told))
        assert told == ["well"]


def test_one_that_is_stopped_in_the_middle_is_not_noted_as_done(resolved: Resolved) -> None:
    stop, told = Event(), list[str]()
    stop.set()
    with open_full_database(resolved.settings):
        pass
    RoundWorker(resolved, False, lambda: NOW, "ours")(turn_of(told, stop))
    with open_full_database(resolved.settings) as store:
        assert (told, Heartbeats(store.database).by_part()) == ([], ())
        assert Lease(store.database, ROUND, "next", LEASE).take(NOW)


def test_a_pull_that_fails_in_any_way_ends_no_round(tmp_path: Path) -> None:
    closed = {"REBALANCER_COINGECKO__BASE_URL": "http://127.0.0.1:1"}
    told: list[str] = []
    live = load_settings(environ=closed, cwd=tmp_path, data_dir=tmp_path, config_dir=tmp_path)
    with open_full_database(live.settings) as store:
        held = Portfolio("mine", holdings=(Holding("bitcoin", Decimal(1)),))
        with store.database.transaction():
            store.save_portfolio(held, at=NOW)
            store.database.execute("DROP TABLE pauses")
    RoundWorker(live, False, lambda: NOW, "ours")(turn_of(told))
    assert told == ["well"]
    report = pull(live.settings, clock=lambda: NOW)
    assert report is not None
    assert [(lost.loss, lost.job) for lost in report.degradations] == [(Loss.FAILED, "refresh")]
