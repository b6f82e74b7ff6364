from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolios.errors import StoreError
from portfolios.model.decisions import Ruling, Verdict
from portfolios.model.plan import Decision, Plan, PlanPosition, Side, Trade
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
from portfolios.store.offers import Offers
from portfolios.store.portfolio_store import Store

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "rebalancer.db") as database:
        yield Store(database)


def core() -> Portfolio:
    return Portfolio(
        "core",
        cash=Decimal("500.00"),
        holdings=(Holding("bitcoin", Decimal("0.42")), Holding("solana", Decimal(30))),
    )


def position(asset_id: str, quantity: str, after: str) -> PlanPosition:
    return PlanPosition(
        asset_id=asset_id,
        symbol=asset_id[:3].upper(),
        sector="layer1",
        quantity=Decimal(quantity),
        price=Decimal(100),
        value=Decimal(quantity) * 100,
        weight=0.1,
        reference_weight=0.1,
        proposed_weight=0.1,
        proposed_quantity=Decimal(after),
    )


def trade(asset_id: str, side: Side, quantity: str, notional: str, cost: str) -> Trade:
    size = Decimal(quantity)
    return Trade(asset_id, asset_id, side, size, Decimal(100), Decimal(notional), Decimal(cost))


def sell_ten_solana(plan_id: str = "0123456789ab", *, flow: str = "0") -> Plan:
    """Sells 10 solana for 1000.00, buys 1 near for 100.00, costs 1.10."""
    return Plan(
        plan_id=plan_id,
        portfolio="core",
        as_of=NOW,
        inputs_hash=f"sha256:{plan_id}",
        decision=Decision.TRADE,
        reason="solana over its limit",
        trigger=("limit",),
        mode="full",
        profile="balanced",
        currency="usd",
        value=Decimal("3542.00"),
        cash=Decimal(500) + Decimal(flow),
        proposed_cash=Decimal("1398.90") + Decimal(flow),
        flow=Decimal(flow),
        drift=0.1,
        proposed_drift=0.0,
        turnover=0.28,
        estimated_cost=Decimal("1.10"),
        positions=(
            position("bitcoin", "0.42", "0.42"),
            position("near", "0", "1"),
            position("solana", "30", "20"),
        ),
        trades=(
            trade("near", Side.BUY, "1", "100.00", "0.10"),
            trade("solana", Side.SELL, "10", "1000.00", "1.00"),
        ),
    )


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
    store.record_decision("0123456789ab", Verdict.APPROVE, at=NOW, by="ada")
    with (
        pytest.raises(StoreError, match="append-only"),
        store.database.transaction(),
    ):
        store.database.execute(statement)
    assert store.plans() == (sell_ten_solana(),)


def test_decisions_are_kept_in_order(store: Store) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    store.record_decision("0123", Verdict.SNOOZE, at=NOW, by="ada", until=LATER)
    store.record_decision("0123", Verdict.APPROVE, at=LATER, by="bob")
    assert store.decisions("0123456789ab") == (
        Ruling("0123456789ab", Verdict.SNOOZE, NOW, "ada", LATER),
        Ruling("0123456789ab", Verdict.APPROVE, LATER, "bob"),
    )


def test_taking_the_same_decision_twice_names_who_took_it_first(store: Store) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    store.record_decision("0123", Verdict.APPROVE, at=NOW, by="ada")
    again = store.record_decision("0123", Verdict.APPROVE, at=LATER, by="bob")
    assert (again.is_new, again.ruling.by, again.ruling.at) == (False, "ada", NOW)
    assert len(store.decisions("0123456789ab")) == 1


def test_a_plan_that_is_offered_anew_is_decided_anew(store: Store) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    for at in (NOW, LATER):
        Offers(store.database).record(sell_ten_solana(), at=at)
        assert store.record_decision("0123", Verdict.SKIP, at=at, by="ada").is_new
        assert not store.record_decision("0123", Verdict.SKIP, at=at, by="ada").is_new
    assert [ruling.at for ruling in store.decisions("0123456789ab")] == [NOW, LATER]


def test_a_snooze_without_an_end_is_refused(store: Store) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    with pytest.raises(StoreError, match="refused a value"):
        store.record_decision("0123", Verdict.SNOOZE, at=NOW, by="ada")


def test_applying_books_the_trades_and_the_decision(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    store.save_plan(sell_ten_solana(), at=NOW)
    applied = store.apply_plan("0123", at=LATER, by="ada")
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
    first = store.apply_plan("0123", at=NOW, by="ada")
    second = store.apply_plan("0123", at=LATER, by="bob")
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
    store.apply_plan("0123", at=NOW, by="ada")
    assert store.load_portfolio("core").cash == Decimal("1648.90")


def test_nothing_is_booked_when_holdings_changed_since_the_plan(store: Store) -> None:
    changed = replace(core(), holdings=(Holding("solana", Decimal("29.5")),))
    store.save_portfolio(changed, at=NOW)
    store.save_plan(sell_ten_solana(), at=NOW)
    with pytest.raises(StoreError, match="holdings changed") as caught:
        store.apply_plan("0123", at=NOW, by="ada")
    assert "bitcoin was 0.42, is 0; solana was 30, is 29.5" in str(caught.value)
    assert "run again" in caught.value.hint
    assert store.load_portfolio("core") == changed
    assert store.decisions("0123456789ab") == ()


def test_nothing_is_booked_when_cash_changed_since_the_plan(store: Store) -> None:
    store.save_portfolio(replace(core(), cash=Decimal("499.99")), at=NOW)
    store.save_plan(sell_ten_solana(), at=NOW)
    with pytest.raises(StoreError, match=r"cash was 500\.00, is 499\.99"):
        store.apply_plan("0123", at=NOW, by="ada")


def test_a_plan_whose_cash_does_not_add_up_is_never_booked(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    store.save_plan(replace(sell_ten_solana(), proposed_cash=Decimal("1398.91")), at=NOW)
    with pytest.raises(StoreError, match=r"up: 1398\.90 after its trades, 1398\.91"):
        store.apply_plan("0123", at=NOW, by="ada")
    assert store.load_portfolio("core") == core()


def test_a_plan_without_trades_cannot_be_applied(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    store.save_plan(replace(sell_ten_solana(), decision=Decision.HOLD, trades=()), at=NOW)
    with pytest.raises(StoreError, match="proposes no trades"):
        store.apply_plan("0123", at=NOW, by="ada")


def test_an_applied_plan_takes_no_other_decision(store: Store) -> None:
    store.save_portfolio(core(), at=NOW)
    store.save_plan(sell_ten_solana(), at=NOW)
    store.apply_plan("0123", at=NOW, by="ada")
    with pytest.raises(StoreError, match="was applied by ada at 2026-11-22T09:00:00Z"):
        store.record_decision("0123", Verdict.SKIP, at=LATER, by="bob")


def test_applying_cannot_be_recorded_without_the_trades(store: Store) -> None:
    store.save_plan(sell_ten_solana(), at=NOW)
    with pytest.raises(StoreError, match="only applying"):
        store.record_decision("0123", Verdict.APPLY, at=NOW, by="ada")


def test_verbs_join_into_one_unit(store: Store) -> None:
    def all_at_once() -> None:
        with store.database.transaction():
            store.save_portfolio(core(), at=NOW)
            store.save_plan(sell_ten_solana(), at=NOW)
            store.apply_plan("0123", at=NOW, by="ada")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        all_at_once()
    assert (store.list_portfolios(), store.plans()) == ((), ())


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
