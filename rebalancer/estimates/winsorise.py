"""Bounds daily returns by the volatility before them, so that no single one rules an estimate."""

from __future__ import annotations

import math
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
    first = _robust(returns)
    sigma = _known_before(returns)
    kept = returns.copy()
    most = bound * np.where(np.isnan(sigma), first, sigma)
    # Series without a wild day, which are nearly all, are done: nothing is bounded in them.
    for j in np.flatnonzero(((np.abs(returns) > most) & (most > 0)).any(axis=0)):
        kept[:, j], sigma[:, j] = _bounded(returns[:, j], bound, float(first[j]))
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


def _bounded(returns: Array, bound: float, first: float) -> tuple[Array, Array]:
    """Bound one series, shape (T,): what is bounded lowers the volatility of the days after."""
    decay = 0.5 ** (1.0 / VOLATILITY_HALF_LIFE)
    kept, sigma = returns.copy(), np.full_like(returns, np.nan)
    total = weight = 0.0
    seen = 0
    for t, value in enumerate(returns.tolist()):
        if seen >= WARM_UP:
            sigma[t] = math.sqrt(total / weight)
        most = bound * (sigma[t] if seen >= WARM_UP else first)
        if not math.isfinite(value):
            continue
        own = max(-most, min(most, value)) if most > 0 else value
        kept[t] = own
        total, weight, seen = decay * total + own**2, decay * weight + 1.0, seen + 1
    return kept, sigma


def _robust(returns: Array) -> Array:
    """Return the scale of each series by its median, shape (n,); 0 where it does not move."""
    size = np.abs(returns)
    some = np.isfinite(size).any(axis=0)
    scale = np.zeros(returns.shape[1])
    scale[some] = NORMAL_MEDIAN * np.nanmedian(size[:, some], axis=0)
    return scale
