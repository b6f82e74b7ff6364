"""The user's own rules: told once, cleared by a margin, silent about what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from alerts.triggers.user_rules import RuleContext, RuleState, judge_rules, value_of
from portfolios.documents.codec import from_json, to_json
from portfolios.loaders.alert_rules import parse_rule
from portfolios.model.market import Market
from portfolios.model.portfolio import AlertRule, Holding, Portfolio
from portfolios.model.valuation import value_portfolio
from portfolios.providers.sample.market import sample_market

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def market() -> Market:
    return sample_market()


def facts(market: Market, *rules: str) -> RuleContext:
    held = (Holding("bitcoin", Decimal("0.5")), Holding("uniswap", Decimal(1000)))
    portfolio = Portfolio(
        "p", cash=Decimal(5000), holdings=held, alerts=tuple(AlertRule(r) for r in rules)
    )
    return RuleContext(portfolio, value_portfolio(portfolio, market), market, {"bitcoin": 0.5})


def priced(market: Market, price: float) -> Market:
    quote = replace(market.quotes["bitcoin"], price=Decimal(str(price)))
    return replace(market, quotes={**market.quotes, "bitcoin": quote})


def run(market: Market, rule: str, prices: list[float]) -> list[bool]:
    known: tuple[RuleState, ...] = ()
    told = []
    for day, price in enumerate(prices):
        known, fired = judge_rules(
            facts(priced(market, price), rule), known, at=NOW + timedelta(days=day)
        )
        told.append(bool(fired))
    return told


def test_a_rule_is_told_once_and_again_only_after_it_cleared_by_the_margin(market: Market) -> None:
    prices = [99_000, 100_500, 99_900, 100_500, 98_900, 100_500, 100_600]
    assert run(market, "price bitcoin > 100000", prices) == [
        False, True, False, False, False, True, False,
    ]  # fmt: skip


def test_a_rule_that_is_true_from_the_start_is_told(market: Market) -> None:
    assert run(market, "price bitcoin < 100000", [90_000, 90_000]) == [True, False]


@pytest.mark.parametrize(
    "broken",
    [
        {"quarantined": "it jumped"},
        {"at": NOW - timedelta(hours=3)},
    ],
)
def test_what_is_in_doubt_or_old_neither_fires_nor_clears(
    market: Market, broken: dict[str, object]
) -> None:
    quote = replace(market.quotes["bitcoin"], price=Decimal(200_000), **broken)
    doubtful = replace(market, quotes={**market.quotes, "bitcoin": quote})
    rule = "price bitcoin > 100000"
    assert judge_rules(facts(doubtful, rule), (), at=NOW)[1] == ()
    was = RuleState(rule, True, NOW, 120_000.0)
    quote = replace(quote, price=Decimal(1))
    doubtful = replace(market, quotes={**market.quotes, "bitcoin": quote})
    (state,) = judge_rules(facts(doubtful, rule), (was,), at=NOW)[0]
    assert state == replace(was, is_unknown=True)
    assert (was.holds, state.holds) == (True, None)
    assert judge_rules(facts(market, rule), (state,), at=NOW)[0][0].holds is not None
    assert RuleState(rule, False, NOW).holds is None


def test_each_subject_has_its_value(market: Market) -> None:
    at = facts(market)
    total = float(at.valuation.value)
    bitcoin = float(market.quotes["bitcoin"].price) / 2
    expected = {
        "price bitcoin > 1": float(market.quotes["bitcoin"].price),
        "weight bitcoin > 1%": bitcoin / total,
        "drift bitcoin > 1%": abs(bitcoin / total - 0.5),
        "value > 1": total,
        "sector.layer1 > 1%": bitcoin / total,
        "short_grade uniswap < 40": market.grades["uniswap"].short,
        "long_grade uniswap < 40": market.grades["uniswap"].long,
        "trend uniswap < 0": market.grades["uniswap"].trend,
    }
    for rule, value in expected.items():
        assert value_of(parse_rule(rule), at) == pytest.approx(value), rule
    change = value_of(parse_rule("change_24h bitcoin < -5%"), at)
    assert change is not None
    assert -0.5 < change < 0.5
    assert value_of(parse_rule("price nobody > 1"), at) is None


def test_a_rule_that_is_taken_away_is_forgotten(market: Market) -> None:
    known, _ = judge_rules(facts(market, "value > 1"), (), at=NOW)
    assert judge_rules(facts(market), known, at=NOW) == ((), ())
    assert from_json(RuleState, to_json(known[0])) == known[0]
