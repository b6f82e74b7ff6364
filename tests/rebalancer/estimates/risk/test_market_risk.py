"""One model of the market: the same numbers whoever asks, in whatever order and company."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.model.assets import Asset
from portfolios.model.market import Array, Bars
from rebalancer.estimates.risk.factors import LEAST_OWN, MOST_FACTORS
from rebalancer.estimates.risk.market_risk import BASIS, MarketRisk, estimate_market, largest
from rebalancer.estimates.risk.proxies import traits_of
from rebalancer.estimates.risk.standardise import standardised
from tests.rebalancer.estimates.markets import coin, market_of, paths, stable, wrapped

SMOOTH = paths(4, seed=5)


def test_a_day_without_trade_is_no_bar() -> None:
    assets = [coin(f"c{i}") for i in range(4)]
    quiet = np.full(SMOOTH.shape, 1e9)
    quiet[50, 2] = 0.0
    jumped = SMOOTH.copy()
    jumped[50, 2] *= 10  # nobody traded at this print
    clean = SMOOTH.copy()
    clean[50, 2] = np.nan
    a = estimate_market(market_of(assets, close=jumped, volume=quiet))
    b = estimate_market(market_of(assets, close=clean))
    assert a.of(["c2"]).volatility == pytest.approx(b.of(["c2"]).volatility, rel=1e-12)


def test_order_of_the_columns_changes_nothing() -> None:
    assets = [coin(f"c{i}", "ai" if i % 2 else "defi") for i in range(6)]
    market = market_of(assets)
    turned = [5, 2, 0, 3, 1, 4]
    bars = Bars(
        market.bars.days,
        tuple(market.bars.asset_ids[i] for i in turned),
        market.bars.close[:, turned],
        market.bars.volume[:, turned],
    )
    ids = [asset.asset_id for asset in assets]
    shuffled = replace(market, bars=bars, assets={assets[i].asset_id: assets[i] for i in turned})
    assert estimate_market(shuffled).of(ids).covariance == pytest.approx(
        estimate_market(market).of(ids).covariance, rel=1e-9
    )


def test_a_market_without_any_bar_still_has_risk() -> None:
    close = np.full((0, 2), np.nan)
    risk = estimate_market(market_of([coin("a"), coin("b")], close=close)).of(["a", "b"])
    assert (risk.volatility > 0.2).all()
    assert risk.history_days.tolist() == [0, 0]


def awkward() -> MarketRisk:
    """Seventy coins, and everything beside them that has no plain estimate."""
    close = paths(77, days=400, seed=8)
    close[:, 73] = 1.0
    close[:-20, 74] = np.nan  # new
    close[:-90, 75] = np.nan  # young
    close[:, 76] = 50.0  # a price that nobody trades at
    coins = [coin(f"c{i:02}", f"s{i % 5}", rank=i + 1) for i in range(70)]
    more = [
        wrapped("wc00", "c00"), wrapped("zwc00", "wc00"), wrapped("wnew", "new"), stable("usdc"),
        coin("new"), coin("young"), coin("still"),
    ]  # fmt: skip
    market = market_of([*coins, *more], close=close)
    return estimate_market(market, [stable("usdx"), coin("private", "rwa")])


AWKWARD = awkward()
EVERY = sorted(AWKWARD.place)
WHOLE = AWKWARD.of(EVERY)


@given(chance=st.randoms(use_true_random=False), size=st.integers(1, len(EVERY)))
def test_order_and_company_change_no_number(chance: object, size: int) -> None:
    ids = chance.sample(EVERY, size)  # type: ignore[attr-defined]
    rows = [EVERY.index(asset_id) for asset_id in ids]
    part = AWKWARD.of(ids)
    np.testing.assert_allclose(
        part.covariance, WHOLE.covariance[np.ix_(rows, rows)], rtol=1e-12, atol=1e-18
    )
    np.testing.assert_array_equal(part.residual_daily, WHOLE.residual_daily[rows])


def test_what_others_hold_beside_the_market_changes_no_number() -> None:
    market = market_of([coin(f"c{i}") for i in range(8)])
    ids = ["c1", "c4", "c6"]
    alone = estimate_market(market).of(ids).covariance
    strangers = [coin("private", "rwa"), stable("usdx"), wrapped("wc1", "c1")]
    beside = estimate_market(market, strangers).of(ids).covariance
    np.testing.assert_allclose(beside, alone, rtol=1e-14)


def test_each_volatility_is_exact_in_any_company() -> None:
    sigma = AWKWARD.traits.daily_vol * np.sqrt(30)
    np.testing.assert_allclose(WHOLE.volatility, sigma, rtol=1e-12)
    assert (sigma > 0).all()


def test_the_covariance_is_positive_with_everything_awkward_in_it() -> None:
    correlation = WHOLE.covariance / np.outer(WHOLE.volatility, WHOLE.volatility)
    assert np.linalg.eigvalsh(correlation)[0] > 1e-4


def test_common_factors_leave_every_asset_a_part_of_its_own() -> None:
    common = (AWKWARD.loadings[:, :MOST_FACTORS] ** 2).sum(axis=1)
    assert common.max() <= 1.0 - LEAST_OWN + 1e-12


def test_a_column_that_one_asset_has_alone_is_no_factor() -> None:
    assert AWKWARD.of(["c00", "c01", "usdc"]).B.shape == (3, MOST_FACTORS)
    assert AWKWARD.of(["c00", "usdc", "usdx", "wc00"]).B.shape == (4, MOST_FACTORS + 2)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_small_market_has_fewer_factors_and_keeps_its_correlations(count: int) -> None:
    close = paths(count)
    market = market_of([coin(f"c{i}") for i in range(count)], close=close)
    risk = estimate_market(market).of([f"c{i}" for i in range(count)])
    assert risk.B.shape == (count, max(1, count - 1))
    plain = np.atleast_2d(np.corrcoef(np.diff(np.log(close), axis=0), rowvar=False))
    found = risk.covariance / np.outer(risk.volatility, risk.volatility)
    assert np.abs(found - plain).max() < 0.1


def test_the_largest_are_of_the_best_rank_then_of_the_most_money_traded() -> None:
    count = BASIS + 10
    volume = np.broadcast_to(np.arange(count, dtype=float) + 1, (400, count))
    plain = [coin(f"c{i:02}", rank=None) for i in range(count)]
    ranked = [coin("c00", rank=3), *plain[1:]]
    assert basis_of(plain, volume) == list(range(10, count))
    assert basis_of(ranked, volume) == [0, *range(11, count)]


def test_without_rank_value_or_volume_the_first_by_id_are_taken() -> None:
    count = BASIS + 10
    plain = [coin(f"c{i:02}", rank=None) for i in range(count)]
    assert basis_of(plain, np.full((400, count), np.nan)) == list(range(BASIS))


def basis_of(assets: list[Asset], volume: Array) -> list[int]:
    market = market_of(assets, close=paths(len(assets)), volume=volume)
    own = standardised(market.bars.close)
    traits = traits_of(assets, own.daily_vol, own.count, own.still)
    return largest(assets, traits, market.bars)


TIMED = """
import time
from rebalancer.estimates.risk.market_risk import estimate_market
from tests.rebalancer.estimates.markets import coin, market_of, paths
market = market_of([coin(f"c{i}", f"s{i % 6}") for i in range(45)], close=paths(45))
estimate_market(market)
start = time.process_time()
estimate_market(market)
print(time.process_time() - start)
"""


@pytest.mark.campaign
def test_a_usual_market_is_estimated_quickly() -> None:
    """One thread: several wait for each other on busy cores, which measures the machine."""
    alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", TIMED],
        env=alone,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert float(run.stdout) < 0.1
