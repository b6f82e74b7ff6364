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
    kept, sigma = returns.copy(), np.empty_like(returns)
    first, columns = _robust(returns), np.arange(returns.shape[1])
    while len(kept) and columns.size:
        known = sigma[:, columns] = _known_before(kept[:, columns])
        most = bound * np.where(np.isnan(known), first[columns], known)
        wild = (np.abs(kept[:, columns]) > most) & (most > 0)
        # The earliest of each series: what is bounded lowers the volatility of the days after.
        some = np.flatnonzero(wild.any(axis=0))
        rows, columns = wild[:, some].argmax(axis=0), columns[some]
        kept[rows, columns] = np.copysign(most[rows, some], kept[rows, columns])
    return Winsorised(kept, sigma)


def _known_before(returns: Array) -> Array:
    """Return the volatility of the days before each, shape (T, n); NaN in the warm-up.

    An EWMA over the days that a series has: the decay cancels in the ratio of two running sums.
    """
    known = np.isfinite(returns)
    seen = np.cumsum(known, axis=0)
    growth = np.where(known, 2.0 ** (seen / VOLATILITY_HALF_LIFE), 0.0)
    total = np.cumsum(growth * np.where(known, returns, 0.0) ** 2, axis=0)
    weight = np.cumsum(growth, axis=0)
    sigma = np.full_like(returns, np.nan)
    warm = seen[:-1] >= WARM_UP
    sigma[1:][warm] = np.sqrt(total[:-1][warm] / weight[:-1][warm])
    return sigma


def _robust(returns: Array) -> Array:
    """Return the scale of each series by its median, shape (n,); 0 where it does not move."""
    size = np.sort(np.abs(returns), axis=0)  # what is unknown comes last
    count = np.sum(~np.isnan(size), axis=0)
    some = np.flatnonzero(count)
    lower, upper = size[(count[some] - 1) // 2, some], size[count[some] // 2, some]
    scale = np.zeros(returns.shape[1])
    scale[some] = NORMAL_MEDIAN * (0.5 * (lower + upper))
    return scale
