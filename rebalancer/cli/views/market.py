"""The token table: one row an asset, with the ages of what it shows."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from portfolios.model.assets import Asset
from portfolios.model.insights import Insights
from portfolios.model.market import Market
from portfolios.values import display
from rebalancer.cli.console import table
from rebalancer.usecases.reports.market_table import MarketRow

WIDEST = 400


def show_market(console: Console, market: Market, rows: Sequence[MarketRow]) -> None:
    """Print the token table."""
    sample = "SAMPLE DATA   " if market.is_sample else ""
    count = display.counted(len(rows), "asset")
    console.print(f"{sample}{count}   {market.as_of_text}", style="bold")
    grid = table(
        "symbol", "asset", "sector", "price>", "1d>", "7d>", "30d>",
        "short>", "long>", "trend", "grades",
    )  # fmt: skip
    for row in rows:
        grid.add_row(
            row.asset.symbol,
            row.asset.asset_id,
            row.asset.sector,
            _price(row, market),
            *(_signed(change) for change in (row.change_1d, row.change_7d, row.change_30d)),
            *(f"{g:.0f}" if g is not None else "-" for g in (row.short, row.long)),
            _trend(row),
            row.source,
        )
    if not console.is_terminal:  # what reads it wants a whole row a line, however wide
        wide = console.options.update(max_width=WIDEST)
        console.width = max(console.width, console.measure(grid, options=wide).maximum)
    console.print(grid)


def _price(row: MarketRow, market: Market) -> str:
    if row.quote is None:
        return "unknown"
    mark = "?" if market.doubts(row.quote) else ""
    return display.price(row.quote.price, market.currency) + mark


def _signed(change: float | None) -> str:
    return "-" if change is None else f"{change * 100:+.1f}%"


def _trend(row: MarketRow) -> str:
    if row.trend is None:
        return "-"
    return display.TREND_WORDS[row.trend] + (" NEW" if row.signal else "")


def show_insights(
    console: Console, insights: Insights, assets: Sequence[Asset], named: Sequence[str]
) -> None:
    """Print what the provider of grades says of the market, and of the assets asked for by name."""
    said = [f"last market signal {insights.regime}"] if insights.regime else []
    if insights.high_grade_share is not None:
        said.append(f"{display.percent(insights.high_grade_share)} of coins graded high")
    if insights.mood:
        said.append(f"mood {insights.mood}")
    if said:
        console.print(f"{insights.source}: {', '.join(said)}")
    for asset in assets if named else ():
        if line := insights.reports.get(asset.asset_id):
            console.print(f"{asset.symbol}: {line} ({insights.source})")
        if found := insights.figures.get(asset.asset_id):
            told = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in found.items())
            console.print(f"{asset.symbol}: {told} ({insights.source}, over all its data)")
