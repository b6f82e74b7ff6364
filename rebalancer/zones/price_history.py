"""What prices did lately: falls, shocks and usual volatility, measured in own volatility.

Series run oldest first; the present price stands as the provisional close of today. Nothing is
filled: what was not observed is NaN, and too little of it gives NaN rather than a guess.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from portfolios.model.market import Array
from portfolios.model.measures import (
    ewma_volatility,
    ewma_volatility_path,
    log_returns,
    simple_returns,
)
from rebalancer.estimates.risk.model import HORIZON_DAYS
from rebalancer.estimates.risk.standardise import CALM_HALF_LIFE, CALM_SHARE
from rebalancer.estimates.risk.winsorise import VOLATILITY_HALF_LIFE, winsorised

SLOW_HALF_LIFE = 126.0
"""Of the volatility that falls are measured against."""
FEWEST_RETURNS = 30
SHOCK_DAYS, FALL_DAYS = 3, 90
QUICK, QUIET = 10.0, 90.0
"""Half-lives whose ratio tells a change of regime."""
FEWEST_FOR_REGIME = 60
RECENT_DAYS, FEWEST_RECENT = 20, 15
"""A regime is told by the last days, so most of them must be known."""
WILD = 10.0
"""Volatilities of a single day that count in another; wider than in the covariance, because the
thresholds of the rules were chosen on returns as they were."""
COVERAGE = 0.8
"""Least share of the money whose history must be known on a day, and of the days of a peak."""
YEAR, FEWEST_USUAL_DAYS, BURN_IN = 365, 180, 60


@dataclass(frozen=True, slots=True)
class Fall:
    """How far levels fell, and how far their own volatility lets them, shape (n,) each.

    Attributes:
        loss: fraction lost, negative for a gain; NaN when unknown.
        sigma: daily volatility known beforehand; NaN when history is too short.
        days: over which.
    """

    loss: Array
    sigma: Array
    days: int

    def level(self, i: int, z: float, least: float) -> float:
        """Return the loss that counts: `z` volatilities of so many days, and at least `least`."""
        return max(least, 1.0 - math.exp(-z * float(self.sigma[i]) * math.sqrt(self.days)))

    def reaches(self, i: int, z: float, least: float) -> bool:
        """Tell whether a loss is known and counts."""
        return self.is_known(i) and float(self.loss[i]) >= self.level(i, z, least)

    def is_known(self, i: int) -> bool:
        """Tell whether both the loss and the volatility are known."""
        return math.isfinite(self.loss[i]) and math.isfinite(self.sigma[i])


@dataclass(frozen=True, slots=True)
class Usual:
    """Volatility per 30 days of the reference's returns.

    Attributes:
        median: over a year, of what was estimated on each day; NaN with fewer than 180 days.
        now: estimated today, by the same rule.
    """

    median: float
    now: float


def shock(levels: Array, now: datetime, returns: Array | None = None) -> Fall:
    """Return the loss of the last 72 hours, and the volatility known the day before.

    Args:
        levels: shape (T, n), as prices have them, NaN in gaps; the last are of `now`.
        now: aware UTC.
        returns: daily logarithmic ones that the volatility is measured by, shape (T - 1, n);
            those of the levels where None.
    """
    if len(levels) <= SHOCK_DAYS + 1:
        return _unknown(levels, SHOCK_DAYS)
    loss = np.asarray(1.0 - levels[-1] / _at_this_hour(levels, now))
    daily = log_returns(levels) if returns is None else returns
    return Fall(loss, _slow_volatility(daily[:-1]), SHOCK_DAYS)


def _at_this_hour(levels: Array, now: datetime) -> Array:
    """Return the levels of 72 hours ago, on the line between the closes before and after.

    So the window never jumps: a day's close stands for the midnight that ends the day.
    """
    earlier, later = levels[-2 - SHOCK_DAYS], levels[-1 - SHOCK_DAYS]
    passed = (now - datetime.combine(now.date(), time(), now.tzinfo)) / timedelta(days=1)
    return earlier if passed == 0 else np.asarray(earlier + passed * (later - earlier))


def fall_from_peak(levels: Array, returns: Array | None = None) -> Fall:
    """Return the fall from the peak of 90 days, and the volatility known before those days.

    A peak may hide in a gap, so the fall is known only where four fifths of the days are. Takes
    levels and returns as `shock` does.
    """
    if len(levels) <= FALL_DAYS:
        return _unknown(levels, FALL_DAYS)
    window = levels[-FALL_DAYS:]
    peak = np.where(_count(window) >= COVERAGE * FALL_DAYS, np.fmax.reduce(window, axis=0), np.nan)
    daily = log_returns(levels) if returns is None else returns
    return Fall(
        np.asarray(1.0 - levels[-1] / peak), _slow_volatility(daily[:-FALL_DAYS]), FALL_DAYS
    )


def regime(levels: Array) -> Array:
    """Return recent volatility over its usual level, shape (n,).

    NaN below 60 returns, or below 15 of the last 20.
    """
    returns = winsorised(log_returns(levels), WILD).returns
    usual = ewma_volatility(returns, QUIET)
    known = (_count(returns) >= FEWEST_FOR_REGIME) & (usual > 0) & ~np.isnan(levels[-1])
    known &= _count(returns[-RECENT_DAYS:]) >= FEWEST_RECENT
    ratio = ewma_volatility(returns, QUICK) / np.where(known, usual, 1.0)
    return np.where(known, ratio, np.nan)


def value_path(levels: Array, w: Array, cash: float, listed: npt.NDArray[np.bool_]) -> Array:
    """Return the value of today's quantities over the past, shape (T, 1), 1 today.

    What was not listed yet, or never is, counts as unchanged; NaN on days for which less than
    80% of the listed money has a price. Flows cannot show: quantities are today's throughout.
    """
    relative = levels / levels[-1]
    known = ~np.isnan(relative)
    path = cash + np.where(known, relative * w, w).sum(axis=1)
    return np.where(_covered(known, w, listed) >= COVERAGE, path, np.nan)[:, None]


def weights_ago(levels: Array, w: Array, cash: float, days: int) -> Array:
    """Return the weights that today's quantities had some days ago, shape (n,).

    What had no price then, or never has, counts as unchanged, as in `value_path`.
    """
    relative = levels[max(0, len(levels) - 1 - days)] / levels[-1]
    worth = np.where(np.isnan(relative), w, relative * w)
    return np.asarray(worth / (cash + worth.sum()))


def weighted_returns(levels: Array, w: Array, listed: npt.NDArray[np.bool_]) -> Array:
    """Return daily simple returns of constant weights, shape (T - 1,).

    A day's return is scaled up for listed money that has none; NaN below 80% of it.
    """
    returns = simple_returns(levels)
    known = ~np.isnan(returns)
    covered = _covered(known, w, listed)
    total = np.where(known, returns * w, 0.0).sum(axis=1)
    enough = covered >= COVERAGE
    return np.where(enough, total / np.where(enough, covered, 1.0), np.nan)


def usual_volatility(returns: Array) -> Usual:
    """Return the volatility per 30 days of one daily series, shape (T,), and its usual level.

    The mix of a fast and a slow estimate is that of the risk model.
    """
    fast = ewma_volatility_path(returns, VOLATILITY_HALF_LIFE) ** 2
    slow = ewma_volatility_path(returns, CALM_HALF_LIFE) ** 2
    path = np.sqrt(HORIZON_DAYS * ((1.0 - CALM_SHARE) * fast + CALM_SHARE * slow))
    seen = np.cumsum(~np.isnan(returns)) >= BURN_IN
    usable = path[seen & ~np.isnan(returns)][-YEAR:]
    if len(usable) < FEWEST_USUAL_DAYS:
        return Usual(float("nan"), float("nan"))
    return Usual(float(np.median(usable)), float(path[-1]))


def filtered_scenarios(returns: Array) -> Array:
    """Return past returns as large as they would be at today's volatility, burn-in left out.

    Returns of one series, shape (T,), give scenarios of shape (m,), m below T.

    Each is rescaled by today's volatility over the one known the day before it (filtered
    historical simulation, Barone-Adesi, Giannopoulos & Vosper 1999).
    """
    if not len(returns):
        return returns
    sigma = ewma_volatility_path(returns, VOLATILITY_HALF_LIFE)
    before = sigma[:-1]
    usable = (before > 0) & ~np.isnan(returns[1:])
    usable &= np.cumsum(~np.isnan(returns))[:-1] >= FEWEST_RETURNS
    return np.asarray(returns[1:][usable] * sigma[-1] / before[usable])


def _unknown(levels: Array, days: int) -> Fall:
    nothing = np.full(levels.shape[1], np.nan)
    return Fall(nothing, nothing, days)


def _slow_volatility(returns: Array) -> Array:
    bounded = winsorised(returns, WILD).returns
    enough = _count(bounded) >= FEWEST_RETURNS
    return np.where(enough, ewma_volatility(bounded, SLOW_HALF_LIFE), np.nan)


def _count(returns: Array) -> npt.NDArray[np.int_]:
    return np.asarray(np.sum(~np.isnan(returns), axis=0))


def _covered(known: npt.NDArray[np.bool_], w: Array, listed: npt.NDArray[np.bool_]) -> Array:
    """Return on each day the share of the listed money that has a price; 1 without any."""
    money = np.where(listed, w, 0.0)
    total = float(money.sum())
    return np.asarray(known @ money / total) if total > 0 else np.ones(len(known))
