"""What an owner should look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from portfolios.providers.quota.quota import Usage
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.monitoring.data_alerts import doubts, scarce_credits


def test_prices_in_doubt_old_or_missing_are_named_and_the_rest_is_not() -> None:
    market = sample_market()
    quotes = dict(market.quotes)
    quotes["bitcoin"] = replace(quotes["bitcoin"], quarantined="it jumped")
    quotes["solana"] = replace(quotes["solana"], at=market.as_of - timedelta(hours=30))
    broken = replace(market, quotes=quotes)
    held = ("bitcoin", "solana", "ethereum", "nobody-knows-it")
    assert list(doubts(broken, held)) == [
        "bitcoin: it jumped",
        "nobody-knows-it: no price",
        "solana: the price is 30 hours old",
    ]


def test_credits_are_worth_a_word_below_a_fifth() -> None:
    usages = [Usage("a", "2026-11", used, 0, limit, 0) for used, limit in ((81, 100), (80, 100))]
    usages.append(Usage("b", "2026-11", 99, 0, None, 99))
    assert list(scarce_credits(usages)) == ["a: 19 of 100 credits left this month"]
