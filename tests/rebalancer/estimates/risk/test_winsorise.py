"""One wild return, wherever it stands, rules no estimate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.model.measures import ewma_volatility
from rebalancer.estimates.risk.winsorise import winsorised


@given(seed=st.integers(0, 10_000), day=st.integers(0, 299), wild=st.floats(0.3, 7.0))
def test_a_wild_return_hardly_moves_the_volatility(seed: int, day: int, wild: float) -> None:
    returns = np.random.default_rng(seed).normal(0, 0.02, (300, 1))
    calm = ewma_volatility(returns, 126.0)
    returns[day] = wild
    assert ewma_volatility(winsorised(returns, 5.0).returns, 126.0) == pytest.approx(calm, rel=0.12)


def test_ordinary_returns_stay_as_they_are_and_gaps_stay_unknown() -> None:
    returns = np.random.default_rng(1).normal(0, 0.02, (300, 3))
    returns[40:60, 1] = np.nan
    np.testing.assert_array_equal(
        winsorised(np.clip(returns, -0.05, 0.05), 5.0).returns[40:60, 1], np.nan
    )
    np.testing.assert_array_equal(
        winsorised(np.clip(returns, -0.05, 0.05), 5.0).returns, np.clip(returns, -0.05, 0.05)
    )


def test_a_price_that_did_not_move_at_all_is_not_bounded_by_nothing() -> None:
    returns = np.zeros((60, 1))
    returns[5], returns[50] = 0.1, 0.2
    assert winsorised(returns, 5.0).returns[5, 0] == 0.1
