"""Moving windows over daily series with gaps: means, peaks, lags, exponential averages.

Series have shape (T, n), oldest first, NaN where nothing was observed. Nothing is filled: a
window counts what it saw. No value depends on later rows.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from portfolios.model.market import Array

Flags: TypeAlias = npt.NDArray[np.bool_]

COVERAGE = 0.8
"""Least share of a window that must have been observed."""


def lagged(series: Array, days: int) -> Array:
    """Return the series of some days ago, shape (T, n); NaN before there is one."""
    out = np.full_like(series, np.nan)
    if days < len(series):
        out[days:] = series[:-days]
    return out


def window_mean(series: Array, days: int) -> Array:
    """Return the mean of the last days, this one included, shape (T, n).

    NaN until a whole window has passed since the first observation, and where more than a fifth
    of the window is missing.
    """
    seen = ~np.isnan(series)
    total = _window_sum(np.where(seen, series, 0.0), days)
    count = _window_sum(seen.astype(np.float64), days)
    enough = _began(seen, days) & (count >= COVERAGE * days)
    return np.where(enough, total / np.maximum(count, 1.0), np.nan)


def window_peak(series: Array, days: int) -> Array:
    """Return the highest value of the last days, shape (T, n); NaN as in `window_mean`."""
    seen = ~np.isnan(series)
    padded = np.full((len(series) + days - 1, series.shape[1]), -np.inf)
    padded[days - 1 :] = np.where(seen, series, -np.inf)
    peak = sliding_window_view(padded, days, axis=0).max(axis=-1)
    count = _window_sum(seen.astype(np.float64), days)
    return np.where(_began(seen, days) & (count >= COVERAGE * days), peak, np.nan)


def decayed_mean(series: Array, half_life: float) -> Array:
    """Return the exponentially weighted mean of what was observed so far, weights summing to 1.

    Shape (T, n), NaN before the first observation; across a gap the last mean stays.
    """
    decay = 0.5 ** (1.0 / half_life)
    total, weight = np.zeros(series.shape[1]), np.zeros(series.shape[1])
    out = np.full_like(series, np.nan)
    seen = ~np.isnan(series)
    values = np.where(seen, series, 0.0)
    for row in range(len(series)):
        total = decay * total + values[row]
        weight = decay * weight + seen[row]
        np.divide(total, weight, out=out[row], where=weight > 0)
    return out


def observed(series: Array) -> Array:
    """Return how many values were seen up to each row, this one included, shape (T, n)."""
    return np.cumsum(~np.isnan(series), axis=0).astype(np.float64)


def _window_sum(values: Array, days: int) -> Array:
    total = np.cumsum(values, axis=0)
    out = total.copy()
    out[days:] -= total[:-days]
    return out


def _began(seen: Flags, days: int) -> Flags:
    """Tell where at least a whole window has passed since the first observation."""
    since_first = np.cumsum(np.maximum.accumulate(seen, axis=0), axis=0)
    return np.asarray(since_first >= days, dtype=np.bool_)
