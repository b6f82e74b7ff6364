"""Prices in doubt, and those that somebody accepted, as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich.console import Console

from portfolios.marketdata.market_store import Acceptance, Refused
from portfolios.marketdata.price_gate import Reading
from portfolios.values import display
from rebalancer.cli.console import table


def show_doubts(
    console: Console, refused: Mapping[str, Refused], accepted: Mapping[str, Reading]
) -> None:
    """Print the prices in doubt, each with what it is in doubt against."""
    if not refused:
        console.print("no price is in doubt")
        return
    grid = table("asset", "said>", "against>", "since", "why")
    for asset_id, doubt in refused.items():
        last = accepted.get(asset_id)
        grid.add_row(
            asset_id,
            _price(doubt.reading.price),
            "-" if last is None else _price(last.price),
            display.moment(doubt.first.at),
            doubt.reason,
        )
    console.print(grid)


def show_acceptances(console: Console, acceptances: Sequence[Acceptance]) -> None:
    """Print which refused prices were accepted by whom; nothing where none was."""
    if not acceptances:
        return
    grid = table("accepted", "price>", "against>", "by", "at")
    for one in acceptances:
        against = "-" if one.against is None else _price(one.against)
        price = _price(one.reading.price)
        grid.add_row(one.asset_id, price, against, one.by, display.moment(one.at))
    console.print(grid)


def _price(price: Decimal) -> str:
    return f"{price:f}" if price.is_finite() else str(price)
