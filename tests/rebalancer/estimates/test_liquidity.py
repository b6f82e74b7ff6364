"""A tenth of the usual volume can be traded in a day; unknown where no volume is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from portfolios.providers.sample.market import sample_market
from rebalancer.estimates.liquidity import tradable_a_day, volumes_known

MARKET = sample_market()


def with_volumes(*recent: float) -> tuple[float, int]:
    volume = MARKET.bars.volume.copy()
    place = MARKET.bars.asset_ids.index("bitcoin")
    volume[-30:, place] = np.nan
    volume[-len(recent) :, place] = recent
    market = replace(MARKET, bars=replace(MARKET.bars, volume=volume))
    return float(tradable_a_day(market, ["bitcoin"])[0]), int(volumes_known(market, ["bitcoin"])[0])


def test_it_is_a_tenth_of_the_median() -> None:
    assert with_volumes(100.0, 300.0, 1e12) == (pytest.approx(30.0), 3)


def test_a_day_without_trades_is_a_day_that_is_not_known() -> None:
    assert with_volumes(0.0, 100.0, 100.0) == (pytest.approx(10.0), 2)


def test_without_any_volume_it_is_unknown() -> None:
    daily, days = with_volumes(0.0)
    assert np.isnan(daily)
    assert days == 0
