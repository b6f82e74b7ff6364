"""Reports for many people: each portfolio's is made once, and the work grows with the reports."""

from __future__ import annotations

import cProfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from alerts.delivery.outbox import Outbox
from alerts.messages import Kind
from alerts.migrations import ALERTS
from portfolios.model.insights import Insights
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.users import Person, Role
from portfolios.providers.sample.market import sample_market
from portfolios.store.completed_jobs import CompletedJobs
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.monitoring.due_reports import due_readers, unreported
from rebalancer.usecases.monitoring.round import RoundInputs, run_round
from rebalancer.usecases.reports.weekly_facts import weekly_report

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def people(count: int, **changes: object) -> tuple[Person, ...]:
    reached = Person("p", Role.OWNER, addresses={"email": "p@example.org"})
    return tuple(replace(reached, name=f"p{n}", **changes) for n in range(count))


def keep(store: Store, names: list[str]) -> None:
    for name in names:
        held = (Holding("bitcoin", Decimal(1)),)
        portfolio = Portfolio(name, cash=Decimal(100), holdings=held)
        store.save_portfolio(portfolio, at=MONDAY - timedelta(days=3))


def calls_of(function: Callable[..., object] | None, work: Callable[[], object]) -> int:
    """Count the calls of a function, or of all, while some work is done."""
    profile = cProfile.Profile()
    profile.runcall(work)
    code = None if function is None else function.__code__
    return sum(s.callcount for s in profile.getstats() if code is None or s.code is code)  # type: ignore[attr-defined]


def test_the_report_of_a_portfolio_is_made_once_for_all_its_readers(tmp_path: Path) -> None:
    with open_database(tmp_path / "r.db", migrations=(PORTFOLIOS, ALERTS)) as database:
        store = Store(database)
        keep(store, ["one", "two"])
        market = sample_market()
        inputs = RoundInputs(market, Insights(), people(5))
        made = calls_of(weekly_report, lambda: run_round(store, inputs, now=MONDAY))
        told = [d for d in Outbox(database).find() if d.message.kind is Kind.WEEKLY]
    assert (made, len(told)) == (2, 10)


def test_what_was_added_since_monday_has_its_first_report_in_the_next_week(tmp_path: Path) -> None:
    thursday = MONDAY + timedelta(days=3)
    with open_database(tmp_path / "r.db", migrations=(PORTFOLIOS, ALERTS)) as database:
        store = Store(database)
        keep(store, ["old"])
        store.save_portfolio(Portfolio("new", cash=Decimal(100)), at=MONDAY + timedelta(days=2))
        known, late = people(2)
        late = replace(late, reached_since=thursday)
        reported = []
        for now in (thursday, MONDAY + timedelta(days=7)):
            due = unreported(store, due_readers(store, (known, late), now=now))
            reported.append([(p.name, [r.person.name for r in each]) for p, each in due])
    assert reported[0] == [("old", ["p0"])]
    assert reported[1] == [("new", ["p0", "p1"]), ("old", ["p0", "p1"])]


def work_of_a_round(folder: Path, count: int) -> int:
    """Count the calls of a round in which everybody has the report of the one they may see."""
    names = [f"f{n}" for n in range(count)]
    each = [replace(p, portfolios=(n,)) for p, n in zip(people(count), names, strict=True)]
    with open_database(folder / f"{count}.db", migrations=(PORTFOLIOS, ALERTS)) as database:
        store = Store(database)
        keep(store, names)
        for person, name in zip(each, names, strict=True):
            CompletedJobs(database).record(f"weekly:{name}:{person.name}", "2026-W48", at=MONDAY)
        inputs = RoundInputs(replace(sample_market(), as_of=MONDAY), Insights(), tuple(each))
        run_round(store, inputs, now=MONDAY)  # what is estimated of the market is kept from here
        later = MONDAY + timedelta(hours=3)
        return calls_of(None, lambda: run_round(store, inputs, now=later))


def test_a_round_grows_with_people_and_portfolios_and_not_with_their_product(
    tmp_path: Path,
) -> None:
    five, ten, twenty = (work_of_a_round(tmp_path, count) for count in (5, 10, 20))
    assert abs((twenty - ten) / (ten - five) - 2) < 0.03
