"""What of the data an owner should look at: prices in doubt or missing, credits that run out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from portfolios.model.market import PRICE_AMBER, Market
from portfolios.providers.quota.quota import Usage
from portfolios.values import display
from portfolios.values.causes import by_cause

SCARCE = 0.2
"""Of a month's credits; what is left below it is worth a word."""


def doubts(market: Market, held: Collection[str]) -> Iterator[str]:
    """Yield a line for each reason why the price of something held needs a look."""
    yield from by_cause(_doubts(market, held))


def _doubts(market: Market, held: Collection[str]) -> Iterator[tuple[str, str]]:
    for asset_id in sorted(held):
        quote = market.quotes.get(asset_id)
        if quote is None:
            yield asset_id, "no price"
        elif quote.quarantined:
            yield asset_id, quote.quarantined
        elif market.age(quote.at) > PRICE_AMBER:
            yield asset_id, f"the price is {display.age(market.age(quote.at))} old"


def scarce_credits(usages: Iterable[Usage]) -> Iterator[str]:
    """Yield a line for each provider whose credits of the month run out."""
    for usage in usages:
        if usage.limit and usage.left is not None and usage.left < SCARCE * usage.limit:
            yield f"{usage.provider}: {usage.left} of {usage.limit} credits left this month"
