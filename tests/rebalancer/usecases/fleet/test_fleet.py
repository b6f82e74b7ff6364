"""Many portfolios at once: the same bytes as one by one, whoever works on them and whoever dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.documents.plan_json import dumps, plan_to_json
from portfolios.errors import InfeasibleError
from portfolios.model.portfolio import Portfolio
from portfolios.providers.sample.market import sample_market
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.fleet.batches import Shard, every_portfolio, named
from rebalancer.usecases.fleet.fleet import MOST_DEATHS, alone, processes, shared_out
from rebalancer.usecases.fleet.run_record import RunRecord
from rebalancer.usecases.fleet.worker import Outcome, Task
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.examples import examples
from tests.rebalancer.decision.test_limit_properties import any_portfolio

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
TASK = Task(sample_market())


def crowd(count: int) -> list[Portfolio]:
    return [replace(any_portfolio(seed), name=f"p{seed:05}") for seed in range(count)]


def in_batches(portfolios: list[Portfolio], size: int) -> list[list[Portfolio]]:
    return [portfolios[i : i + size] for i in range(0, len(portfolios), size)]


def said(outcome: Outcome) -> str:
    return outcome.failure or dumps(plan_to_json(outcome.plan)) if outcome.plan else outcome.failure


def one_by_one(portfolio: Portfolio) -> str:
    try:
        plan = propose(analyse(portfolio, TASK.market)).plan
    except InfeasibleError as error:
        return str(error)
    return dumps(plan_to_json(plan))


@pytest.mark.parametrize("count", examples(always=24, campaign=10_000))
def test_workers_say_the_same_to_the_byte_as_one_run_after_the_other(count: int) -> None:
    portfolios = crowd(count)
    batches = in_batches(portfolios, 5)
    done = shared_out(processes(TASK, 2), batches, 2, task=TASK)
    found = [said(outcome) for _, outcomes in done for outcome in outcomes]
    assert found == [one_by_one(portfolio) for portfolio in portfolios]


def test_a_worker_that_is_killed_loses_nothing_and_repeats_nothing() -> None:
    portfolios = crowd(24)
    done = shared_out(processes(TASK, 2), in_batches(portfolios, 2), 2, task=TASK)
    names = [outcome.portfolio for outcome in next(done)[1]]
    for child in active_children()[:1]:
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
    names += [outcome.portfolio for _, outcomes in done for outcome in outcomes]
    assert names == [portfolio.name for portfolio in portfolios]


class Dying(Executor):
    """Workers that die at whatever they are given."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        lost: Future[Any] = Future()
        lost.set_exception(BrokenExecutor("killed"))
        return lost


def test_what_kills_every_worker_is_done_where_it_can_be_seen() -> None:
    started: list[Dying] = []

    def start() -> Executor:
        started.append(Dying())
        return started[-1]

    batches = in_batches(crowd(4), 2)
    done = list(shared_out(start, batches, 2, task=TASK))
    assert [batch for batch, _ in done] == batches
    assert len(started) == 1 + MOST_DEATHS * len(batches)


def test_one_bad_portfolio_is_reported_and_holds_up_nobody() -> None:
    good = crowd(2)
    foreign = replace(good[0], name="foreign", currency="eur")
    ((_, outcomes),) = alone([[good[0], foreign, good[1]]], TASK)
    assert [bool(outcome.plan) for outcome in outcomes] == [True, False, True]
    assert "eur" in outcomes[1].failure
    assert outcomes[1].hint


@given(st.text(min_size=1), st.integers(1, 9))
def test_every_name_is_in_exactly_one_part(name: str, parts: int) -> None:
    assert sum(Shard(number, parts).holds(name) for number in range(1, parts + 1)) == 1


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "r.db", migrations=(PORTFOLIOS,)) as database:
        yield Store(database)


def keep(store: Store, portfolios: list[Portfolio]) -> None:
    for portfolio in portfolios:
        store.save_portfolio(portfolio, at=AT)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_all_portfolios_come_once_whatever_a_batch_holds(store: Store, size: int) -> None:
    keep(store, crowd(9))
    names = [p.name for batch in every_portfolio(store, Shard(), size) for p in batch]
    assert names == [f"p{number:05}" for number in range(9)]
    parts = [
        {p.name for batch in every_portfolio(store, Shard(n, 3), size) for p in batch}
        for n in (1, 2, 3)
    ]
    assert sorted(name for part in parts for name in part) == names


def test_names_come_in_their_order_and_the_missing_are_said(store: Store) -> None:
    keep(store, crowd(3))
    missing: list[str] = []
    lines = ["p00002\n", "\n", " p00000 \n", "nobody\n"]
    found = named(store, lines, Shard(), missing=missing.append)
    assert [p.name for batch in found for p in batch] == ["p00002", "p00000"]
    assert missing == ["nobody"]


def test_a_run_that_was_cut_short_goes_on_where_it_ended(store: Store) -> None:
    keep(store, crowd(8))
    batches = partial(every_portfolio, store, Shard(), 2)
    first = RunRecord(store, TASK)
    for done, _ in zip(alone(first.left(batches()), TASK), range(2), strict=False):
        first.keep(done, at=AT)
    second = RunRecord(store, TASK)
    again = list(alone(second.left(batches()), TASK))
    for done in again:
        second.keep(done, at=AT)
    assert (second.before, sum(len(batch) for batch, _ in again)) == (4, 4)
    plans = [plan.portfolio for plan in store.plans()]
    assert sorted(plans) == [f"p{number:05}" for number in range(8)]


def test_what_changed_since_is_done_anew(store: Store) -> None:
    keep(store, crowd(3))
    record = RunRecord(store, TASK)
    for done in alone(record.left(every_portfolio(store, Shard())), TASK):
        record.keep(done, at=AT)
    changed = store.load_portfolio("p00001")
    store.save_portfolio(replace(changed, cash=changed.cash + 1), at=AT)
    left = RunRecord(store, TASK).left(every_portfolio(store, Shard()))
    assert [p.name for batch in left for p in batch] == ["p00001"]
    later = Task(replace(TASK.market, as_of=TASK.market.as_of + timedelta(hours=1)))
    anew = RunRecord(store, later).left(every_portfolio(store, Shard()))
    assert sum(len(batch) for batch in anew) == 3
