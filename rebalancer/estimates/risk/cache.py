"""The risk of a whole market, estimated once: every portfolio on that market needs the same.

A market is a value that never changes, so what follows from it may be kept as long as it is used;
the few last ones are enough, since everybody looks at the newest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from portfolios.model.assets import Asset
from portfolios.model.market import Bars, Market
from rebalancer.estimates.risk.market_risk import MarketRisk, estimate_market

MOST_KEPT = 6


@dataclass(frozen=True, slots=True)
class _Kept:
    """An estimate, and all that it was made of."""

    bars: Bars
    assets: Mapping[str, Asset]
    others: tuple[Asset, ...]
    risk: MarketRisk


_KEPT: deque[_Kept] = deque(maxlen=MOST_KEPT)
_LOCK = Lock()


def market_risk(market: Market, others: Sequence[Asset] = ()) -> MarketRisk:
    """Return the risk of everything in a market, as `estimate_market` does.

    Args:
        market: assets and bars.
        others: assets that the market may not know; they get a proxy from their sector.
    """
    unknown = tuple(asset for asset in others if asset.asset_id not in market.assets)
    with _LOCK:
        for kept in _KEPT:
            is_same = kept.bars is market.bars and kept.assets is market.assets
            if is_same and kept.others == unknown:
                return kept.risk
        risk = estimate_market(market, unknown)
        _KEPT.append(_Kept(market.bars, market.assets, unknown, risk))
        return risk
