"""Assets that the plain estimate does not fit: stablecoins, wrapped, young and without history.

A proxy is never calmer than its peers: what is not known takes the upper quartile of its sector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portfolios.assets import Asset, AssetKind
from portfolios.market import Array

YEAR_DAYS = 365
STABLE_FLOOR = 0.015 / np.sqrt(YEAR_DAYS)
"""Daily; 1.5% a year: about a 2% chance a year of losing a tenth."""
STABLES_CORRELATION = 0.5
BASIS = 0.03 / np.sqrt(YEAR_DAYS)
"""Daily; 3% a year between a wrapped asset and what it stands for."""
WRAPPED_CORRELATION = 0.99
NEW_DAYS, YOUNG_DAYS = 30, 180
PRIOR_DAYS, PRIOR_BETA = 60.0, 1.2
MOST_LOADING = 0.95
PEER_QUANTILE = 0.75
UNKNOWN_VOLATILITY = 0.06
"""Daily; for a market in which nobody has a history."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of each asset, shape (n,): volatility per day, loading, returns counted."""

    daily_vol: Array
    loading: Array
    count: Array
    is_core: npt.NDArray[np.bool_]

    def rows(self, rows: Sequence[int]) -> Traits:
        """Return some of the assets."""
        at = list(rows)
        return Traits(self.daily_vol[at], self.loading[at], self.count[at], self.is_core[at])


def traits_of(assets: Sequence[Asset], daily_vol: Array, count: Array) -> Traits:
    """Return each asset's volatility, proxied where its own history is too short.

    Args:
        assets: in the order of the arrays.
        daily_vol: own estimate, NaN without returns.
        count: returns behind it.
    """
    plain = np.array([asset.kind not in (AssetKind.STABLE, AssetKind.WRAPPED) for asset in assets])
    core = plain & (count >= YOUNG_DAYS) & np.isfinite(daily_vol)
    peers = np.array([_peer_volatility(asset.sector, assets, daily_vol, core) for asset in assets])
    own = np.where(np.isfinite(daily_vol), daily_vol, 0.0)
    blended = np.sqrt((count * own**2 + PRIOR_DAYS * peers**2) / (count + PRIOR_DAYS))
    vol = np.where(count >= YOUNG_DAYS, own, np.where(count >= NEW_DAYS, blended, peers))
    vol = _stable_and_wrapped(assets, vol, own)
    return Traits(vol, np.zeros(len(assets)), count, core)


def _peer_volatility(
    sector: str, assets: Sequence[Asset], daily_vol: Array, core: npt.NDArray[np.bool_]
) -> float:
    alike = core & np.array([asset.sector == sector for asset in assets])
    known = daily_vol[alike] if alike.any() else daily_vol[core]
    return float(np.quantile(known, PEER_QUANTILE)) if len(known) else UNKNOWN_VOLATILITY


def _stable_and_wrapped(assets: Sequence[Asset], vol: Array, own: Array) -> Array:
    place = {asset.asset_id: i for i, asset in enumerate(assets)}
    out = vol.copy()
    for i, asset in enumerate(assets):
        if asset.kind is AssetKind.STABLE:
            out[i] = max(own[i], STABLE_FLOOR)
        elif asset.kind is AssetKind.WRAPPED and asset.underlying in place:
            out[i] = np.hypot(vol[place[asset.underlying]], BASIS)
    return out


def completed(
    assets: Sequence[Asset], traits: Traits, core: Sequence[int], correlation: Array, loading: Array
) -> tuple[Traits, Array]:
    """Extend the correlation of the core to every asset, by structure.

    Args:
        assets: all of them.
        traits: theirs, loadings still missing.
        core: places of the m assets with an estimate.
        correlation: of the core, shape (m, m).
        loading: of the core on the market, shape (m,).
    """
    loadings = _loadings(assets, traits, core, loading)
    full = np.outer(loadings, loadings)
    full[np.ix_(core, core)] = correlation
    stables = np.array([asset.kind is AssetKind.STABLE for asset in assets])
    full[np.ix_(stables, stables)] = STABLES_CORRELATION
    _follow_underlying(assets, full)
    np.fill_diagonal(full, 1.0)
    return Traits(traits.daily_vol, loadings, traits.count, traits.is_core), full


def _loadings(
    assets: Sequence[Asset], traits: Traits, core: Sequence[int], loading: Array
) -> Array:
    """Return correlations with the market: estimated, or by a prior beta where history is short."""
    weight = traits.daily_vol[core]
    market = float((loading * weight).mean()) if len(core) else UNKNOWN_VOLATILITY
    vol = np.where(traits.daily_vol > 0, traits.daily_vol, 1.0)
    out = np.clip(PRIOR_BETA * market / vol, 0.0, MOST_LOADING)
    out[core] = loading
    out[[asset.kind is AssetKind.STABLE for asset in assets]] = 0.0
    place = {asset.asset_id: i for i, asset in enumerate(assets)}
    for i, asset in enumerate(assets):
        if asset.kind is AssetKind.WRAPPED and asset.underlying in place:
            out[i] = WRAPPED_CORRELATION * out[place[asset.underlying]]
    return out


def _follow_underlying(assets: Sequence[Asset], full: Array) -> None:
    place = {asset.asset_id: i for i, asset in enumerate(assets)}
    for i, asset in enumerate(assets):
        if asset.kind is AssetKind.WRAPPED and asset.underlying in place:
            j = place[asset.underlying]
            full[i, :] = WRAPPED_CORRELATION * full[j, :]
            full[:, i] = full[i, :]
            full[i, j] = full[j, i] = WRAPPED_CORRELATION
