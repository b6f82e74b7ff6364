"""What of the data an owner should look at: prices in doubt or missing, credits that run out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from portfolios.model.market import PRICE_AMBER, Market
from portfolios.providers.quota.quota import Usage

SCARCE = 0.2
"""Of a month's credits; what is left below it is worth a word."""


def doubts(market: Market, held: Collection[str]) -> Iterator[str]:
    """Yield a line for each held asset whose price is in doubt, old, or not known."""
    for asset_id in sorted(held):
        quote = market.quotes.get(asset_id)
        if quote is None:
            yield f"{asset_id}: no price"
        elif quote.quarantined:
            yield f"{asset_id}: {quote.quarantined}"
        elif market.age(quote.at) > PRICE_AMBER:
            hours = market.age(quote.at).total_seconds() / 3600
            yield f"{asset_id}: the price is {hours:.0f} hours old"


def scarce_credits(usages: Iterable[Usage]) -> Iterator[str]:
    """Yield a line for each provider whose credits of the month run out."""
    for usage in usages:
        if usage.limit and usage.left is not None and usage.left < SCARCE * usage.limit:
            yield f"{usage.provider}: {usage.left} of {usage.limit} credits left this month"
