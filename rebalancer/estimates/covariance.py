"""Estimates the covariance of a whole market from daily bars, and hands out the part asked for.

Iterated EWMA (Johansson, Öğüt, Pelger, Schmelzer, Boyd 2023): volatilities first, then correlations
of standardised returns, pulled halfway towards one market factor with sectors. The estimate of an
asset depends on the market alone, never on the portfolio that asks. Prices gone missing stay
missing: returns across a gap do not exist and pairs use the days they share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from portfolios.assets import Asset
from portfolios.market import Array, Market
from rebalancer.estimates.risk import HORIZON_DAYS, RiskModel
from rebalancer.estimates.special import Traits, completed, traits_of

VOLATILITY_HALF_LIFE, CALM_HALF_LIFE = 30.0, 180.0
CALM_SHARE = 0.3
"""Volatility reverts to its mean: a share of the slow estimate beside the fast one."""
CORRELATION_HALF_LIFE = 90.0
WINSOR, CLIP = 5.0, 4.2
SHRINKAGE, THIN_SHRINKAGE = 0.5, 0.8
LEAST_EIGENVALUE = 1e-4
MOST_DENSE = 60
"""Up to so many assets the square root of the block is exact; above, factors keep it sparse."""
MOST_FACTORS = 20
LEAST_OWN_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Standardised:
    """Returns made comparable: n assets, T - 1 days.

    Attributes:
        x: returns over the volatility known the day before, clipped; NaN where there is none.
        daily_vol: present daily volatility, shape (n,); NaN without returns.
        count: returns behind it, shape (n,).
    """

    x: Array
    daily_vol: Array
    count: Array


@dataclass(frozen=True, slots=True)
class MarketRisk:
    """The estimate of a whole market; `of` hands out the assets asked for."""

    place: Mapping[str, int]
    traits: Traits
    correlation: Array

    def of(self, asset_ids: Sequence[str]) -> RiskModel:
        """Return the risk model of some assets, in their order."""
        rows = [self.place[asset_id] for asset_id in asset_ids]
        part = self.traits.rows(rows)
        loadings, own = _factors(self.correlation[np.ix_(rows, rows)], part)
        residual = part.daily_vol * np.sqrt(np.maximum(1.0 - part.loading**2, 0.0))
        return RiskModel(tuple(asset_ids), loadings, own, part.count, residual)


def estimate_market(market: Market, others: Sequence[Asset] = ()) -> MarketRisk:
    """Estimate the risk of everything in a market.

    Args:
        market: assets and bars.
        others: assets that the market does not know; they get a proxy from their sector.
    """
    every = {**{asset.asset_id: asset for asset in others}, **market.assets}
    assets = [every[asset_id] for asset_id in sorted(every)]
    own = standardised(market.bars.columns([asset.asset_id for asset in assets]).close)
    traits = traits_of(assets, own.daily_vol, own.count)
    core = [int(i) for i in np.flatnonzero(traits.is_core)]
    correlation, loading = shrunk(own.x[:, core], [assets[i].sector for i in core])
    traits, full = completed(assets, traits, core, correlation, loading)
    return MarketRisk({asset.asset_id: i for i, asset in enumerate(assets)}, traits, full)


def standardised(close: Array) -> Standardised:
    """Return winsorised, standardised log returns and the present volatility.

    Args:
        close: prices, shape (T, n), NaN where there is none.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = np.diff(np.log(close), axis=0)
    n = close.shape[1]
    x = np.full_like(returns, np.nan)
    fast, slow = _Ewma(n, VOLATILITY_HALF_LIFE), _Ewma(n, CALM_HALF_LIFE)
    for t, r in enumerate(returns):
        sigma = np.sqrt(fast.mean)
        bound = np.where(np.isfinite(sigma), WINSOR * sigma, np.inf)
        kept = np.clip(r, -bound, bound)
        with np.errstate(divide="ignore", invalid="ignore"):
            x[t] = np.clip(kept / sigma, -CLIP, CLIP)
        fast.add(kept)
        slow.add(kept)
    variance = (1.0 - CALM_SHARE) * fast.mean + CALM_SHARE * slow.mean
    x[~np.isfinite(x)] = np.nan
    return Standardised(x, np.sqrt(variance), np.isfinite(returns).sum(axis=0))


class _Ewma:
    """Zero-mean EWMA of squares, each asset over the days it has."""

    def __init__(self, n: int, half_life: float) -> None:
        self.decay = 0.5 ** (1.0 / half_life)
        self.total, self.weight = np.zeros(n), np.zeros(n)

    @property
    def mean(self) -> Array:
        """Weighted mean square, NaN before the first value."""
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: Array = self.total / self.weight
        return mean

    def add(self, r: Array) -> None:
        """Take in one day."""
        seen = np.isfinite(r)
        self.total = np.where(
            seen, self.decay * self.total + np.where(seen, r, 0.0) ** 2, self.total
        )
        self.weight = np.where(seen, self.decay * self.weight + 1.0, self.weight)


