from __future__ import annotations

import numpy as np
import pytest

from portfolios.model.market import Array
from portfolios.providers.technical.rolling import (
    decayed_mean,
    lagged,
    observed,
    window_mean,
    window_peak,
)

NAN = float("nan")


def column(*values: float) -> Array:
    return np.array(values, dtype=np.float64)[:, None]


def equal(actual: Array, *expected: float) -> bool:
    return np.allclose(actual[:, 0], expected, equal_nan=True, rtol=1e-12, atol=1e-12)


def test_a_lag_looks_back_and_is_unknown_before_the_start() -> None:
    assert equal(lagged(column(1, 2, 3), 2), NAN, NAN, 1)
    assert equal(lagged(column(1, 2), 5), NAN, NAN)


def test_a_mean_waits_for_a_whole_window() -> None:
    assert equal(window_mean(column(1, 2, 6, 7), 3), NAN, NAN, 3, 5)


def test_a_window_counts_from_the_first_observation() -> None:
    assert equal(window_mean(column(NAN, 1, 2, 6), 3), NAN, NAN, NAN, 3)


def test_a_mean_bridges_a_small_gap_without_filling_it() -> None:
    series = column(1, 1, 1, NAN, 6)
    assert equal(window_mean(series, 5), NAN, NAN, NAN, NAN, 9 / 4)


def test_a_mean_is_unknown_across_a_large_gap() -> None:
    assert np.isnan(window_mean(column(1, 1, NAN, NAN, 6), 5)[-1, 0])


def test_a_peak_is_the_highest_of_the_window_only() -> None:
    assert equal(window_peak(column(9, 1, 4, 2), 2), NAN, 9, 4, 4)


def test_a_decayed_mean_weighs_the_newest_most() -> None:
    # half-life of one day: weights 1, 1/2, 1/4
    assert equal(decayed_mean(column(4, 8, 2), 1.0), 4, (8 + 2) / 1.5, (2 + 8 / 2 + 4 / 4) / 1.75)


def test_a_decayed_mean_stays_across_a_gap_and_starts_with_the_first_value() -> None:
    assert equal(decayed_mean(column(NAN, 4, NAN), 1.0), NAN, 4, 4)


@pytest.mark.parametrize("days", [1, 2, 30])
def test_windows_longer_than_the_history_are_unknown_not_wrong(days: int) -> None:
    series = column(5, 5)
    assert np.isnan(window_mean(series, days)).sum() == min(days - 1, 2)
    assert np.isnan(window_peak(series, days)).sum() == min(days - 1, 2)


def test_observed_counts_values_not_rows() -> None:
    assert equal(observed(column(NAN, 1, NAN, 2)), 0, 1, 1, 2)
