from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from cvx.covariance.ewma import volatility

from portfolios.model.market import Array, Bars
from rebalancer.estimates.covariance import (
    FEWEST_SHARED,
    estimate_market,
    market_loading,
    pairwise,
    positive,
    shrunk,
    standardised,
)
from tests.rebalancer.estimates.markets import coin, market_of, paths, stable, wrapped

SMOOTH = paths(4, seed=5)


def log_returns(close: Array) -> Array:
    return np.asarray(np.diff(np.log(close), axis=0))


def mixed(fast: Array, slow: Array) -> Array:
    return np.asarray(np.sqrt(0.7 * fast**2 + 0.3 * slow**2))


def test_volatility_agrees_with_cvxcovariance_where_nothing_is_clipped() -> None:
    returns = pd.DataFrame(log_returns(SMOOTH))
    fast, slow = (volatility(returns, h).iloc[-1].to_numpy() for h in (30, 180))
    assert standardised(SMOOTH).daily_vol == pytest.approx(mixed(fast, slow), rel=1e-12)


def test_volatility_over_gaps_agrees_with_pandas_over_the_days_there_are() -> None:
    close = SMOOTH.copy()
    close[100:140, 1] = np.nan
    squares = pd.DataFrame(log_returns(close) ** 2)
    fast, slow = (
        np.sqrt(squares.ewm(halflife=h, ignore_na=True).mean().iloc[-1].to_numpy())
        for h in (30, 180)
    )
    found = standardised(close)
    assert found.daily_vol == pytest.approx(mixed(fast, slow), rel=1e-12)
    assert found.count.tolist() == [399, 358, 399, 399]


def test_returns_are_standardised_by_what_was_known_the_day_before() -> None:
    squares = pd.DataFrame(log_returns(SMOOTH) ** 2)
    before = np.sqrt(squares.ewm(halflife=30).mean().shift(1).to_numpy())
    expected = np.clip(log_returns(SMOOTH) / before, -4.2, 4.2)
    assert standardised(SMOOTH).x[20:] == pytest.approx(expected[20:], rel=1e-10)


def test_correlation_over_gaps_agrees_with_pandas_pair_by_pair() -> None:
    x = np.random.default_rng(3).normal(size=(300, 3))
    x[:120, 0], x[200:230, 2] = np.nan, np.nan
    frame = pd.DataFrame(x)

    def mean(i: int, j: int) -> float:
        return float((frame[i] * frame[j]).ewm(halflife=90).mean().iloc[-1])

    def oracle(i: int, j: int) -> float:
        return mean(i, j) / np.sqrt(mean(i, i) * mean(j, j))

    found, known, _ = pairwise(x)
    assert known.all()
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert found[i, j] == pytest.approx(oracle(i, j), rel=1e-10)


def test_one_factor_is_found_again() -> None:
    true = np.array([0.9, 0.7, 0.5, 0.3, 0.6])
    matrix = np.outer(true, true)
    np.fill_diagonal(matrix, 1.0)
    assert market_loading(matrix, sweeps=200) == pytest.approx(true, abs=1e-3)


def test_a_pair_without_shared_days_takes_the_structures_correlation() -> None:
    draw = np.random.default_rng(0)
    common = draw.normal(size=(800, 1))
    x = 0.8 * common + 0.6 * draw.normal(size=(800, 6))
    x[400:, 0], x[: 400 - FEWEST_SHARED + 1, 1] = np.nan, np.nan
    x[:400, 1] = np.nan
    correlation, loading = shrunk(x, ["a", "b", "c", "d", "e", "f"])
    assert correlation[0, 1] == pytest.approx(loading[0] * loading[1], abs=0.02)
    assert correlation[0, 1] > 0.4  # a zero would call them unrelated


def test_lifting_makes_a_matrix_positive_and_leaves_a_good_one_alone() -> None:
    bad = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    good = np.array([[1.0, 0.5], [0.5, 1.0]])
    lifted = positive(bad)
    assert np.linalg.eigvalsh(bad)[0] < -0.5
    assert np.linalg.eigvalsh(lifted)[0] > 0
    assert np.diag(lifted) == pytest.approx(np.ones(3))
    assert positive(good) is good


