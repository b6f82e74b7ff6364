"""The token table: one row an asset, with the ages of what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np
from rich.console import Console

from portfolios import figures
from portfolios.assets import Asset
from portfolios.canonical import plain
from portfolios.market import Array, Market, Quote
from portfolios.marketdata.insights import Insights
from rebalancer.cli.screen import table

TREND_WORDS = {1: "bullish", -1: "bearish", 0: "undecided"}


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


class SortKey(StrEnum):
    """Columns the table sorts by; figures from the largest."""

    RANK = "rank"
    SYMBOL = "symbol"
    PRICE = "price"
    CHANGE = "change"
    SHORT = "short"
    LONG = "long"
    SECTOR = "sector"


SORT_KEYS: dict[SortKey, Callable[[MarketRow], tuple[object, ...]]] = {
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
    bars = market.bars.columns([asset.asset_id for asset in assets])
    return [_row(market, asset, bars.close[:, i]) for i, asset in enumerate(assets)]


def _row(market: Market, asset: Asset, close: Array) -> MarketRow:
    quote, grade = market.quotes.get(asset.asset_id), market.grades.get(asset.asset_id)
    price = float(quote.price) if quote else None
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


def show_market(console: Console, market: Market, rows: Sequence[MarketRow]) -> None:
    """Print the token table."""
    sample = "SAMPLE DATA   " if market.is_sample else ""
    count = "1 asset" if len(rows) == 1 else f"{len(rows)} assets"
    console.print(f"{sample}{count}   as of {figures.moment(market.as_of)}", style="bold")
    grid = table(
        "symbol", "asset", "sector", "price>", "1d>", "7d>", "30d>",
        "short>", "long>", "trend", "grades",
    )  # fmt: skip
    for row in rows:
        grid.add_row(
            row.asset.symbol,
            row.asset.asset_id,
            row.asset.sector,
            _price(row, market.currency),
            *(_signed(change) for change in (row.change_1d, row.change_7d, row.change_30d)),
            *(f"{g:.0f}" if g is not None else "-" for g in (row.short, row.long)),
            _trend(row),
            row.source,
        )
    console.print(grid)


def _price(row: MarketRow, currency: str) -> str:
    if row.quote is None:
        return "unknown"
    mark = "?" if row.quote.quarantined else ""
    return figures.price(row.quote.price, currency) + mark


def _signed(change: float | None) -> str:
    return "-" if change is None else f"{change * 100:+.1f}%"


def _trend(row: MarketRow) -> str:
    if row.trend is None:
        return "-"
    return TREND_WORDS[row.trend] + (" NEW" if row.signal else "")


def row_to_json(row: MarketRow) -> dict[str, object]:
    """Return the JSON face of a row; ages in seconds."""
    return {
        "asset": row.asset.asset_id,
        "symbol": row.asset.symbol,
        "name": row.asset.name,
        "sector": row.asset.sector,
        "rank": row.asset.rank,
        "price": plain(row.quote.price) if row.quote else None,
        "quarantined": (row.quote.quarantined or None) if row.quote else None,
        "change_24h": row.change_1d,
        "change_7d": row.change_7d,
        "change_30d": row.change_30d,
        "short_grade": row.short,
        "long_grade": row.long,
        "trend": row.trend,
        "signal": row.signal,
        "grade_source": row.source or None,
        "price_age_seconds": _seconds(row.price_age),
        "grade_age_seconds": _seconds(row.grade_age),
    }


def _seconds(age: timedelta | None) -> int | None:
    return None if age is None else int(age.total_seconds())


def show_insights(
    console: Console, insights: Insights, assets: Sequence[Asset], named: Sequence[str]
) -> None:
    """Print what the provider of grades says of the market, and of the assets asked for by name."""
    said = [f"last market signal {insights.regime}"] if insights.regime else []
    if insights.high_grade_share is not None:
        said.append(f"{figures.percent(insights.high_grade_share)} of coins graded high")
    if insights.mood:
        said.append(f"mood {insights.mood}")
    if said:
        console.print(f"Token Metrics: {', '.join(said)}")
    for asset in assets if named else ():
        if line := insights.reports.get(asset.asset_id):
            console.print(f"{asset.symbol}: {line} (Token Metrics)")
        if found := insights.figures.get(asset.asset_id):
            told = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in found.items())
            console.print(f"{asset.symbol}: {told} (Token Metrics, over all its data)")
