"""Correlations of standardised returns, pulled towards one market factor with sectors.

The second half of the iterated EWMA. Pairs use the days they share; a pair that shares too few has
no correlation of its own, only the structure's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from portfolios.model.market import Array

CORRELATION_HALF_LIFE = 90.0
FEWEST_SHARED = 30
"""A pair that shares fewer days has no correlation of its own, only the structure's."""
SHRINKAGE, THIN_SHRINKAGE = 0.4, 0.8
"""Share of the structure; the larger one where there are fewer days than assets."""
LEAST_EIGENVALUE = 1e-4


def shrunk(
    sample: Array,
    known: npt.NDArray[np.bool_],
    loading: Array,
    sectors: Sequence[str],
    share: float = SHRINKAGE,
) -> Array:
    """Return the correlation pulled towards structure, shape (n, n); ones on the diagonal.

    Args:
        sample: correlation as estimated, shape (n, n).
        known: which pairs to believe, shape (n, n); the others take the structure's value.
        loading: on the market factor, shape (n,).
        sectors: of the n assets.
        share: of the structure, 0 to 1.
    """
    target = structure(sample, known, loading, sectors)
    return (1.0 - share) * np.where(known, sample, target) + share * target


def pairwise(x: Array) -> tuple[Array, npt.NDArray[np.bool_], float]:
    """Return the EWMA correlation over shared days, which pairs share enough, and effective days.

    Pairs that share too few days hold a zero, to be replaced by the structure's value.

    Args:
        x: standardised returns, shape (T, n), NaN where there is none.

    Returns:
        Two arrays of shape (n, n), and the number of days that the decayed weights amount to.
    """
    weight = _weights(len(x))
    seen = np.isfinite(x).astype(float)
    filled = np.where(np.isfinite(x), x, 0.0)
    sums = filled.T @ (filled * weight[:, None])
    counts = seen.T @ (seen * weight[:, None])
    known = (seen.T @ seen >= FEWEST_SHARED) | np.eye(x.shape[1], dtype=bool)
    mean = np.where(known & (counts > 0), sums / np.where(counts > 0, counts, 1.0), 0.0)
    effective = float(weight.sum() ** 2 / (weight**2).sum()) if len(x) else 0.0
    return np.clip(unit_diagonal(mean), -1.0, 1.0), known, effective


def market_loading(
    correlation: Array, known: npt.NDArray[np.bool_] | None = None, sweeps: int = 10
) -> Array:
    """Return each asset's correlation with the leading factor, the own part left out.

    The diagonal, and every pair not known, is replaced by what the loadings say in each sweep: a
    plain leading eigenvector would count each asset's own noise as co-movement.

    Args:
        correlation: shape (n, n).
        known: which pairs to believe, shape (n, n); every one where None.
        sweeps: how often the unknown is replaced.

    Returns:
        Loadings within ±0.99, shape (n,).
    """
    open_ = np.eye(len(correlation), dtype=bool) if known is None else ~known
    open_ = open_ | np.eye(len(correlation), dtype=bool)
    reduced = correlation.copy()
    loading = np.zeros(len(correlation))
    for _ in range(sweeps if len(correlation) else 0):
        values, vectors = np.linalg.eigh(reduced)
        loading = vectors[:, -1] * np.sqrt(max(float(values[-1]), 0.0))
        loading = loading if loading.sum() >= 0 else -loading
        loading = np.clip(loading, -0.99, 0.99)
        reduced = np.where(open_, np.outer(loading, loading), correlation)
    found: Array = loading
    return found


def factor_correlation(x: Array, basis: Sequence[int], loading: Array) -> Array:
    """Return every asset's correlation with the market factor, shape (n,), NaN where unknown.

    Args:
        x: standardised returns of all assets, shape (T, n).
        basis: places of the m assets that make the factor.
        loading: theirs, shape (m,), kept as they are.
    """
    found = _correlation_with(x, _market_factor(x[:, basis], loading))
    found[list(basis)] = loading
    return found


def _market_factor(x: Array, loading: Array) -> Array:
    """Return the average of returns by loading, over the assets of each day, shape (T,)."""
    seen = np.isfinite(x)
    total = np.where(seen, np.abs(loading), 0.0).sum(axis=1)
    pulled = np.where(seen, x * loading, 0.0).sum(axis=1)
    return np.where(total > 0, pulled / np.where(total > 0, total, 1.0), np.nan)


def _correlation_with(x: Array, factor: Array) -> Array:
    """Return what `pairwise` says of each column beside one series of shape (T,), shape (n,)."""
    weight = _weights(len(x))
    seen, told = np.isfinite(x), np.isfinite(factor)
    filled, one = np.where(seen, x, 0.0), np.where(told, factor, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        together = filled.T @ (one * weight) / (seen.T @ (told * weight))
        own = (filled**2).T @ weight / (seen.T @ weight)
        common = float(one**2 @ weight) / float(told @ weight) if told.any() else np.nan
        found: Array = np.clip(together / np.sqrt(own * common), -1.0, 1.0)
    found[(seen.T.astype(float) @ told < FEWEST_SHARED) | ~np.isfinite(found)] = np.nan
    return found


def _weights(days: int) -> Array:
    """Return the decayed weight of each day, the last one 1, shape (T,)."""
    weights: Array = 0.5 ** (np.arange(days)[::-1] / CORRELATION_HALF_LIFE)
    return weights


def structure(
    sample: Array, known: npt.NDArray[np.bool_], loading: Array, sectors: Sequence[str]
) -> Array:
    """Return the one-factor correlation with what sectors add on average over the known pairs.

    Args:
        sample: correlation as estimated, shape (n, n).
        known: which pairs to believe, shape (n, n).
        loading: on the market factor, shape (n,).
        sectors: of the n assets.

    Returns:
        Shape (n, n), ones on the diagonal.
    """
    target: Array = np.outer(loading, loading)
    names = np.array(sectors)
    alike = (names[:, None] == names[None, :]) & ~np.eye(len(names), dtype=bool)
    told = alike & known
    extra = float((sample - target)[told].mean()) if told.any() else 0.0
    target = target + max(extra, 0.0) * alike
    np.fill_diagonal(target, 1.0)
    return target


def unit_diagonal(matrix: Array) -> Array:
    """Scale a matrix, shape (n, n), to a diagonal of ones; a zero on it becomes one."""
    scale = np.sqrt(np.where(np.diag(matrix) > 0, np.diag(matrix), 1.0))
    scaled: Array = matrix / np.outer(scale, scale)
    np.fill_diagonal(scaled, 1.0)
    return scaled


def positive(correlation: Array) -> Array:
    """Lift eigenvalues to a small positive one and scale back to ones, shape (n, n) as given."""
    values, vectors = np.linalg.eigh(correlation)
    if not len(values) or values[0] >= LEAST_EIGENVALUE:
        return correlation
    lifted = (vectors * np.maximum(values, LEAST_EIGENVALUE)) @ vectors.T
    return unit_diagonal(lifted)
