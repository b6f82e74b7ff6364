"""How much of an asset can be traded in a day without being most of its market."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from portfolios.model.market import Array, Market
from rebalancer.estimates.per_market import columns, per_market, places

PARTICIPATION, VOLUME_DAYS, FEWEST_VOLUMES = 0.10, 30, 15


def volumes_known(market: Market, asset_ids: Sequence[str]) -> Array:
    """Return on how many of the last 30 days something is known to have been traded, shape (n,)."""
    return np.asarray(np.isfinite(_recent(market)).sum(axis=0)[places(market, asset_ids)])


def tradable_a_day(market: Market, asset_ids: Sequence[str]) -> Array:
    """Return a tenth of the usual daily volume, the median of 30 days, in money, shape (n,).

    NaN where no volume is known: nothing traded is nothing known.
    """
    return _usual(market)[places(market, asset_ids)]


@per_market
def _usual(market: Market) -> Array:
    recent = _recent(market)
    usual = np.full(recent.shape[1], np.nan)
    some = np.isfinite(recent).any(axis=0)
    usual[some] = PARTICIPATION * np.nanmedian(recent[:, some], axis=0)
    return usual


@per_market
def _recent(market: Market) -> Array:
    volume = market.bars.columns(columns(market)).volume[-VOLUME_DAYS:]
    return np.where(volume > 0, volume, np.nan)
