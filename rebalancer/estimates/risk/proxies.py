"""Assets that the plain estimate does not fit: stablecoins, wrapped, young and without history.

A proxy is never calmer than its peers: what is not known takes the upper quartile of its sector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import Array
from rebalancer.estimates.risk.factors import own_part

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


def traits_of(
    assets: Sequence[Asset], daily_vol: Array, count: Array, still: npt.NDArray[np.bool_]
) -> Traits:
    """Return each asset's volatility, proxied where its own history is too short.

    Args:
        assets: in the order of the arrays, which have shape (n,).
        daily_vol: own estimate per day, NaN without returns.
        count: returns behind it.
        still: prices that hardly move; never calmer than the middle of their peers.
    """
    plain = np.array([asset.kind not in (AssetKind.STABLE, AssetKind.WRAPPED) for asset in assets])
    core = plain & (count >= YOUNG_DAYS) & (daily_vol > 0) & ~still
    peers, middle = (
        np.array([_peer_volatility(a.sector, assets, daily_vol, core, q) for a in assets])
        for q in (PEER_QUANTILE, 0.5)
    )
    own = np.where(np.isfinite(daily_vol), daily_vol, 0.0)
    blended = np.sqrt((count * own**2 + PRIOR_DAYS * peers**2) / (count + PRIOR_DAYS))
    vol = np.where(count >= YOUNG_DAYS, own, np.where(count >= NEW_DAYS, blended, peers))
    vol = np.where(still | (vol <= 0), np.maximum(vol, middle), vol)
    vol = _stable_and_wrapped(assets, vol, own)
    return Traits(vol, np.zeros(len(assets)), count, core)


def _peer_volatility(
    sector: str,
    assets: Sequence[Asset],
    daily_vol: Array,
    core: npt.NDArray[np.bool_],
    quantile: float,
) -> float:
    alike = core & np.array([asset.sector == sector for asset in assets])
    known = daily_vol[alike] if alike.any() else daily_vol[core]
    return float(np.quantile(known, quantile)) if len(known) else UNKNOWN_VOLATILITY


def _stable_and_wrapped(assets: Sequence[Asset], vol: Array, own: Array) -> Array:
    stands_for = underlying_places(assets)
    out = vol.copy()
    for i, asset in enumerate(assets):
        if asset.kind is AssetKind.STABLE:
            out[i] = max(own[i], STABLE_FLOOR)
    for i, j in stands_for.items():
        out[i] = np.hypot(out[j], BASIS)
    return out


def underlying_places(assets: Sequence[Asset]) -> Mapping[int, int]:
    """Return where each wrapped asset's underlying stands; what wraps a wrapped one goes deeper."""
    place = {asset.asset_id: i for i, asset in enumerate(assets)}
    found: dict[int, int] = {}
    for i in range(len(assets)):
        j, passed = i, {i}
        while (below := _below(assets[j], place)) is not None and below not in passed:
            j = below
            passed.add(j)
        if j != i and assets[j].kind is not AssetKind.WRAPPED:
            found[i] = j
    return found


def _below(asset: Asset, place: Mapping[str, int]) -> int | None:
    if asset.kind is not AssetKind.WRAPPED or asset.underlying is None:
        return None
    return place.get(asset.underlying)


def market_loadings(assets: Sequence[Asset], traits: Traits, measured: Array) -> Array:
    """Return correlations with the market, shape (n,): measured, pulled to a prior where young.

    Beta is against the average asset of the market, whose own beta is one.

    Args:
        assets: all of them.
        traits: theirs.
        measured: correlation of every asset with the market, NaN where unknown, shape (n,).
    """
    at = traits.is_core & np.isfinite(measured)
    market = float((measured[at] * traits.daily_vol[at]).mean()) if at.any() else UNKNOWN_VOLATILITY
    vol = np.where(traits.daily_vol > 0, traits.daily_vol, 1.0)
    told = np.isfinite(measured) & (market > 0)
    days = np.where(told, traits.count, 0.0)
    beta = np.where(told, measured, 0.0) * vol / (market if market > 0 else 1.0)
    blended = (days * beta + PRIOR_DAYS * PRIOR_BETA) / (days + PRIOR_DAYS)
    out = np.clip(blended * max(market, 0.0) / vol, 0.0, MOST_LOADING)
    out[at] = measured[at]
    out[_stables(assets)] = 0.0
    for i, j in underlying_places(assets).items():
        out[i] = WRAPPED_CORRELATION * out[j]
    return out


def with_own_columns(assets: Sequence[Asset], common: Array) -> Array:
    """Return loadings with a column for stablecoins and one for each underlying, shape (n, k + c).

    Stablecoins move with each other alone. What is wrapped or staked shares with what it stands
    for, and with whatever else stands for that, what the common factors leave.

    Args:
        assets: all of them.
        common: loadings on k factors, shape (n, k).
    """
    stables, stands_for = _stables(assets), underlying_places(assets)
    common = np.where(stables[:, None], 0.0, common)
    alike = np.where(stables, np.sqrt(STABLES_CORRELATION), 0.0)
    shared = np.column_stack([common, alike])
    below = sorted(set(stands_for.values()))
    own = np.zeros((len(assets), len(below)))
    own[below, np.arange(len(below))] = np.sqrt(own_part(shared[below]))
    loadings = np.column_stack([shared, own])
    for i, j in stands_for.items():
        loadings[i] = WRAPPED_CORRELATION * loadings[j]
    return loadings


def _stables(assets: Sequence[Asset]) -> npt.NDArray[np.bool_]:
    return np.array([asset.kind is AssetKind.STABLE for asset in assets], dtype=bool)
