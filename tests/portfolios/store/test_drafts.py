"""Portfolios that wait for a word of their owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.model.portfolio import AlertRule, Holding, Lock, LockKind, Portfolio
from portfolios.store.database import Database, open_database
from portfolios.store.drafts import LIFE, Draft, Drafts, base_of
from portfolios.store.portfolio_store import Store

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
CORE = Portfolio(name="core", holdings=(Holding("bitcoin", Decimal("0.1")),), cash=Decimal("5.50"))
DRAFT = Draft(CORE, "abc")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "drafts.db") as opened:
        yield opened


def test_it_is_taken_up_once_and_unchanged(database: Database) -> None:
    name = Drafts(database).save("ann", DRAFT, now=NOW)
    assert Drafts(database).take("ann", name, now=NOW) == DRAFT
    assert Drafts(database).take("ann", name, now=NOW) is None


def test_nobody_else_takes_it_up(database: Database) -> None:
    name = Drafts(database).save("ann", DRAFT, now=NOW)
    assert Drafts(database).take("bob", name, now=NOW) is None
    assert Drafts(database).take("ann", name, now=NOW) == DRAFT


def test_it_waits_for_an_hour(database: Database) -> None:
    name = Drafts(database).save("ann", DRAFT, now=NOW)
    assert Drafts(database).take("ann", name, now=NOW + LIFE + timedelta(seconds=1)) is None


def test_one_of_a_clock_that_was_set_back_is_void(database: Database) -> None:
    name = Drafts(database).save("ann", DRAFT, now=NOW)
    before = NOW - timedelta(seconds=1)
    assert Drafts(database).find("ann", name, now=before) is None
    assert Drafts(database).take("ann", name, now=before) is None
    assert Drafts(database).take("ann", name, now=NOW) is None


def test_looked_at_it_stays_and_only_for_its_maker(database: Database) -> None:
    name = Drafts(database).save("ann", DRAFT, now=NOW)
    assert Drafts(database).find("bob", name, now=NOW) is None
    assert Drafts(database).find("ann", name, now=NOW + LIFE + timedelta(seconds=1)) is None
    assert Drafts(database).find("ann", name, now=NOW) == DRAFT
    assert Drafts(database).take("ann", name, now=NOW) == DRAFT


CHANGES = [
    replace(CORE, cash=Decimal("5.51")),
    replace(CORE, recorded={"bitcoin": Decimal(1)}),
    replace(CORE, alerts=(AlertRule("value > 1"),)),
    replace(CORE, holdings=(replace(CORE.holdings[0], locks=(Lock(LockKind.FROZEN),)),)),
    replace(CORE, holdings=()),
]


def test_any_change_changes_the_fingerprint_and_keeping_does_not(database: Database) -> None:
    store = Store(database)
    store.save_portfolio(CORE, at=NOW)
    assert base_of(store.load_portfolio("core")) == base_of(CORE)
    assert len({base_of(None), base_of(CORE), *map(base_of, CHANGES)}) == 2 + len(CHANGES)
