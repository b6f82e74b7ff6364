"""Volatilities, and returns in units of the volatility known the day before.

The first half of the iterated EWMA (Johansson, Öğüt, Pelger, Schmelzer, Boyd 2023). Prices gone
missing stay missing: returns across a gap do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portfolios.model.market import Array
from rebalancer.estimates.risk.winsorise import VOLATILITY_HALF_LIFE, winsorised

CALM_HALF_LIFE = 180.0
CALM_SHARE = 0.3
"""Volatility reverts to its mean: a share of the slow estimate beside the fast one."""
WINSOR, CLIP = 5.0, 4.2
STILL_DAYS, STILL_SHARE = 60, 0.5


@dataclass(frozen=True, slots=True)
class Standardised:
    """Returns made comparable: n assets, T - 1 days.

    Attributes:
        x: returns over the volatility known the day before, clipped; NaN where there is none.
        daily_vol: present daily volatility, shape (n,); NaN without returns.
        count: returns behind it, shape (n,).
        still: the price hardly moves at all, shape (n,): a quote that nobody trades at.
    """

    x: Array
    daily_vol: Array
    count: Array
    still: npt.NDArray[np.bool_]


def standardised(close: Array) -> Standardised:
    """Return winsorised, standardised log returns and the present volatility.

    Args:
        close: prices, shape (T, n), NaN where there is none; what is not positive is no price.
    """
    returns = np.diff(np.log(np.where(close > 0, close, np.nan)), axis=0)
    bounded = winsorised(returns, WINSOR)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.clip(bounded.returns / bounded.sigma, -CLIP, CLIP)
    x[~np.isfinite(x)] = np.nan
    fast = _mean_square(bounded.returns, VOLATILITY_HALF_LIFE)
    slow = _mean_square(bounded.returns, CALM_HALF_LIFE)
    variance = (1.0 - CALM_SHARE) * fast + CALM_SHARE * slow
    return Standardised(
        x, np.sqrt(variance), np.isfinite(returns).sum(axis=0), _is_still(returns[-STILL_DAYS:])
    )


def _is_still(returns: Array) -> npt.NDArray[np.bool_]:
    known = np.isfinite(returns).sum(axis=0)
    unmoved = (returns == 0).sum(axis=0)
    still: npt.NDArray[np.bool_] = (known > 0) & (unmoved > STILL_SHARE * known)
    return still


def _mean_square(returns: Array, half_life: float) -> Array:
    """Return the zero-mean EWMA of squares, shape (n,), each asset over the days that it has."""
    known = np.isfinite(returns)
    later = np.cumsum(known[::-1], axis=0)[::-1] - known
    weights = np.where(known, 0.5 ** (later / half_life), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Array = (weights * np.where(known, returns, 0.0) ** 2).sum(axis=0) / weights.sum(
            axis=0
        )
    return mean
