"""Factors that made a correlation are found again, and assets are placed on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.model.market import Array
from rebalancer.estimates.risk.factors import (
    LEAST_OWN,
    MOST_FACTORS,
    bounded,
    direction,
    maximum_likelihood,
    own_part,
    regressed,
)


def made(m: int, k: int, seed: int = 0) -> Array:
    """Loadings of m assets on a market and k - 1 lesser factors."""
    draw = np.random.default_rng(seed)
    return np.column_stack([draw.uniform(0.5, 0.8, m), draw.normal(0, 0.25, (m, k - 1))])


def correlation_of(loadings: Array) -> Array:
    full = loadings @ loadings.T
    np.fill_diagonal(full, 1.0)
    return np.asarray(full)


def test_the_factors_that_made_a_correlation_are_found_again() -> None:
    true = correlation_of(made(40, 3))
    assert correlation_of(maximum_likelihood(true, 3)) == pytest.approx(true, abs=5e-3)


def likelihood_lost(correlation: Array, loadings: Array) -> float:
    model = correlation_of(loadings)
    return float(np.linalg.slogdet(model)[1] + np.trace(np.linalg.solve(model, correlation)))


def test_no_slight_change_of_the_factors_is_likelier() -> None:
    draw = np.random.default_rng(1)
    sample = np.corrcoef(
        draw.normal(size=(300, 30)) @ np.diag(np.ones(30))
        + draw.normal(size=(300, 4)) @ made(30, 4).T * 1.5,
        rowvar=False,
    )
    found = maximum_likelihood(sample, 4)
    best = likelihood_lost(sample, found)
    for _ in range(50):
        other = bounded(found + draw.normal(0, 0.02, found.shape))
        assert likelihood_lost(sample, other) > best - 1e-3


@pytest.mark.parametrize("m", [0, 1, 2, 3, 12, 60])
def test_there_are_fewer_factors_than_assets_and_one_at_least(m: int) -> None:
    found = maximum_likelihood(correlation_of(made(m, 2)))
    assert found.shape == (m, max(1, min(MOST_FACTORS, m - 1)))
    assert np.isfinite(found).all()


@pytest.mark.parametrize("rho", [-0.7, 0.0, 0.5, 0.9])
def test_two_assets_keep_their_correlation(rho: float) -> None:
    found = maximum_likelihood(np.array([[1.0, rho], [rho, 1.0]]))
    assert correlation_of(found)[0, 1] == pytest.approx(rho, abs=0.02)


@given(seed=st.integers(0, 10_000), m=st.integers(1, 30))
def test_every_asset_keeps_a_part_of_its_own(seed: int, m: int) -> None:
    draw = np.random.default_rng(seed)
    root = draw.normal(size=(m, draw.integers(1, m + 1)))
    size = np.sqrt((root**2).sum(axis=1, keepdims=True))
    alike = correlation_of(root / np.maximum(size, 1e-12)) + 1e-4 * np.eye(m)
    own = own_part(maximum_likelihood(alike / (1 + 1e-4)))
    assert (own >= LEAST_OWN - 1e-9).all()


def test_an_asset_that_is_one_of_the_first_again_is_placed_near_it() -> None:
    loadings = made(40, 3)
    again = regressed(loadings[:1] @ loadings.T, loadings)
    assert again[0] == pytest.approx(loadings[0], abs=0.08)


def test_the_market_is_the_direction_in_which_all_loadings_point() -> None:
    loadings = made(40, 3)
    market = direction(loadings[:, 0], loadings)
    assert float(market @ market) == pytest.approx(1.0)
    assert market[0] > 0.99
