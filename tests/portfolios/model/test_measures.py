"""Measures against hand-computed values, and what must hold for any input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from portfolios.model.market import Array
from portfolios.model.measures import (
    cvar,
    drawdown,
    drift,
    effective_bets,
    effective_number,
    ewma_volatility,
    ewma_volatility_path,
    forced_sales,
    historical_var,
    log_returns,
    portfolio_volatility,
    risk_contributions,
    simple_returns,
    turnover,
)

RETURNS = arrays(np.float64, st.integers(1, 60), elements=st.floats(-0.5, 0.5))
WEIGHTS = arrays(np.float64, 5, elements=st.floats(0.01, 1.0))


def covariance(volatility: list[float], correlation: float) -> Array:
    sigma = np.array(volatility)
    matrix = np.full((len(sigma), len(sigma)), correlation)
    np.fill_diagonal(matrix, 1.0)
    return np.asarray(np.outer(sigma, sigma) * matrix)


def test_returns_of_a_rise_and_a_fall() -> None:
    levels = np.array([100.0, 110.0, 99.0])
    assert simple_returns(levels) == pytest.approx([0.1, -0.1])
    assert log_returns(levels) == pytest.approx([math.log(1.1), math.log(0.9)])


def test_a_gap_has_no_return_on_either_side() -> None:
    levels = np.array([100.0, np.nan, 121.0, 133.1, 0.0])
    assert np.isnan(simple_returns(levels)).tolist() == [True, True, False, True]
    assert np.isnan(log_returns(levels)).tolist() == [True, True, False, True]


def test_a_return_counts_half_after_the_half_life() -> None:
    # weights 1/2 and 1: (0.5 * 0.04 + 1 * 0.01) / 1.5 = 0.02
    assert float(ewma_volatility(np.array([0.2, 0.1]), 1.0)) == pytest.approx(math.sqrt(0.02))


def test_a_missing_return_ages_the_others_and_counts_for_nothing() -> None:
    # weights 1/4 and 1: (0.25 * 0.04 + 0.01) / 1.25 = 0.016
    series = np.array([[0.2, np.nan], [np.nan, np.nan], [0.1, np.nan]])
    found = ewma_volatility(series, 1.0)
    assert found[0] == pytest.approx(math.sqrt(0.016))
    assert np.isnan(found[1])


@given(RETURNS, st.floats(0.5, 200))
@settings(max_examples=50)
def test_every_row_of_the_path_is_the_volatility_up_to_it(returns: Array, half: float) -> None:
    path = ewma_volatility_path(returns, half)
    assert path[-1] == pytest.approx(float(ewma_volatility(returns, half)), abs=1e-12)
    mid = len(returns) // 2
    assert path[mid] == pytest.approx(float(ewma_volatility(returns[: mid + 1], half)), abs=1e-12)


def test_drawdown_is_measured_from_the_highest_so_far() -> None:
    levels = np.array([100.0, 80.0, 120.0, np.nan, 90.0])
    assert drawdown(levels)[[0, 1, 2, 4]] == pytest.approx([0.0, 0.2, 0.0, 0.25])
    assert np.isnan(drawdown(levels)[3])


def test_tail_of_twenty_scenarios_is_the_worst_one() -> None:
    returns = np.array([-0.10, -0.04, *[0.01] * 18])
    assert cvar(returns) == pytest.approx(0.10)
    assert historical_var(returns) == pytest.approx(0.10)


def test_tail_of_thirty_scenarios_counts_the_second_worst_by_half() -> None:
    returns = np.array([-0.10, -0.04, *[0.01] * 28])
    assert cvar(returns) == pytest.approx((0.10 + 0.5 * 0.04) / 1.5)
    assert historical_var(returns) == pytest.approx(0.04)


def test_tail_of_few_scenarios_is_the_worst_of_them_and_of_none_unknown() -> None:
    assert cvar(np.array([0.02, -0.03, np.nan])) == pytest.approx(0.03)
    assert math.isnan(cvar(np.array([np.nan])))
    assert math.isnan(historical_var(np.array([])))


@given(RETURNS, st.floats(0.5, 0.99))
@settings(max_examples=50)
def test_the_mean_of_the_tail_is_no_milder_than_its_edge(returns: Array, level: float) -> None:
    edge, mean = historical_var(returns, level), cvar(returns, level)
    assert edge - 1e-12 <= mean <= float(-returns.min()) + 1e-12


@given(RETURNS)
@settings(max_examples=50)
def test_the_tail_follows_leverage_and_shift(returns: Array) -> None:
    assert cvar(2 * returns) == pytest.approx(2 * cvar(returns), abs=1e-9)
    assert cvar(returns - 0.01) == pytest.approx(cvar(returns) + 0.01, abs=1e-9)


def test_volatility_and_risk_shares_of_two_uncorrelated_assets() -> None:
    sigma = covariance([0.2, 0.1], 0.0)
    w = np.array([0.5, 0.5])
    assert portfolio_volatility(w, sigma) == pytest.approx(math.sqrt(0.0125))
    assert risk_contributions(w, sigma) == pytest.approx([0.8, 0.2])


def test_without_risk_nobody_contributes() -> None:
    assert risk_contributions(np.zeros(2), np.eye(2)).tolist() == [0.0, 0.0]


def test_an_unknown_risk_is_unknown_only_where_it_is_held() -> None:
    sigma = covariance([0.2, math.nan], 0.5)
    idle, held = np.array([0.5, 0.0]), np.array([0.5, 0.1])
    assert portfolio_volatility(idle, sigma) == pytest.approx(0.1)
    assert risk_contributions(idle, sigma).tolist() == [1.0, 0.0]
    assert effective_bets(idle, sigma) == pytest.approx(1.0)
    assert math.isnan(portfolio_volatility(held, sigma))
    assert np.isnan(risk_contributions(held, sigma)).all()
    assert math.isnan(effective_bets(held, sigma))


@given(WEIGHTS, st.floats(-0.2, 0.99))
@settings(max_examples=50)
def test_risk_shares_sum_to_one(w: Array, correlation: float) -> None:
    shares = risk_contributions(w, covariance([0.1, 0.2, 0.3, 0.4, 0.5], correlation))
    assert shares.sum() == pytest.approx(1.0)


def test_effective_number_of_equal_and_of_unequal_positions() -> None:
    assert effective_number(np.full(4, 0.1)) == pytest.approx(4.0)
    assert effective_number(np.array([0.5, 0.25, 0.25])) == pytest.approx(1 / 0.375)
    assert math.isnan(effective_number(np.zeros(3)))


@given(WEIGHTS, st.floats(0.1, 10))
@settings(max_examples=50)
def test_effective_number_lies_between_one_and_all_and_ignores_scale(w: Array, k: float) -> None:
    assert 1 - 1e-9 <= effective_number(w) <= 5 + 1e-9
    assert effective_number(k * w) == pytest.approx(effective_number(w))


def test_uncorrelated_equal_risks_are_as_many_bets_as_assets() -> None:
    assert effective_bets(np.full(4, 0.25), covariance([0.2] * 4, 0.0)) == pytest.approx(4.0)


def test_perfectly_correlated_assets_are_one_bet() -> None:
    assert effective_bets(np.full(4, 0.25), covariance([0.2] * 4, 1.0)) == pytest.approx(1.0)


def test_one_asset_is_one_bet_and_none_is_unknown() -> None:
    sigma = covariance([0.2, 0.3], 0.6)
    assert effective_bets(np.array([0.0, 0.4]), sigma) == pytest.approx(1.0)
    assert math.isnan(effective_bets(np.zeros(2), sigma))


def test_bets_of_two_correlated_assets_by_hand() -> None:
    # loadings √0.64 each; variance 0.82 σ²: common 0.64, own 0.09 each
    shares = np.array([0.64, 0.09, 0.09]) / 0.82
    expected = math.exp(-float(np.sum(shares * np.log(shares))))
    found = effective_bets(np.array([0.5, 0.5]), covariance([0.2, 0.2], 0.64))
    assert found == pytest.approx(expected, abs=1e-4)


@given(WEIGHTS, st.floats(0.0, 0.95), st.permutations(range(5)))
@settings(max_examples=50)
def test_bets_do_not_depend_on_the_order_of_assets(
    w: Array, correlation: float, order: list[int]
) -> None:
    sigma = covariance([0.1, 0.2, 0.3, 0.4, 0.5], correlation)
    bets = effective_bets(w, sigma)
    assert 1 - 1e-9 <= bets <= 6 + 1e-9
    assert effective_bets(w[order], sigma[np.ix_(order, order)]) == pytest.approx(bets, abs=1e-4)


def test_turnover_of_a_swap_and_of_a_deposit_spent() -> None:
    assert turnover(np.array([0.5, 0.5]), np.array([0.6, 0.4])) == pytest.approx(0.1)
    spent = turnover(np.array([0.4, 0.4]), np.array([0.5, 0.5]), deposit=0.2)
    assert spent == pytest.approx(0.0)


def test_turnover_of_a_sale_to_cash_is_all_that_is_sold() -> None:
    sold = turnover(np.array([0.5, 0.5]), np.array([0.1, 0.5]))
    assert sold == pytest.approx(0.4)


def test_a_deposit_that_stays_in_cash_pays_for_no_sale() -> None:
    sold = turnover(np.array([0.5, 0.1]), np.array([0.2, 0.1]), deposit=0.4)
    assert sold == pytest.approx(0.3)


def test_what_a_withdrawal_forces_is_no_turnover() -> None:
    forced = forced_sales(0.099, np.array([0.002, 0.01]))
    assert forced == pytest.approx(0.1)
    assert turnover(np.array([0.6]), np.array([0.45]), forced=forced) == pytest.approx(0.05)
    assert forced_sales(-0.2, np.array([0.01])) == 0


def test_drift_counts_cash_once() -> None:
    r = np.array([0.5, 0.3])  # and 0.2 in cash
    assert drift(np.array([0.5, 0.3]), 0.2, r) == pytest.approx(0.0)
    assert drift(np.array([0.6, 0.3]), 0.1, r) == pytest.approx(0.1)
    assert drift(np.array([0.6, 0.2]), 0.2, r) == pytest.approx(0.1)


@given(WEIGHTS, WEIGHTS)
@settings(max_examples=50)
def test_drift_lies_between_none_and_all_and_is_even_handed(a: Array, b: Array) -> None:
    w, r = a / (a.sum() * 1.25), b / (b.sum() * 1.25)
    assert 0 <= drift(w, 0.2, r) <= 1
    assert drift(w, 0.2, r) == pytest.approx(drift(r, 0.2, w))
