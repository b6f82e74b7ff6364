"""The risk of a market is estimated once, and never taken for that of another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from portfolios.model.assets import Asset
from portfolios.providers.sample.market import sample_market
from rebalancer.estimates.risk.cache import MOST_KEPT, market_risk
from rebalancer.estimates.risk.market_risk import estimate_market

MARKET = sample_market()
TOKEN = Asset("acme-real-estate", "ACME", "Acme", "rwa")


def test_the_same_market_is_estimated_once() -> None:
    first = market_risk(MARKET)
    assert market_risk(replace(MARKET, as_of=MARKET.as_of)) is first  # the same bars and assets
    assert market_risk(MARKET, [MARKET.assets["bitcoin"]]) is first


def test_other_bars_and_other_assets_are_estimated_anew() -> None:
    first = market_risk(MARKET)
    shorter = replace(MARKET.bars, days=MARKET.bars.days[5:], close=MARKET.bars.close[5:],
                      volume=MARKET.bars.volume[5:])  # fmt: skip
    assert market_risk(replace(MARKET, bars=shorter)) is not first
    assert TOKEN.asset_id in market_risk(MARKET, [TOKEN]).place
    assert TOKEN.asset_id not in market_risk(MARKET).place


def test_what_is_kept_equals_what_is_estimated() -> None:
    kept, fresh = market_risk(MARKET, [TOKEN]), estimate_market(MARKET, [TOKEN])
    assert kept.place == fresh.place
    assert np.array_equal(kept.loadings, fresh.loadings)


def test_only_the_last_few_markets_are_kept() -> None:
    first = market_risk(MARKET)
    for number in range(MOST_KEPT):
        market_risk(MARKET, [replace(TOKEN, asset_id=f"token-{number}")])
    assert market_risk(MARKET) is not first