@pytest.mark.parametrize("first", [0.0, 1e-9])
def test_a_first_day_without_movement_does_not_make_a_coin_riskless(first: float) -> None:
    returns = np.random.default_rng(0).normal(0, 0.04, 400)
    usual = standardised(np.exp(np.cumsum(np.r_[0.0, returns]))[:, None]).daily_vol
    returns[0] = first
    found = standardised(np.exp(np.cumsum(np.r_[0.0, returns]))[:, None]).daily_vol
    assert found == pytest.approx(usual, rel=0.05)


def test_a_quiet_first_day_does_not_clip_the_days_after_it() -> None:
    returns = np.random.default_rng(0).normal(0, 0.04, 40)
    returns[0] = 1e-9
    found = standardised(np.exp(np.cumsum(np.r_[0.0, returns]))[:, None])
    squares = pd.Series(returns**2)
    fast, slow = (np.sqrt(squares.ewm(halflife=h).mean().iloc[-1]) for h in (30, 180))
    assert found.daily_vol[0] == pytest.approx(mixed(fast, slow), rel=1e-12)


def test_a_zero_price_is_no_price() -> None:
    broken = SMOOTH.copy()
    missing = SMOOTH.copy()
    broken[200, 0], missing[200, 0] = 0.0, np.nan
    assert standardised(broken).daily_vol.tolist() == standardised(missing).daily_vol.tolist()


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


def test_one_wild_day_is_winsorised() -> None:
    wild = SMOOTH.copy()
    wild[300:, 0] *= 20.0
    assert standardised(wild).daily_vol[0] < 1.5 * standardised(SMOOTH).daily_vol[0]
    assert standardised(wild).daily_vol[1] == standardised(SMOOTH).daily_vol[1]


def test_the_estimate_does_not_depend_on_which_portfolio_asks() -> None:
    market = market_of([coin(f"c{i}") for i in range(8)])
    stranger = coin("private", "rwa")
    one, other = estimate_market(market), estimate_market(market, [stranger])
    ids = ["c1", "c4", "c6"]
    whole = one.of([f"c{i}" for i in range(8)]).covariance
    rows = [1, 4, 6]
    assert one.of(ids).covariance == pytest.approx(whole[np.ix_(rows, rows)], rel=1e-9)
    assert other.of(ids).covariance == pytest.approx(one.of(ids).covariance, rel=1e-9)


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


def test_the_covariance_is_positive_with_everything_awkward_in_it() -> None:
    close = paths(9, days=400, seed=8)
    close[:, 5] = 1.0
    close[:-20, 6] = np.nan  # new
    close[:-90, 7] = np.nan  # young
    close[:, 8] = 50.0  # a price that nobody trades at
    assets = [
        coin("bitcoin", "layer1", rank=1), coin("ethereum", "layer1", rank=2), coin("a"),
        wrapped("steth", "ethereum"), wrapped("wsteth", "steth"), stable("usdc"),
        coin("new"), coin("young"), coin("still"),
    ]  # fmt: skip
    found = estimate_market(market_of(assets, close=close), [coin("private", "rwa")])
    risk = found.of(sorted(found.place))
    assert np.linalg.eigvalsh(found.correlation)[0] > 0
    assert (risk.volatility > 0).all()
    assert np.isfinite(risk.covariance).all()


def test_more_assets_than_a_dense_root_allows_keep_their_volatility() -> None:
    market = market_of([coin(f"c{i:03}", f"s{i % 5}") for i in range(80)], close=paths(80))
    found = estimate_market(market)
    ids = sorted(found.place)
    many, few = found.of(ids), found.of(ids[:10])
    assert many.B.shape == (80, 20)
    assert (many.d > 0).all()
    assert many.volatility[:10] == pytest.approx(few.volatility, rel=0.02)
    gap = many.covariance[:10, :10] / np.outer(few.volatility, few.volatility)
    exact = few.covariance / np.outer(few.volatility, few.volatility)
    assert np.abs(gap - exact).max() < 0.15


def test_a_market_without_any_bar_still_has_risk() -> None:
    close = np.full((0, 2), np.nan)
    risk = estimate_market(market_of([coin("a"), coin("b")], close=close)).of(["a", "b"])
    assert (risk.volatility > 0.2).all()
    assert risk.history_days.tolist() == [0, 0]


TIMED = """
import time
from rebalancer.estimates.covariance import estimate_market
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
