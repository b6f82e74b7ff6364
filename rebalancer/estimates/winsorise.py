"""Bounds daily returns by the volatility before them, so that no single one rules an estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portfolios.model.market import Array

VOLATILITY_HALF_LIFE = 30.0
WARM_UP = 10
"""Returns that are bounded by the whole series instead: the first volatilities know too little."""
NORMAL_MEDIAN = 1.4826
"""Standard deviation of a normal variable over the median of its absolute value."""


@dataclass(frozen=True, slots=True)
class Winsorised:
    """Bounded returns, shape (T, n), and the volatility known before each; NaN where unknown."""

    returns: Array
    sigma: Array


def winsorised(returns: Array, bound: float) -> Winsorised:
    """Return daily returns of shape (T, n), none beyond so many volatilities; NaN stays NaN."""
    decay = 0.5 ** (1.0 / VOLATILITY_HALF_LIFE)
    kept, sigma = returns.copy(), np.full_like(returns, np.nan)
    total, weight, seen = (np.zeros(returns.shape[1]) for _ in range(3))
    first = _robust(returns)
    known = np.isfinite(returns)
    for t, row in enumerate(returns):
        warm = seen >= WARM_UP
        sigma[t, warm] = np.sqrt(total[warm] / weight[warm])
        most = bound * np.where(warm, sigma[t], first)
        kept[t] = np.where(most > 0, np.clip(row, -most, most), row)
        total = np.where(known[t], decay * total + kept[t] ** 2, total)
        weight = np.where(known[t], decay * weight + 1.0, weight)
        seen += known[t]
    return Winsorised(kept, sigma)


def _robust(returns: Array) -> Array:
    """Return the scale of each series by its median, shape (n,); 0 where it does not move."""
    size = np.abs(returns)
    some = np.isfinite(size).any(axis=0)
    scale = np.zeros(returns.shape[1])
    scale[some] = NORMAL_MEDIAN * np.nanmedian(size[:, some], axis=0)
    return scale
