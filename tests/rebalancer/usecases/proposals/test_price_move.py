"""How far prices have moved: known, in doubt, too old, or stated by the holder."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from portfolios.model.market import Market
from portfolios.model.plan import Plan
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.price_move import price_move
from rebalancer.usecases.proposals.propose import propose

SAMPLE = sample_market()
NOW = SAMPLE.as_of
OWN = Portfolio(
    "core", cash=Decimal(500), holdings=(Holding("bitcoin", Decimal(1)),),
    targets={"bitcoin": Decimal("0.5"), "ethereum": Decimal("0.4")},
)  # fmt: skip
PLAN = propose(analyse(OWN, SAMPLE)).plan


def priced(factor: str, **changes: object) -> Market:
    bitcoin = SAMPLE.quotes["bitcoin"]
    quote = replace(bitcoin, price=bitcoin.price * Decimal(factor), **changes)  # type: ignore[arg-type]
    return replace(SAMPLE, quotes={**SAMPLE.quotes, "bitcoin": quote})


def moved(market: Market | None, plan: Plan = PLAN) -> float | None:
    return price_move(plan, OWN, market, now=NOW)


def test_the_largest_move_counts_up_or_down() -> None:
    assert {trade.asset_id for trade in PLAN.trades} == {"bitcoin", "ethereum"}
    assert moved(SAMPLE) == 0.0
    assert moved(priced("0.96")) == pytest.approx(0.04)
    assert moved(priced("1.07")) == pytest.approx(0.07)


def test_what_is_in_doubt_or_missing_is_unknown() -> None:
    assert moved(priced("1", quarantined="jumped")) is None
    assert moved(replace(SAMPLE, quotes={})) is None
    assert moved(None) is None


def test_made_up_prices_say_nothing_of_a_plan_at_real_ones() -> None:
    assert moved(replace(SAMPLE, is_sample=False)) is None
    real = replace(PLAN, is_sample=False)
    assert moved(replace(SAMPLE, is_sample=False), real) == 0.0


def test_prices_in_other_money_than_the_portfolio_say_nothing_of_its_plan() -> None:
    assert moved(replace(SAMPLE, currency="eur")) is None
    euros = replace(OWN, currency="eur")
    assert price_move(PLAN, euros, SAMPLE, now=NOW) is None


def test_a_price_too_old_to_act_on_is_unknown() -> None:
    real, market = replace(PLAN, is_sample=False), replace(SAMPLE, is_sample=False)
    later = NOW + timedelta(days=4)
    assert price_move(real, OWN, market, now=later) is None
