"""Estimates one factor model of a whole market, and hands out the rows asked for.

Ten factors fit the largest coins by maximum likelihood, and every other asset is placed on them:
one with a history by regression, a young one by the direction of the market. The estimate of an
asset depends on the market alone, never on the portfolio that asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from portfolios.model.assets import Asset
from portfolios.model.market import Array, Bars, Market
from rebalancer.estimates.risk.correlation import (
    SHRINKAGE,
    THIN_SHRINKAGE,
    factor_correlation,
    market_loading,
    pairwise,
    positive,
    shrunk,
)
from rebalancer.estimates.risk.factors import (
    bounded,
    direction,
    maximum_likelihood,
    own_part,
    regressed,
)
from rebalancer.estimates.risk.model import HORIZON_DAYS, RiskModel
from rebalancer.estimates.risk.proxies import Traits, market_loadings, traits_of, with_own_columns
from rebalancer.estimates.risk.standardise import Standardised, standardised

BASIS = 60
"""So many of the largest coins make the factors."""
TRADED_DAYS = 90


@dataclass(frozen=True, slots=True)
class MarketRisk:
    """The estimate of a whole market of n assets; `of` hands out the ones asked for.

    Attributes:
        place: asset id -> its row.
        traits: volatility and history of each asset.
        loadings: on k common factors, and on columns that few assets share, per unit of
            volatility, shape (n, k + c).
        common: k.
    """

    place: Mapping[str, int]
    traits: Traits
    loadings: Array
    common: int

    def of(self, asset_ids: Sequence[str]) -> RiskModel:
        """Return the risk model of some assets, in their order.

        A column that only one of them has is its own risk, and no factor.
        """
        rows = [self.place[asset_id] for asset_id in asset_ids]
        part, loadings = self.traits.rows(rows), self.loadings[rows]
        shared = np.count_nonzero(loadings, axis=0) > 1
        shared[: self.common] = True
        sigma = part.daily_vol * np.sqrt(HORIZON_DAYS)
        factors = loadings[:, shared]
        residual = part.daily_vol * np.sqrt(np.maximum(1.0 - part.loading**2, 0.0))
        return RiskModel(
            tuple(asset_ids),
            sigma[:, None] * factors,
            sigma * np.sqrt(own_part(factors)),
            part.count,
            residual,
        )


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
    traits, common = _common(assets, traits, own, largest(assets, traits, bars))
    place = {asset.asset_id: i for i, asset in enumerate(assets)}
    return MarketRisk(place, traits, with_own_columns(assets, common), common.shape[1])


def largest(assets: Sequence[Asset], traits: Traits, bars: Bars) -> list[int]:
    """Return the places of the 60 largest coins with an estimate of their own, in order.

    The largest are those of the best rank; after them, or where nobody is ranked, as in a price
    file of one's own, those of the largest market value, then of the most money traded over the
    last 90 days, then of the longest history, then the first by id.

    Args:
        assets: n, sorted by id.
        traits: theirs.
        bars: theirs, in this order.
    """
    traded = np.nansum(bars.volume[-TRADED_DAYS:], axis=0)

    def size(i: int) -> tuple[float, float, float, float, int]:
        rank, value = assets[i].rank, assets[i].market_cap or 0.0
        return (np.inf if rank is None else rank, -value, -traded[i], -traits.count[i], i)

    return sorted(sorted(np.flatnonzero(traits.is_core).tolist(), key=size)[:BASIS])


def _common(
    assets: Sequence[Asset], traits: Traits, own: Standardised, basis: Sequence[int]
) -> tuple[Traits, Array]:
    """Return traits with their loadings on the market, and loadings on k factors, (n, k)."""
    core = np.flatnonzero(traits.is_core)
    sample, known, effective = pairwise(own.x[:, core])
    first = np.searchsorted(core, basis)
    loading = market_loading(sample[np.ix_(first, first)], known[np.ix_(first, first)])
    # A quote that nobody trades at co-moves with nothing, which is no sign of safety.
    measured = np.where(own.still, np.nan, factor_correlation(own.x, basis, loading))
    traits = replace(traits, loading=market_loadings(assets, traits, measured))
    share = SHRINKAGE if effective >= len(basis) else THIN_SHRINKAGE
    sectors = [assets[i].sector for i in core.tolist()]
    correlation = shrunk(sample, known, traits.loading[core], sectors, share)[:, first]
    fitted = maximum_likelihood(positive(correlation[first]))
    common = np.outer(traits.loading, direction(loading, fitted))
    common[core] = regressed(correlation, fitted)
    common[basis] = fitted
    return traits, bounded(common)
