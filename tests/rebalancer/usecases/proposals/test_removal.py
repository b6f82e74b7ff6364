"""A portfolio that is removed leaves nothing that waits, and nothing for one of the same name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from alerts.delivery.outbox import Outbox
from alerts.delivery.routing import Post
from alerts.messages import Kind, Message
from alerts.migrations import ALERTS
from alerts.preferences.store import PreferenceStore
from alerts.triggers.state_store import AlertState
from portfolios.errors import NotFoundError
from portfolios.model.decisions import Verdict
from portfolios.model.policy import Policy, Profile
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.users import Person, Role
from portfolios.providers.sample.market import sample_market
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from portfolios.store.user_store import PeopleStore
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.keep import keep_and_offer
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.proposals.removal import remove_portfolio
from rebalancer.usecases.proposals.status import open_plan

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ANN = Person("ann", Role.OWNER, addresses={"email": "ann@example.org", "telegram": "7"})
MARKET = sample_market()
HELD = (Holding("bitcoin", Decimal(2)), Holding("ethereum", Decimal(1)))
POLICY = Policy(profile=Profile.BALANCED)
CORE = Portfolio("core", holdings=HELD, policy=POLICY)
OTHER = Portfolio("other", holdings=HELD)
PLAN = propose(analyse(CORE, MARKET)).plan


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "p.db", migrations=(PORTFOLIOS, ALERTS)) as database:
        PeopleStore(database).save(ANN)
        made = Store(database)
        for portfolio in (CORE, OTHER):
            made.save_portfolio(portfolio, at=NOW)
            leave_traces(made, portfolio.name)
        keep_and_offer(made, PLAN, at=NOW)
        yield made


def leave_traces(store: Store, name: str) -> None:
    message = Message(Kind.DECISION, f"fact:{name}", f"a fact of {name}", NOW, portfolio=name)
    held = replace(message, key=f"held:{name}")
    with store.database.transaction():
        Post.of(store, now=NOW).send(message, [ANN])
        PreferenceStore(store.database).hold_back("ann", "email", held, at=NOW)
        AlertState(store.database, name).mark({"grade": "1"})


def traces(store: Store, name: str) -> tuple[int, int, int]:
    waiting = [d for d in Outbox(store.database).find() if d.message.portfolio == name]
    held = PreferenceStore(store.database).held_back("ann", "email")
    own = [m for m in held if m.portfolio == name]
    return len(waiting), len(own), len(AlertState(store.database, name).marks())


def test_nothing_of_a_removed_portfolio_is_told_or_remembered(store: Store) -> None:
    other = traces(store, "other")
    assert all(other)
    assert remove_portfolio(store, "core", by="ann", at=NOW) == other[0]
    assert traces(store, "core") == (0, 0, 0)
    assert traces(store, "other") == other


def test_its_open_proposal_is_skipped_and_no_other_of_its_name_begins_with_it(store: Store) -> None:
    assert open_plan(store, "core", now=NOW) == PLAN
    remove_portfolio(store, "core", by="ann", at=NOW + timedelta(hours=1))
    store.save_portfolio(CORE, at=NOW + timedelta(hours=2))
    assert open_plan(store, "core", now=NOW + timedelta(hours=2)) is None
    (ruling,) = store.decisions(PLAN.plan_id)
    assert (ruling.verdict, ruling.by) == (Verdict.SKIP, "ann")
    assert store.plans("core") == (PLAN,)


def test_what_does_not_exist_is_not_removed_and_changes_nothing(store: Store) -> None:
    before = traces(store, "core")
    with pytest.raises(NotFoundError):
        remove_portfolio(store, "cores", by="ann", at=NOW)
    assert traces(store, "core") == before
