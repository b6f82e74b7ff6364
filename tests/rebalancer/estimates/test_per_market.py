from __future__ import annotations

from dataclasses import replace

from portfolios.model.market import Market
from rebalancer.estimates.per_market import MOST_KEPT, columns, per_market, places
from tests.rebalancer.estimates.markets import coin, market_of

MARKET = market_of([coin("b"), coin("a")])


def test_what_follows_from_a_market_is_worked_out_once() -> None:
    asked = []

    @per_market
    def counted(market: Market) -> int:
        asked.append(market)
        return len(asked)

    assert [counted(MARKET), counted(MARKET)] == [1, 1]
    assert counted(replace(MARKET)) == 2


def test_only_the_last_few_markets_are_kept() -> None:
    asked = []

    @per_market
    def counted(market: Market) -> int:
        asked.append(market)
        return len(asked)

    first = counted(MARKET)
    for _ in range(MOST_KEPT):
        counted(replace(MARKET))
    assert counted(MARKET) != first


def test_an_asset_that_the_market_does_not_know_stands_last() -> None:
    assert columns(MARKET) == ("a", "b", "")
    assert places(MARKET, ["b", "nobody", "a"]).tolist() == [1, 2, 0]
