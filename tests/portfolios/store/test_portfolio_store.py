from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolios.errors import StoreError
from portfolios.model.decisions import Ruling, Verdict
from portfolios.model.policy import Freed, Mode, Policy, Profile, Range, Signals
from portfolios.model.portfolio import (
    AlertRule,
    Holding,
    Investor,
    Lock,
    LockKind,
    Lot,
    Portfolio,
    Restrictions,
    StatedPrice,
)
from portfolios.store.database import open_database
from portfolios.store.portfolio_store import Store
from tests.portfolios.store.plan_examples import LATER, NOW, core, sell_ten_solana


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "rebalancer.db") as database:
        yield Store(database)


def test_a_portfolio_loads_as_it_was_saved(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    assert store.load_portfolio("core") == core()


def test_saving_again_replaces_the_holdings(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    smaller = replace(core(), holdings=(Holding("near", Decimal(1)),), currency="eur")
    store.save_portfolio(smaller, at=LATER)
    assert store.list_portfolios() == (smaller,)


def test_portfolios_are_listed_by_name_even_without_holdings(store: Store) -> None:
    empty = Portfolio("a nearly empty one", cash=Decimal("0.01"))
    store.save_portfolio(core(), at=NOW)
    store.save_portfolio(empty, at=NOW)
    assert store.list_portfolios() == (empty, core())


def test_an_unknown_name_is_answered_with_the_nearest_one(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    with pytest.raises(StoreError, match="there is no portfolio 'coer'") as caught:
        store.load_portfolio("coer")
    assert "'core'" in caught.value.hint


def test_a_holding_that_breaks_a_rule_of_the_table_leaves_the_old_portfolio(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    broken = replace(core(), holdings=(Holding("near", Decimal(1)), Holding("sui", Decimal(-1))))
    with pytest.raises(StoreError, match="refused a value"):
        store.save_portfolio(broken, at=LATER)
    assert store.load_portfolio("core") == core()


@pytest.mark.parametrize("quantity", [0.1, 30, True, "0.1", None, Decimal("NaN"), Decimal("inf")])
def test_only_a_finite_decimal_reaches_the_ledger(store: Store, quantity: Decimal) -> None:
    holding = Holding("bitcoin", quantity)
    with pytest.raises(ValueError):
        store.save_portfolio(replace(core(), holdings=(holding,)), at=NOW)
    assert store.list_portfolios() == ()


def test_saving_the_same_plan_again_changes_nothing(store: Store) -> None:
    assert store.save_plan(sell_ten_solana(), at=NOW)
    assert not store.save_plan(sell_ten_solana(), at=LATER)
    assert store.plans() == (sell_ten_solana(),)


def test_another_plan_under_the_same_id_is_refused(store: Store) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    with pytest.raises(StoreError, match="differs"):
        store.save_plan(replace(sell_ten_solana(), reason="another"), at=NOW)
    assert store.plans() == (sell_ten_solana(),)


def test_a_plan_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    first, second = sell_ten_solana("aaaa11111111"), sell_ten_solana("aaab11111111")
    store.save_plan(first, at=NOW)
    store.save_plan(second, at=NOW)
    assert store.load_plan("AAAB") == second
    with pytest.raises(StoreError, match="several plans begin with aaa: aaaa11111111, aaab"):
        store.load_plan("aaa")


@pytest.mark.parametrize("asked", ["", " ", "ffff", "%", "aaaa11111111x"])
def test_a_plan_that_is_not_there_is_said_so(store: Store, asked: str) -> None:
    store.save_plan(sell_ten_solana("aaaa11111111"), at=NOW)
    with pytest.raises(StoreError, match="there is no plan"):
        store.load_plan(asked)


def test_plans_of_a_removed_portfolio_stay_in_the_history(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    store.save_plan(sell_ten_solana(), at=NOW)
    store.remove_portfolio("core")
    assert store.list_portfolios() == ()
    assert store.plans("core") == (sell_ten_solana(),)
    assert store.plans("other") == ()


def test_removing_what_is_not_there_is_said_so(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no portfolio 'core'"):
        store.remove_portfolio("core")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE plans SET document = '{}'",
        "DELETE FROM plans",
        "INSERT OR REPLACE INTO plans SELECT * FROM plans",
        "UPDATE decisions SET verdict = 'skip'",
        "DELETE FROM decisions",
    ],
)
def test_plans_and_decisions_are_append_only(store: Store, statement: str) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    store.add_decision(Ruling("0123456789ab", Verdict.APPROVE, NOW, "ada"))
    with (
        pytest.raises(StoreError, match="append-only"),
        store.database.transaction(),
    ):
        store.database.execute(statement)
    assert store.plans() == (sell_ten_solana(),)


def test_a_document_that_cannot_be_read_is_named(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    with store.database.transaction():
        store.database.execute("UPDATE holdings SET document = '{\"colour\": 1}'")
    with pytest.raises(StoreError, match="portfolio 'core' cannot be read"):
        store.load_portfolio("core")


amounts = st.decimals(min_value=0, max_value=10**15, allow_nan=False, allow_infinity=False)
fractions = st.none() | st.decimals(min_value=0, max_value=1, places=4)
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
names = st.text("abcdefghij-0123456789", min_size=1, max_size=12).filter(lambda t: t != "cash")
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1))
weights = st.dictionaries(names, st.decimals(min_value=0, max_value=1, places=6), max_size=3)
ranges = st.dictionaries(names, st.builds(Range, fractions, fractions), max_size=3)
policies = st.builds(
    Policy,
    profile=st.sampled_from(Profile),
    mode=st.sampled_from(Mode),
    signals=st.none() | st.sampled_from(Signals),
    freed=st.sampled_from(Freed),
    turnover=fractions,
    min_trade=st.none() | amounts,
    fee=fractions,
    cash_buffer=fractions,
    max_volatility=fractions,
    band=fractions,
    rebalance_every_days=st.integers(1, 400),
    candidates=st.lists(names, max_size=3).map(tuple),
    sectors=ranges,
    assets=ranges,
)
holdings = st.builds(
    Holding,
    asset_id=names,
    quantity=amounts,
    lots=st.lists(st.builds(Lot, amounts, st.none() | amounts, st.none() | days), max_size=2).map(
        tuple
    ),
    locks=st.lists(
        st.builds(Lock, st.sampled_from(LockKind), st.none() | days, words, st.none() | amounts),
        max_size=2,
    ).map(tuple),
    restrictions=st.builds(
        Restrictions,
        st.booleans(),
        st.lists(words, max_size=2).map(tuple),
        st.none() | days,
        st.booleans(),
        st.none() | st.booleans(),
    ),
    stated=st.none() | st.builds(StatedPrice, amounts, days),
    kind=words,
    symbol=words,
    name=words,
    sector=words,
    membership=weights,
    account=words,
)
portfolios = st.builds(
    Portfolio,
    name=words.filter(bool),
    currency=st.sampled_from(["usd", "eur"]),
    cash=amounts,
    holdings=st.lists(holdings, max_size=3, unique_by=lambda h: h.asset_id).map(tuple),
    policy=policies,
    targets=st.none() | weights,
    targets_from=words,
    recorded=st.none() | weights,
    investor=st.builds(Investor, st.none() | st.booleans(), st.none() | words),
    alerts=st.lists(st.builds(AlertRule, words), max_size=2).map(tuple),
    unknown=st.lists(words, max_size=2).map(tuple),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(portfolio=portfolios)
def test_any_portfolio_survives_the_store(store: Store, portfolio: Portfolio) -> None:
    store.save_portfolio(portfolio, at=NOW)
    assert store.load_portfolio(portfolio.name) == portfolio
    store.remove_portfolio(portfolio.name)
