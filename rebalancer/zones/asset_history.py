"""What the price of each asset did lately: measured once for a market, handed out to portfolios."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portfolios.model.market import Array, Market
from portfolios.model.valuation import Position, Valuation
from rebalancer.estimates.per_market import columns, per_market, places
from rebalancer.zones.price_history import Fall, fall_from_peak, regime, shock


@dataclass(frozen=True, slots=True)
class AssetHistory:
    """Prices of n assets and what they did.

    Attributes:
        levels: closes and, last, the present price, shape (T, n), NaN in gaps.
        drop: what was lost within three days.
        fall: what was lost since the peak of 90 days.
        regime: recent volatility over its usual level, shape (n,).
    """

    levels: Array
    drop: Fall
    fall: Fall
    regime: Array


def history_of(valuation: Valuation, market: Market) -> AssetHistory:
    """Return the history of a portfolio's assets, in their order.

    What has no usable market price has no level today, and so no loss and no regime.
    """
    whole, at = _history(market), places(market, valuation.asset_ids)
    usable = np.array([_has_market_price(p) for p in valuation.positions], dtype=bool)
    levels = whole.levels[:, at]
    levels[-1, ~usable] = np.nan
    return AssetHistory(
        levels=levels,
        drop=_taken(whole.drop, at, usable),
        fall=_taken(whole.fall, at, usable),
        regime=np.where(usable, whole.regime[at], np.nan),
    )


@per_market
def _history(market: Market) -> AssetHistory:
    levels = _levels(market)
    return AssetHistory(
        levels=levels,
        drop=shock(levels, market.as_of),
        fall=fall_from_peak(levels),
        regime=regime(levels),
    )


def _levels(market: Market) -> Array:
    """Return the closes of everything with today's row set to the newest prices."""
    ids = columns(market)
    close = market.bars.columns(ids).close
    last_day = market.bars.days[-1] if market.bars.days else None
    missing = (market.as_of.date() - last_day).days if last_day else 1
    today = np.full((max(0, missing), len(ids)), np.nan)
    levels = np.vstack([np.where(close > 0, close, np.nan), today])
    quotes = (market.quotes.get(asset_id) for asset_id in ids)
    levels[-1] = [np.nan if quote is None else float(quote.price) for quote in quotes]
    return levels


def _taken(fall: Fall, at: npt.NDArray[np.intp], usable: npt.NDArray[np.bool_]) -> Fall:
    return Fall(np.where(usable, fall.loss[at], np.nan), fall.sigma[at], fall.days)


def _has_market_price(position: Position) -> bool:
    return not position.grey and position.quote is not None and not position.is_stated
