"""How far prices have moved since a plan was made."""

from __future__ import annotations

from datetime import datetime

from portfolios.market import PRICE_LIMIT, Market
from portfolios.plans import Plan


def price_move(plan: Plan, market: Market | None, *, now: datetime) -> float | None:
    """Return the largest move of a price that a plan's trades rest on, as a fraction.

    Returns:
        None when one is unknown, in doubt, or too old to act on. The sample's prices have no age.
    """
    if market is None or market.is_sample is not plan.is_sample:
        return None
    moves = []
    for trade in plan.trades:
        quote = market.quotes.get(trade.asset_id)
        if quote is None or quote.quarantined:
            return None
        if not market.is_sample and now - quote.at > PRICE_LIMIT:
            return None
        moves.append(abs(float(quote.price / trade.price) - 1))
    return max(moves, default=0.0)
