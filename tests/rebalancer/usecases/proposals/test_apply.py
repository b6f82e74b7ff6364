"""Booking the trades of a plan: exactly, once, and only what it started from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.errors import DecisionError, StoreError
from portfolios.model.decisions import Ruling, Verdict
from portfolios.model.plan import Decision
from portfolios.model.portfolio import Holding
from portfolios.store.database import open_database
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.apply import apply_plan
from tests.portfolios.store.plan_examples import LATER, NOW, core, sell_ten_solana


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "rebalancer.db") as database:
        yield Store(database)


def test_applying_books_the_trades_and_the_decision(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    store.save_plan(sell_ten_solana(), at=NOW)
    applied = apply_plan(store, "0123", None, at=LATER, by="ada")
    stored = store.load_portfolio("core")
    assert applied.is_new
    assert applied.portfolio == stored
    assert {h.asset_id: h.quantity for h in stored.holdings} == {
        "bitcoin": Decimal("0.42"),
        "near": Decimal(1),
        "solana": Decimal(20),
    }
    assert stored.cash == Decimal("1398.90")
    assert store.decisions("0123456789ab") == (Ruling("0123456789ab", Verdict.APPLY, LATER, "ada"),)


def test_applying_twice_changes_nothing_and_says_so(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    store.save_plan(sell_ten_solana(), at=NOW)
    first = apply_plan(store, "0123", None, at=NOW, by="ada")
    second = apply_plan(store, "0123", None, at=LATER, by="bob")
    assert (second.is_new, second.ruling, second.portfolio) == (
        False,
        first.ruling,
        first.portfolio,
    )
    assert store.load_portfolio("core") == first.portfolio
    assert len(store.decisions("0123456789ab")) == 1


def test_money_coming_in_is_booked_with_the_plan(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    store.save_plan(sell_ten_solana(flow="250"), at=NOW)
    apply_plan(store, "0123", None, at=NOW, by="ada")
    assert store.load_portfolio("core").cash == Decimal("1648.90")


def test_nothing_is_booked_when_holdings_changed_since_the_plan(store: Store) -> None:
    changed = replace(core(), holdings=(Holding("solana", Decimal("29.5")),))
    store.save_portfolio(changed, at=NOW)
    store.save_plan(sell_ten_solana(), at=NOW)
    with pytest.raises(DecisionError, match="holdings changed") as caught:
        apply_plan(store, "0123", None, at=NOW, by="ada")
    assert "bitcoin was 0.42, is 0; solana was 30, is 29.5" in str(caught.value)
    assert "run again" in caught.value.hint
    assert store.load_portfolio("core") == changed
    assert store.decisions("0123456789ab") == ()


def test_nothing_is_booked_when_cash_changed_since_the_plan(store: Store) -> None:
    store.save_portfolio(replace(core(), cash=Decimal("499.99")), at=NOW)
    store.save_plan(sell_ten_solana(), at=NOW)
    with pytest.raises(DecisionError, match=r"cash was 500\.00, is 499\.99"):
        apply_plan(store, "0123", None, at=NOW, by="ada")


def test_a_plan_whose_cash_does_not_add_up_is_never_booked(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    store.save_plan(replace(sell_ten_solana(), proposed_cash=Decimal("1398.91")), at=NOW)
    with pytest.raises(StoreError, match=r"up: 1398\.90 after its trades, 1398\.91"):
        apply_plan(store, "0123", None, at=NOW, by="ada")
    assert store.load_portfolio("core") == core()


def test_a_plan_without_trades_cannot_be_applied(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    store.save_plan(replace(sell_ten_solana(), decision=Decision.HOLD, trades=()), at=NOW)
    with pytest.raises(DecisionError, match="proposes no trades"):
        apply_plan(store, "0123", None, at=NOW, by="ada")


def test_verbs_join_into_one_unit(store: Store) -> None:
    def all_at_once() -> None:
        with store.database.transaction():
            store.save_portfolio(core(), at=NOW)
            store.save_plan(sell_ten_solana(), at=NOW)
            apply_plan(store, "0123", None, at=NOW, by="ada")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        all_at_once()
    assert (store.list_portfolios(), store.plans()) == ((), ())