def shrunk(x: Array, sectors: Sequence[str]) -> tuple[Array, Array]:
    """Return the correlation shrunk towards structure, and the loadings on the market.

    Args:
        x: standardised returns, shape (T, n), NaN where there is none.
        sectors: sector of each column.
    """
    n = x.shape[1]
    if n == 0:
        return np.zeros((0, 0)), np.zeros(0)
    sample, effective = pairwise(x)
    loading = market_loading(sample)
    target = structure(sample, loading, sectors)
    share = SHRINKAGE if effective >= n else THIN_SHRINKAGE
    return positive(unit_diagonal((1.0 - share) * sample + share * target)), loading


def pairwise(x: Array) -> tuple[Array, float]:
    """Return the EWMA correlation over shared days, and the effective number of days."""
    ages = np.arange(len(x))[::-1]
    weight = 0.5 ** (ages / CORRELATION_HALF_LIFE)
    seen = np.isfinite(x).astype(float)
    filled = np.where(np.isfinite(x), x, 0.0)
    sums = filled.T @ (filled * weight[:, None])
    counts = seen.T @ (seen * weight[:, None])
    mean = np.where(counts > 0, sums / np.where(counts > 0, counts, 1.0), 0.0)
    return np.clip(unit_diagonal(mean), -1.0, 1.0), float(weight.sum() ** 2 / (weight**2).sum())


def market_loading(correlation: Array, sweeps: int = 10) -> Array:
    """Return each asset's correlation with the leading factor, the own part left out.

    The diagonal is replaced by the squared loading in each sweep: a plain leading eigenvector
    would count each asset's own noise as co-movement.
    """
    reduced = correlation.copy()
    loading = np.zeros(len(correlation))
    for _ in range(sweeps):
        values, vectors = np.linalg.eigh(reduced)
        loading = vectors[:, -1] * np.sqrt(max(float(values[-1]), 0.0))
        loading = loading if loading.sum() >= 0 else -loading
        loading = np.clip(loading, -0.99, 0.99)
        np.fill_diagonal(reduced, loading**2)
    found: Array = loading
    return found


def structure(sample: Array, loading: Array, sectors: Sequence[str]) -> Array:
    """Return the one-factor correlation with what sectors add on average."""
    target: Array = np.outer(loading, loading)
    names = np.array(sectors)
    alike = (names[:, None] == names[None, :]) & ~np.eye(len(names), dtype=bool)
    extra = float((sample - target)[alike].mean()) if alike.any() else 0.0
    target = target + max(extra, 0.0) * alike
    np.fill_diagonal(target, 1.0)
    return target


def unit_diagonal(matrix: Array) -> Array:
    """Scale a matrix to a diagonal of ones; a zero on the diagonal becomes one."""
    scale = np.sqrt(np.where(np.diag(matrix) > 0, np.diag(matrix), 1.0))
    scaled: Array = matrix / np.outer(scale, scale)
    np.fill_diagonal(scaled, 1.0)
    return scaled


def positive(correlation: Array) -> Array:
    """Lift eigenvalues to a small positive one and scale back to a diagonal of ones."""
    values, vectors = np.linalg.eigh(correlation)
    lifted = (vectors * np.maximum(values, LEAST_EIGENVALUE)) @ vectors.T
    return unit_diagonal(lifted)


def _factors(correlation: Array, traits: Traits) -> tuple[Array, Array]:
    """Return loadings and own volatility per horizon for a block of the market."""
    sigma = traits.daily_vol * np.sqrt(HORIZON_DAYS)
    n = len(sigma)
    if n <= MOST_DENSE:
        values, vectors = np.linalg.eigh(correlation)
        root = _signed(vectors * np.sqrt(np.maximum(values, 0.0)))
        return sigma[:, None] * root, np.zeros(n)
    values, vectors = np.linalg.eigh(correlation)
    leading = _signed(vectors[:, -MOST_FACTORS:] * np.sqrt(np.maximum(values[-MOST_FACTORS:], 0.0)))
    loadings = sigma[:, None] * leading
    rest = sigma**2 - (loadings**2).sum(axis=1)
    return loadings, np.sqrt(np.maximum(rest, (LEAST_OWN_SHARE * sigma) ** 2))


def _signed(root: Array) -> Array:
    """Fix the sign of each factor: it is the library's whim, and the same input gives the same."""
    signs = np.sign(root.sum(axis=0))
    signed: Array = root * np.where(signs == 0, 1.0, signs)
    return signed
