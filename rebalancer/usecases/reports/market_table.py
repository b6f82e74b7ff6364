"""The token table: one row an asset, sorted and filtered, with the ages of what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from portfolios.errors import NotFoundError, UsageError
from portfolios.loaders.names.resolve import resolve
from portfolios.model.assets import Asset
from portfolios.model.market import Array, Bars, Market, Quote
from rebalancer.usecases.reports.sort_key import SortKey

LONGEST_CHANGE = 30
"""Days of the longest change that is shown."""


@dataclass(frozen=True, slots=True)
class MarketRow:
    """What the table shows of one asset; None where it is not known."""

    asset: Asset
    quote: Quote | None
    change_1d: float | None
    change_7d: float | None
    change_30d: float | None
    short: float | None
    long: float | None
    trend: int | None
    signal: int | None
    source: str
    price_age: timedelta | None
    grade_age: timedelta | None


SORT_KEYS: Mapping[SortKey, Callable[[MarketRow], tuple[object, ...]]] = {
    SortKey.RANK: lambda r: (r.asset.rank or 10**9, r.asset.asset_id),
    SortKey.SYMBOL: lambda r: (r.asset.symbol, r.asset.asset_id),
    SortKey.PRICE: lambda r: (-(r.quote.price if r.quote else 0), r.asset.asset_id),
    SortKey.CHANGE: lambda r: (_last(r.change_1d), r.asset.asset_id),
    SortKey.SHORT: lambda r: (_last(r.short), r.asset.asset_id),
    SortKey.LONG: lambda r: (_last(r.long), r.asset.asset_id),
    SortKey.SECTOR: lambda r: (r.asset.sector, r.asset.rank or 10**9, r.asset.asset_id),
}


def _last(figure: float | None) -> float:
    """Sort the largest first and the unknown last."""
    return float("inf") if figure is None else -figure


def market_rows(market: Market, assets: Sequence[Asset]) -> list[MarketRow]:
    """Return the rows of some assets."""
    known, recent = market.bars, slice(-LONGEST_CHANGE, None)
    last = Bars(known.days[recent], known.asset_ids, known.close[recent], known.volume[recent])
    bars = last.columns([asset.asset_id for asset in assets])
    return [_row(market, asset, bars.close[:, i]) for i, asset in enumerate(assets)]


def _row(market: Market, asset: Asset, close: Array) -> MarketRow:
    quote, grade = market.quotes.get(asset.asset_id), market.grades.get(asset.asset_id)
    # What may not be trusted has not moved by anything.
    price = float(quote.price) if quote and not quote.quarantined else None
    short_at = grade.short_at if grade else None
    return MarketRow(
        asset=asset,
        quote=quote,
        change_1d=_change(price, close, 1),
        change_7d=_change(price, close, 7),
        change_30d=_change(price, close, 30),
        short=grade.short if grade else None,
        long=grade.long if grade else None,
        trend=grade.trend if grade else None,
        signal=grade.signal if grade else None,
        source=grade.source if grade else "",
        price_age=market.age(quote.at) if quote else None,
        grade_age=market.age(short_at) if short_at else None,
    )


def _change(price: float | None, close: Array, days: int) -> float | None:
    if price is None or len(close) < days or not np.isfinite(close[-days]):
        return None
    return float(price / close[-days] - 1.0)


def asset_named(market: Market, word: str) -> Asset:
    """Return the asset that a name means.

    Raises:
        NotFoundError: with the nearest id.
        UsageError: for a currency, and for what became another asset.
        AmbiguousAssetError: with the candidates.
    """
    index = market.index()
    try:
        meaning = resolve(word, index, currency=market.currency)
    except ValueError as error:
        raise UsageError(str(error), hint="write an id or a symbol of the token table") from None
    asset = None if meaning is None else index.get(meaning.asset_id)
    if asset is None:
        near = index.nearest(word)
        hint = f"did you mean {near}?" if near else "write an id or a symbol of the token table"
        raise NotFoundError(f"no asset is called {word[:40]}", hint=hint)
    return asset


def require_sector(market: Market, sector: str | None) -> None:
    """Refuse a sector that nothing is in.

    Raises:
        NotFoundError: with those that are.
    """
    sectors = sorted({asset.sector for asset in market.assets.values()})
    if sector is not None and sector not in sectors:
        raise NotFoundError(
            f"no sector is called {sector[:40]}", hint=f"known: {', '.join(sectors)}"
        )
