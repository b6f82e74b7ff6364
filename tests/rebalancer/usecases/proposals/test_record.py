"""Decisions as they are written down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from portfolios.errors import DecisionError, StoreError
from portfolios.model.decisions import Ruling, Verdict
from portfolios.store.database import open_database
from portfolios.store.offers import Offers
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.apply import apply_plan
from rebalancer.usecases.proposals.record import record_decision
from tests.portfolios.store.plan_examples import LATER, NOW, core, sell_ten_solana


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "rebalancer.db") as database:
        yield Store(database)


def test_decisions_are_kept_in_order(store: Store) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    record_decision(store, "0123", Verdict.SNOOZE, at=NOW, by="ada", until=LATER)
    record_decision(store, "0123", Verdict.APPROVE, at=LATER, by="bob")
    assert store.decisions("0123456789ab") == (
        Ruling("0123456789ab", Verdict.SNOOZE, NOW, "ada", LATER),
        Ruling("0123456789ab", Verdict.APPROVE, LATER, "bob"),
    )


def test_taking_the_same_decision_twice_names_who_took_it_first(store: Store) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    record_decision(store, "0123", Verdict.APPROVE, at=NOW, by="ada")
    again = record_decision(store, "0123", Verdict.APPROVE, at=LATER, by="bob")
    assert (again.is_new, again.ruling.by, again.ruling.at) == (False, "ada", NOW)
    assert len(store.decisions("0123456789ab")) == 1


def test_a_plan_that_is_offered_anew_is_decided_anew(store: Store) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    for at in (NOW, LATER):
        Offers(store.database).record(sell_ten_solana(), at=at)
        assert record_decision(store, "0123", Verdict.SKIP, at=at, by="ada").is_new
        assert not record_decision(store, "0123", Verdict.SKIP, at=at, by="ada").is_new
    assert [ruling.at for ruling in store.decisions("0123456789ab")] == [NOW, LATER]


def test_a_snooze_without_an_end_is_refused(store: Store) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    with pytest.raises(StoreError, match="refused a value"):
        record_decision(store, "0123", Verdict.SNOOZE, at=NOW, by="ada")


def test_an_applied_plan_takes_no_other_decision(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    store.save_plan(sell_ten_solana(), at=NOW)
    apply_plan(store, "0123", None, at=NOW, by="ada")
    with pytest.raises(DecisionError, match="was applied by ada at 2026-11-22T09:00:00Z"):
        record_decision(store, "0123", Verdict.SKIP, at=LATER, by="bob")


def test_applying_cannot_be_recorded_without_the_trades(store: Store) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    with pytest.raises(DecisionError, match="only applying"):
        record_decision(store, "0123", Verdict.APPLY, at=NOW, by="ada")
