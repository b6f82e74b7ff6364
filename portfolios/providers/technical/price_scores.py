"""How an asset's price has done, as scores from 0 to 100, from closes and volumes alone.

Four parts, each between −1 and 1 and each in units of the asset's own volatility: where the price
stands against its averages, its momentum, its calm, and whether volume backs the move. They
describe the past; no forecasting power was found in them, so they carry no expected return.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from portfolios.model.market import Array
from portfolios.providers.technical.rolling import (
    decayed_mean,
    lagged,
    observed,
    window_mean,
    window_peak,
)

TREND_WEIGHT, MOMENTUM_WEIGHT, CALM_WEIGHT, VOLUME_WEIGHT = 0.40, 0.35, 0.15, 0.10
SPREAD = 0.5
"""Standard deviation that the weighted sum is measured against."""
HALF_LIFE = 30.0
"""Days in which a return loses half its weight in the volatility."""
FEWEST_BARS = 60
"""Fewer bars say nothing: no score, and a trend that is undecided."""
UP, STAYS_UP, STAYS_DOWN, DOWN = 60.0, 55.0, 45.0, 40.0
"""Grades that begin and end a trend; the gap between them keeps it from flickering."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """Days over which averages and momentum are taken."""

    averages: tuple[int, ...]
    momenta: tuple[int, ...]


SHORT = Horizon(averages=(20, 50, 100, 200), momenta=(14, 30, 90))
LONG = Horizon(averages=(100, 200), momenta=(90, 180))


@dataclass(frozen=True, slots=True)
class PriceScores:
    """Scores on every day, shape (T, n) each.

    Attributes:
        short, long: 0-100, 50 neutral; NaN where the history is too short or a close is missing.
        trend: +1, −1 or 0 (undecided), never NaN: a missing close changes no trend.
    """

    short: Array
    long: Array
    trend: Array


def price_scores(close: Array, volume: Array) -> PriceScores:
    """Score every asset on every day, using nothing later than that day.

    Args:
        close: closes, oldest first, shape (T, n), NaN where missing.
        volume: money traded per day, same shape; where missing, volume says nothing.
    """
    level = _log_level(close)
    returns = level - lagged(level, 1)
    sigma = np.sqrt(decayed_mean(returns**2, HALF_LIFE))
    sigma[~(sigma > 0)] = np.nan
    calm, swell = _calm(level, returns, sigma), _swell(volume)
    known = observed(close) >= FEWEST_BARS
    short, long = (
        np.where(known, _score(level, sigma, calm, swell, horizon), np.nan)
        for horizon in (SHORT, LONG)
    )
    above = level - window_mean(level, 50)
    return PriceScores(short, long, trend_states(short, above))


def trend_states(grade: Array, above: Array) -> Array:
    """Follow each asset's trend through its grades, shape (T, n), values +1, 0, −1.

    Up begins at 60 with the price above its 50-day average and lasts while the grade stays at 55
    or more; down is the mirror. Comparisons with NaN are false, so a gap neither begins nor ends.

    Args:
        grade: short grades, NaN where unknown.
        above: log distance of the price from its 50-day average, NaN where unknown.
    """
    begins = np.where((grade >= UP) & (above > 0), 1.0, 0.0)
    begins -= np.where((grade <= DOWN) & (above < 0), 1.0, 0.0)
    ends_up, ends_down = grade < STAYS_UP, grade > STAYS_DOWN
    states = np.zeros_like(grade)
    state = np.zeros(grade.shape[1])
    for row in range(len(grade)):
        ended = ((state > 0) & ends_up[row]) | ((state < 0) & ends_down[row])
        state = np.where(begins[row] != 0, begins[row], np.where(ended, 0.0, state))
        states[row] = state
    return states


def normal_share(values: Array) -> Array:
    """Return 100 times the standard normal distribution function, in the shape of the values."""
    flat = np.fromiter(map(math.erf, (values / math.sqrt(2.0)).ravel()), np.float64, values.size)
    return np.asarray(50.0 * (1.0 + flat)).reshape(values.shape)


def _log_level(close: Array) -> Array:
    """Return log closes from each asset's first one, which keeps the window sums exact."""
    logs = np.log(np.where(close > 0, close, np.nan))
    first = np.argmax(~np.isnan(logs), axis=0)
    return np.asarray(logs - logs[first, np.arange(logs.shape[1])])


def _score(level: Array, sigma: Array, calm: Array, swell: Array, horizon: Horizon) -> Array:
    stands = [
        np.tanh((level - window_mean(level, days)) / (sigma * math.sqrt(days / 3.0)))
        for days in horizon.averages
    ]
    moved = [
        np.tanh((level - lagged(level, days)) / (sigma * math.sqrt(days)))
        for days in horizon.momenta
    ]
    momentum = _mean_of_known(moved)
    score = (
        TREND_WEIGHT * _mean_of_known(stands)
        + MOMENTUM_WEIGHT * momentum
        + CALM_WEIGHT * calm
        + VOLUME_WEIGHT * swell * np.sign(momentum)
    )
    return normal_share(score / SPREAD)


def _calm(level: Array, returns: Array, sigma: Array) -> Array:
    """Score how quiet the asset is: against its usual volatility, and below its 90-day peak."""
    recent, usual = (_spread(returns, days) for days in (10, 90))
    fall = (window_peak(level, 90) - level) / (sigma * math.sqrt(90.0))
    return _half(_log_ratio(recent, usual) / 0.4) + _half((fall - 0.8) / 0.8)


def _spread(returns: Array, days: int) -> Array:
    """Return the root mean square of some days' returns; rounding may leave a sum below 0."""
    return np.asarray(np.sqrt(np.maximum(window_mean(returns**2, days), 0.0)))


def _half(excess: Array) -> Array:
    return np.nan_to_num(-0.5 * np.tanh(excess), nan=0.0)


def _swell(volume: Array) -> Array:
    """Score volume against its own past; 0 where it is unknown."""
    swell = np.tanh(_log_ratio(window_mean(volume, 14), window_mean(volume, 90)))
    return np.nan_to_num(swell, nan=0.0)


def _log_ratio(one: Array, other: Array) -> Array:
    """Return the logarithm of a ratio; NaN where either is not positive."""
    usable = (one > 0) & (other > 0)
    return np.log(np.where(usable, one, np.nan)) - np.log(np.where(usable, other, np.nan))


def _mean_of_known(parts: list[Array]) -> Array:
    """Return the mean over the horizons that have history enough; NaN where none has."""
    stack = np.stack(parts)
    known = ~np.isnan(stack)
    count = known.sum(axis=0)
    total = np.where(known, stack, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
