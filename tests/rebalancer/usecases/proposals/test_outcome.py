"""What became of a proposal, as the store tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from portfolios.model.decisions import Verdict
from portfolios.model.plan import Plan
from portfolios.store.database import open_database
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.apply import apply_plan
from rebalancer.usecases.proposals.outcome import Outcome, outcome_of
from rebalancer.usecases.proposals.record import record_decision
from rebalancer.usecases.proposals.status import offer
from tests.rebalancer.usecases.performance.past_plan_examples import NOW, held, plan_from, sells

MINE = held({"bitcoin": "5"}, "10")
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "o.db") as database:
        kept = Store(database)
        kept.save_portfolio(MINE, at=NOW)
        yield kept


def offered(store: Store, number: int, at: datetime = NOW) -> Plan:
    plan = plan_from(MINE, [sells("bitcoin", "1", "90")], number=number, at=at)
    store.save_plan(plan, at=at)
    offer(store, plan, at=at)
    return plan


def decide(store: Store, plan: Plan, verdict: Verdict, hours: int, lasts: int = 0) -> None:
    at = NOW + hours * HOUR
    until = at + lasts * HOUR if lasts else None
    record_decision(store, plan.plan_id, verdict, at=at, by="me", until=until)


def test_silence_is_open_for_its_time_and_then_lapsed(store: Store) -> None:
    plan = offered(store, 1)
    assert outcome_of(store, plan, now=NOW + 48 * HOUR) is Outcome.OPEN
    assert outcome_of(store, plan, now=NOW + 49 * HOUR) is Outcome.LAPSED


def test_a_newer_proposal_replaces_an_open_one_and_leaves_a_lapsed_one(store: Store) -> None:
    lapsed = offered(store, 1)
    replaced = offered(store, 2, NOW + 50 * HOUR)
    newest = offered(store, 3, NOW + 60 * HOUR)
    now = NOW + 61 * HOUR
    found = [outcome_of(store, plan, now=now) for plan in (lapsed, replaced, newest)]
    assert found == [Outcome.LAPSED, Outcome.REPLACED, Outcome.OPEN]


def test_the_last_word_counts(store: Store) -> None:
    plan = offered(store, 1)
    decide(store, plan, Verdict.SKIP, 1)
    assert outcome_of(store, plan, now=NOW + 2 * HOUR) is Outcome.SKIPPED
    decide(store, plan, Verdict.APPROVE, 3)
    assert outcome_of(store, plan, now=NOW + 99 * HOUR) is Outcome.APPROVED


def test_put_off_opens_again_and_lapses(store: Store) -> None:
    plan = offered(store, 1)
    decide(store, plan, Verdict.SNOOZE, 1, lasts=24)
    assert outcome_of(store, plan, now=NOW + 2 * HOUR) is Outcome.PUT_OFF
    assert outcome_of(store, plan, now=NOW + 26 * HOUR) is Outcome.OPEN
    assert outcome_of(store, plan, now=NOW + 99 * HOUR) is Outcome.LAPSED


def test_offered_anew_it_is_asked_anew_and_booked_stays_booked(store: Store) -> None:
    plan = offered(store, 1)
    decide(store, plan, Verdict.SKIP, 1)
    offer(store, plan, at=NOW + 2 * HOUR)
    assert outcome_of(store, plan, now=NOW + 3 * HOUR) is Outcome.OPEN
    decide(store, plan, Verdict.APPROVE, 4)
    apply_plan(store, plan.plan_id, None, at=NOW + 5 * HOUR, by="me")
    offer(store, plan, at=NOW + 6 * HOUR)
    assert outcome_of(store, plan, now=NOW + 7 * HOUR) is Outcome.BOOKED


def test_where_nothing_was_proposed_nothing_became_of_it(store: Store) -> None:
    plan = plan_from(MINE, [])
    store.save_plan(plan, at=NOW)
    assert outcome_of(store, plan, now=NOW) is None
