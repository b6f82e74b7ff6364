"""Measures of returns and portfolios: pure numpy, each with one exact definition.

Weights and returns are fractions, losses are positive, series run oldest first along the first
axis. NaN means not observed: it is left out, never taken for zero.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from portfolios.model.market import Array

TAIL_LEVEL = 0.95
"""Confidence of value at risk and of the mean loss beyond it."""
BLOCK = 128
"""Rows summed at once."""
LOADING_SWEEPS = 500
LOADING_TOLERANCE = 1e-8


def simple_returns(levels: Array) -> Array:
    """Return level after level divided by the one before, less 1.

    Args:
        levels: prices or values, shape (T, ...); what is not positive counts as not observed.

    Returns:
        Shape (T - 1, ...), NaN where either level is missing: a gap has no return.
    """
    known = _positive(levels)
    return np.asarray(known[1:] / known[:-1] - 1.0)


def log_returns(levels: Array) -> Array:
    """Return the differences of logarithms; shapes and gaps as in `simple_returns`."""
    logs = np.log(_positive(levels))
    return np.asarray(logs[1:] - logs[:-1])


def ewma_volatility(returns: Array, half_life: float) -> Array:
    """Return the volatility at the end of a series: exponential weights, mean taken as zero.

    The weights follow the calendar, also across gaps, and are rescaled over what was observed.

    Args:
        returns: shape (T, ...).
        half_life: days after which a return counts half.

    Returns:
        Shape (...), per period of the returns; NaN where nothing was observed.
    """
    ages = np.arange(len(returns) - 1, -1, -1, dtype=np.float64)
    weights = 0.5 ** (ages / half_life)
    seen = ~np.isnan(returns)
    total = np.tensordot(weights, np.where(seen, returns, 0.0) ** 2, axes=1)
    weight = np.tensordot(weights, seen.astype(np.float64), axes=1)
    return _root_of_ratio(np.asarray(total), np.asarray(weight))


def ewma_volatility_path(returns: Array, half_life: float) -> Array:
    """Return `ewma_volatility` after every row, shape of the returns; nothing looks ahead."""
    seen = ~np.isnan(returns)
    decay = 0.5 ** (1.0 / half_life)
    total = _decayed_sums(np.where(seen, returns, 0.0) ** 2, decay)
    return _root_of_ratio(total, _decayed_sums(seen.astype(np.float64), decay))


def drawdown(levels: Array) -> Array:
    """Return how far each level lies below the highest one so far, 0 at a new high.

    Args:
        levels: shape (T, ...).

    Returns:
        Shape (T, ...), between 0 and 1; NaN where the level is missing.
    """
    known = _positive(levels)
    return np.asarray(1.0 - known / np.fmax.accumulate(known, axis=0))


def historical_var(returns: Array, level: float = TAIL_LEVEL) -> float:
    """Return the value at risk: the mildest loss among the worst `1 - level` of the scenarios.

    Args:
        returns: one scenario per entry, shape (T,); NaN entries are no scenarios.
        level: confidence, below 1.

    Returns:
        A loss, positive when money is lost; NaN without a scenario.
    """
    losses, count = _worst_first(returns, level)
    return float(losses[math.ceil(count) - 1]) if len(losses) else math.nan


def cvar(returns: Array, level: float = TAIL_LEVEL) -> float:
    """Return the mean loss over the worst `1 - level` of the scenarios.

    Where that share is no whole number of scenarios, the mildest of them counts in part
    (Rockafellar & Uryasev 2002).

    Args:
        returns: one scenario per entry, shape (T,); NaN entries are no scenarios.
        level: confidence, below 1.

    Returns:
        A loss, positive when money is lost; never below `historical_var`; NaN without a scenario.
    """
    losses, count = _worst_first(returns, level)
    if not len(losses):
        return math.nan
    whole = math.ceil(count) - 1
    tail = losses[:whole].sum() + (count - whole) * losses[whole]
    return float(tail / count)


def portfolio_volatility(w: Array, covariance: Array) -> float:
    """Return the square root of w'Σw, in the covariance's period.

    Weights have shape (n,), the covariance (n, n). NaN where the risk of something held is unknown;
    of what is not held it does not matter.
    """
    variance = float((w * _carried(w, covariance)).sum())
    return math.sqrt(variance) if variance > 0 else 0.0 * variance


def risk_contributions(w: Array, covariance: Array) -> Array:
    """Return each position's share of the variance, w_i (Σw)_i / w'Σw.

    Args:
        w: weights, shape (n,).
        covariance: shape (n, n).

    Returns:
        Shape (n,), summing to 1; negative for a position that hedges; zeros without any risk;
        NaN throughout where the risk of something held is unknown.
    """
    parts = w * _carried(w, covariance)
    total = float(parts.sum())
    if math.isnan(total):
        return np.full_like(w, math.nan)
    return np.asarray(parts / total) if total > 0 else np.zeros_like(w)


def effective_number(w: Array) -> float:
    """Return how many equal positions are as concentrated as these: 1 / Σ w̃².

    Args:
        w: weights, not negative, shape (n,); rescaled to sum to 1.

    Returns:
        From 1 to n; NaN when nothing is held.
    """
    total = float(w.sum())
    return float(total**2 / (w @ w)) if total > 0 else math.nan


def effective_bets(w: Array, covariance: Array) -> float:
    """Return how many independent bets a portfolio makes: the exponential of an entropy.

    The variance is split into one common factor and what each position adds of its own; shares
    below zero (hedges) count as none. Entropy of the shares after Meucci 2009; the factor is the
    leading one of the correlations, its own variances fitted along (principal axis).

    Args:
        w: weights, shape (n,).
        covariance: shape (n, n), positive variances where something is held.

    Returns:
        From 1 (one bet) to n + 1; NaN without any risk, and where some of it is unknown.
    """
    held = (w != 0) & (np.diag(covariance) != 0)
    if not held.any() or np.isnan(covariance[np.ix_(held, held)]).any():
        return math.nan
    weights, matrix = w[held], covariance[np.ix_(held, held)]
    sigma = np.sqrt(np.diag(matrix))
    beta = sigma * _common_loadings(matrix / np.outer(sigma, sigma))
    common = float(beta @ weights)
    own = weights * (matrix @ weights - beta * common)
    parts = np.maximum(np.append(own, common**2), 0.0)
    shares = parts[parts > 0] / parts.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


def turnover(before: Array, after: Array, *, deposit: float = 0.0, forced: float = 0.0) -> float:
    """Return the turnover of some trades: the larger of what is bought and what is sold.

    Args:
        before: weights, shape (n,), without cash.
        after: the same after the trades.
        deposit: money that came in, a fraction of the same value: what it buys is not counted.
        forced: what a withdrawal forces to be sold, likewise.

    Returns:
        A fraction of value, not below 0.
    """
    moved = after - before
    bought, sold = float(np.maximum(moved, 0.0).sum()), float(np.maximum(-moved, 0.0).sum())
    return max(0.0, bought - deposit, sold - forced)


def forced_sales(missing: float, costs: Array) -> float:
    """Return what must be sold to raise missing cash, whatever is sold, a fraction of value.

    Args:
        missing: cash that is not there; nothing is forced where it is not positive.
        costs: cost of a sale as a fraction of its size, shape (n,).
    """
    return max(0.0, missing) / (1.0 - float(np.max(costs, initial=0.0)))


def drift(w: Array, cash: float, r: Array) -> float:
    """Return the share of the money in the wrong place: ½ Σ|w − r|, cash included.

    Args:
        w: weights, shape (n,).
        cash: cash weight.
        r: reference weights, shape (n,); what they leave is the reference's cash.

    Returns:
        0 when everything stands where it should; 1 when nothing does.
    """
    cash_gap = abs(cash - (1.0 - float(r.sum())))
    return 0.5 * (float(np.abs(w - r).sum()) + cash_gap)


def _carried(w: Array, covariance: Array) -> Array:
    """Return Σw over what is held, so that an unknown risk of nothing stays out."""
    held = w != 0
    return np.where(held, np.where(held, covariance, 0.0) @ w, 0.0)


def _positive(levels: Array) -> Array:
    return np.where(levels > 0, levels, np.nan)


def _decayed_sums(figures: Array, decay: float) -> Array:
    """Return after every row the sum so far, each row counting less by `decay` a row; (T, ...)."""
    within, since = _decays(decay)
    sums = np.zeros_like(figures)
    for start in range(0, len(figures), BLOCK):
        part = figures[start : start + BLOCK]
        size = len(part)
        before = sums[start - 1] if start else np.zeros(figures.shape[1:])
        carried = np.multiply.outer(since[:size], before)
        sums[start : start + size] = np.tensordot(within[:size, :size], part, axes=1) + carried
    return sums


@lru_cache(maxsize=16)
def _decays(decay: float) -> tuple[Array, Array]:
    """Return what a row of a block counts in a later one, and what the row before it does."""
    rows = np.arange(BLOCK)
    within: Array = np.tril(decay ** np.abs(rows[:, None] - rows).astype(np.float64))
    return within, np.asarray(decay ** (rows + 1.0), dtype=np.float64)


def _root_of_ratio(total: Array, weight: Array) -> Array:
    seen = weight > 0
    return np.where(seen, np.sqrt(total / np.where(seen, weight, 1.0)), np.nan)


def _worst_first(returns: Array, level: float) -> tuple[Array, float]:
    """Return the losses, worst first, and how many of them make the tail (not always whole)."""
    losses = np.sort(-returns[~np.isnan(returns)])[::-1]
    count = (1.0 - level) * len(losses)
    # 0.05 * 20 is a hair above 1 in floating point: a hair is no further scenario.
    return losses, max(round(count, 9), 1e-9)


def _common_loadings(correlation: Array) -> Array:
    """Return loadings on one common factor, shape (n,), each between -1 and 1.

    Principal axis: the diagonal holds the squared loadings instead of ones. One power step per
    sweep, on the matrix plus the identity, which has no negative eigenvalue to be drawn to.
    """
    n = len(correlation)
    shifted = correlation.copy()
    vector, loadings = np.full(n, 1.0 / math.sqrt(n)), np.zeros(n)
    for _ in range(LOADING_SWEEPS):
        image = shifted @ vector
        size = float(np.linalg.norm(image))
        if size <= 1.0:  # no common factor: what remains is hedged or unrelated
            return np.zeros(n)
        vector = image / size
        found = np.clip(vector * math.sqrt(max(0.0, size - 1.0)), -1.0, 1.0)
        moved = float(np.abs(found - loadings).max())
        loadings = found
        np.fill_diagonal(shifted, 1.0 + loadings**2)
        if moved < LOADING_TOLERANCE:
            break
    return loadings
