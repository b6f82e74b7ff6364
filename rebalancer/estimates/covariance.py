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
import numpy.typing as npt

from portfolios.model.assets import Asset
from portfolios.model.market import Array, Market
from rebalancer.estimates.proxies import Traits, completed, traits_of
from rebalancer.estimates.risk_model import HORIZON_DAYS, RiskModel
from rebalancer.estimates.winsorise import VOLATILITY_HALF_LIFE, WARM_UP, winsorised

CALM_HALF_LIFE = 180.0
CALM_SHARE = 0.3
"""Volatility reverts to its mean: a share of the slow estimate beside the fast one."""
CORRELATION_HALF_LIFE = 90.0
WINSOR, CLIP = 5.0, 4.2
STILL_DAYS, STILL_SHARE = 60, 0.5
FEWEST_SHARED = 30
"""A pair that shares fewer days has no correlation of its own, only the structure's."""
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
        still: the price hardly moves at all, shape (n,): a quote that nobody trades at.
    """

    x: Array
    daily_vol: Array
    count: Array
    still: npt.NDArray[np.bool_]


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
    bars = market.bars.columns([asset.asset_id for asset in assets])
    own = standardised(np.where(bars.volume == 0, np.nan, bars.close))
    traits = traits_of(assets, own.daily_vol, own.count, own.still)
    core = [int(i) for i in np.flatnonzero(traits.is_core)]
    correlation, loading = shrunk(own.x[:, core], [assets[i].sector for i in core])
    # A quote that nobody trades at co-moves with nothing, which is no sign of safety.
    loadings = np.where(own.still, np.nan, factor_correlation(own.x, core, loading))
    traits, full = completed(assets, traits, core, correlation, loadings)
    return MarketRisk({asset.asset_id: i for i, asset in enumerate(assets)}, traits, positive(full))


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


def shrunk(x: Array, sectors: Sequence[str]) -> tuple[Array, Array]:
    """Return the correlation shrunk towards structure, and the loadings on the market.

    Args:
        x: standardised returns, shape (T, n), NaN where there is none.
        sectors: sector of each column.
    """
    n = x.shape[1]
    if n == 0:
        return np.zeros((0, 0)), np.zeros(0)
    sample, known, effective = pairwise(x)
    loading = market_loading(sample, known)
    target = structure(sample, known, loading, sectors)
    sample = np.where(known, sample, target)
    share = SHRINKAGE if effective >= n else THIN_SHRINKAGE
    return positive(unit_diagonal((1.0 - share) * sample + share * target)), loading


def pairwise(x: Array) -> tuple[Array, npt.NDArray[np.bool_], float]:
    """Return the EWMA correlation over shared days, which pairs share enough, and effective days.

    Pairs that share too few days hold a zero, to be replaced by the structure's value.

    Args:
        x: standardised returns, shape (T, n), NaN where there is none.

    Returns:
        Two arrays of shape (n, n), and the number of days that the decayed weights amount to.
    """
    ages = np.arange(len(x))[::-1]
    weight = 0.5 ** (ages / CORRELATION_HALF_LIFE)
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
    for _ in range(sweeps):
        values, vectors = np.linalg.eigh(reduced)
        loading = vectors[:, -1] * np.sqrt(max(float(values[-1]), 0.0))
        loading = loading if loading.sum() >= 0 else -loading
        loading = np.clip(loading, -0.99, 0.99)
        reduced = np.where(open_, np.outer(loading, loading), correlation)
    found: Array = loading
    return found


def factor_correlation(x: Array, core: Sequence[int], loading: Array) -> Array:
    """Return every asset's correlation with the market factor, shape (n,), NaN where unknown.

    Args:
        x: standardised returns of all assets, shape (T, n).
        core: places of the m assets with an estimate.
        loading: theirs, shape (m,), kept as they are.
    """
    own = x[:, core]
    seen = np.isfinite(own)
    total = np.where(seen, np.abs(loading), 0.0).sum(axis=1)
    pulled = np.where(seen, own * loading, 0.0).sum(axis=1)
    factor = np.where(total > 0, pulled / np.where(total > 0, total, 1.0), np.nan)
    found = np.full(x.shape[1], np.nan)
    for i in np.flatnonzero(np.isfinite(x).sum(axis=0) > WARM_UP):
        correlation, known, _ = pairwise(np.column_stack([x[:, i], factor]))
        found[i] = correlation[0, 1] if known[0, 1] else np.nan
    found[list(core)] = loading
    return found


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
