"""Volatilities agree with other people's code, and no single price rules them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cvx.covariance.ewma import volatility

from portfolios.model.market import Array
from rebalancer.estimates.risk.standardise import standardised
from tests.rebalancer.estimates.markets import paths

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


def test_one_wild_day_is_winsorised() -> None:
    wild = SMOOTH.copy()
    wild[300:, 0] *= 20.0
    assert standardised(wild).daily_vol[0] < 1.5 * standardised(SMOOTH).daily_vol[0]
    assert standardised(wild).daily_vol[1] == standardised(SMOOTH).daily_vol[1]
