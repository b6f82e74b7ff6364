"""Correlations agree with pandas where days are shared, and have a structure where they are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rebalancer.estimates.risk.correlation import (
    FEWEST_SHARED,
    factor_correlation,
    market_loading,
    pairwise,
    positive,
    shrunk,
)


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


def test_lifting_makes_a_matrix_positive_and_leaves_a_good_one_alone() -> None:
    bad = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    good = np.array([[1.0, 0.5], [0.5, 1.0]])
    lifted = positive(bad)
    assert np.linalg.eigvalsh(bad)[0] < -0.5
    assert np.linalg.eigvalsh(lifted)[0] > 0
    assert np.diag(lifted) == pytest.approx(np.ones(3))
    assert positive(good) is good


def test_a_pair_without_shared_days_takes_the_structures_correlation() -> None:
    draw = np.random.default_rng(0)
    common = draw.normal(size=(800, 1))
    x = 0.8 * common + 0.6 * draw.normal(size=(800, 6))
    x[400:, 0], x[: 400 - FEWEST_SHARED + 1, 1] = np.nan, np.nan
    x[:400, 1] = np.nan
    sample, known, _ = pairwise(x)
    loading = market_loading(sample, known)
    correlation = shrunk(sample, known, loading, ["a", "b", "c", "d", "e", "f"])
    assert correlation[0, 1] == pytest.approx(loading[0] * loading[1], abs=0.02)
    assert correlation[0, 1] > 0.4  # a zero would call them unrelated


def test_the_market_factor_is_one_more_column_of_the_pairs() -> None:
    draw = np.random.default_rng(4)
    x = 0.8 * draw.normal(size=(300, 1)) + 0.6 * draw.normal(size=(300, 5))
    x[:120, 1], x[:-20, 4] = np.nan, np.nan
    loading = np.array([0.8, 0.7, 0.9])
    found = factor_correlation(x, [0, 1, 2], loading)
    seen = np.isfinite(x[:, :3])
    factor = np.nansum(x[:, :3] * loading, axis=1) / (seen * loading).sum(axis=1)
    pairs, _, _ = pairwise(np.column_stack([x[:, 3], factor]))
    assert found[:3].tolist() == loading.tolist()
    assert found[3] == pytest.approx(pairs[0, 1], rel=1e-12)
    assert np.isnan(found[4])
