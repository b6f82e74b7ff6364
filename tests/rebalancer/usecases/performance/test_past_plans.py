"""Past plans with what each has earned since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.model.decisions import Verdict
from portfolios.store.database import open_database
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.performance.past_plans import past_plans
from rebalancer.usecases.proposals.apply import apply_plan
from rebalancer.usecases.proposals.outcome import Outcome
from rebalancer.usecases.proposals.record import record_decision
from rebalancer.usecases.proposals.status import offer
from tests.rebalancer.usecases.performance.past_plan_examples import (
    NOW,
    buys,
    held,
    market_of,
    plan_from,
    sells,
)

MINE = held({"bitcoin": "5", "solana": "10"}, "1000")
TRADES = (
    buys("pepe", "100.5", "50.33", "0.04"),
    sells("bitcoin", "0.333", "33.30", "0.03"),
    sells("solana", "7", "70.00", "0.07"),
)
MARKET = market_of({"bitcoin": "110.05", "solana": "9.999", "pepe": "0.5013"})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "h.db") as database:
        kept = Store(database)
        kept.save_portfolio(MINE, at=NOW)
        yield kept


def keep(store: Store, number: int, **changes: object) -> None:
    plan = plan_from(MINE, TRADES, number=number, **changes)  # type: ignore[arg-type]
    store.save_plan(plan, at=NOW)
    offer(store, plan, at=NOW)


def test_a_plan_earns_what_its_trades_gained_less_their_costs(store: Store) -> None:
    keep(store, 1)
    (found,) = past_plans(store, MARKET, "mine", now=NOW)
    # 100.5 at 0.5013 for 50.33; 0.333 at 110.05 that went for 33.30; 7 at 9.999 that went for 70
    exact = [Decimal("0.01065"), Decimal("-3.37665"), Decimal("-0.063")]
    assert [round(part.earned or 0, 12) for part in found.parts] == exact
    assert round(found.earned or 0, 12) == sum(exact, Decimal(0)) == Decimal("-3.42900")
    assert found.cents == Decimal("-3.43")
    assert [str(c) for c in found.cents_of_parts] == ["0.01", "-3.38", "-0.06"]
    assert sum((c for c in found.cents_of_parts if c is not None), Decimal(0)) == found.cents
    assert found.unknown == ""


def test_cents_of_trades_add_up_where_each_rounded_by_itself_would_not(store: Store) -> None:
    trades = [buys(asset, "1", "1.00") for asset in ("bitcoin", "pepe", "solana")]
    store.save_plan(plan_from(MINE, trades), at=NOW)
    market = market_of(dict.fromkeys(("bitcoin", "pepe", "solana"), "1.004"))
    (found,) = past_plans(store, market, "mine", now=NOW)
    assert [str(cents) for cents in found.cents_of_parts] == ["0.01", "0.00", "0.00"]
    assert found.cents == Decimal("0.01")


def test_a_missing_price_makes_the_whole_plan_unknown_and_never_zero(store: Store) -> None:
    keep(store, 1)
    quotes = {a: q for a, q in MARKET.quotes.items() if a != "solana"}
    (found,) = past_plans(store, replace(MARKET, quotes=quotes), "mine", now=NOW)
    assert (found.earned, found.cents, found.unknown) == (None, None, "no good price of SOL")
    assert [c is None for c in found.cents_of_parts] == [False, False, True]


def test_a_price_in_doubt_or_too_old_is_no_price(store: Store) -> None:
    keep(store, 1)
    solana = MARKET.quotes["solana"]
    for doubt in (
        replace(solana, quarantined="decimal shift"),
        replace(solana, at=NOW - timedelta(hours=51)),
    ):
        market = replace(MARKET, quotes={**MARKET.quotes, "solana": doubt})
        (found,) = past_plans(store, market, "mine", now=NOW)
        assert (found.earned, found.unknown) == (None, "no good price of SOL")


@pytest.mark.parametrize("is_sample", [True, False])
def test_made_up_prices_and_real_ones_are_not_mixed(store: Store, *, is_sample: bool) -> None:
    keep(store, 1, is_sample=is_sample)
    same, other = replace(MARKET, is_sample=is_sample), replace(MARKET, is_sample=not is_sample)
    (known,) = past_plans(store, same, "mine", now=NOW)
    (unknown,) = past_plans(store, other, "mine", now=NOW)
    assert known.earned is not None
    assert (unknown.earned, unknown.unknown) == (
        None,
        "made-up prices and real ones are not mixed",
    )


def test_another_currency_and_no_market_are_unknown(store: Store) -> None:
    keep(store, 1)
    (other,) = past_plans(store, replace(MARKET, currency="eur"), "mine", now=NOW)
    assert (other.earned, other.unknown) == (None, "it is in usd, prices are in eur")
    (none,) = past_plans(store, None, "mine", now=NOW)
    assert (none.earned, none.unknown) == (None, "no prices were pulled yet")
    assert none.cents_of_parts == (None, None, None)


def test_approved_and_then_booked_is_one_plan(store: Store) -> None:
    keep(store, 1)
    keep(store, 2)
    (name,) = [p.plan_id for p in store.plans() if p.plan_id.endswith("2")]
    record_decision(store, name, Verdict.APPROVE, at=NOW, by="me")
    apply_plan(store, name, None, at=NOW, by="me")
    found = past_plans(store, MARKET, "mine", now=NOW)
    assert [entry.outcome for entry in found] == [Outcome.BOOKED, Outcome.REPLACED]
    assert found[0].ruling is not None
    assert found[0].ruling.verdict is Verdict.APPLY


def test_plans_of_a_removed_portfolio_are_measured_all_the_same(store: Store) -> None:
    keep(store, 1)
    store.remove_portfolio("mine")
    (found,) = past_plans(store, MARKET, now=NOW)
    assert found.cents == Decimal("-3.43")
