"""How far prices have moved since a plan was made."""

from __future__ import annotations

from datetime import datetime

from portfolios.model.market import PRICE_LIMIT, Market, Quote
from portfolios.model.plan import Plan
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import STATED, value_portfolio


def price_move(
    plan: Plan, portfolio: Portfolio, market: Market | None, *, now: datetime
) -> float | None:
    """Return the largest move of a price that a plan's trades rest on, as a fraction.

    Returns:
        None when one is unknown, in doubt, in other money, or too old to act on. The
            sample's prices have no age.
    """
    if market is None or market.is_sample is not plan.is_sample:
        return None
    if not plan.currency == portfolio.currency == market.currency:
        return None
    quotes = _quotes(portfolio, market)
    moves = []
    for trade in plan.trades:
        quote = quotes.get(trade.asset_id)
        if quote is None or quote.quarantined or _is_stale(quote, market, now):
            return None
        moves.append(abs(float(quote.price / trade.price) - 1))
    return max(moves, default=0.0)


def _quotes(portfolio: Portfolio, market: Market) -> dict[str, Quote]:
    """Return the market's prices, and those stated for what has no market, while they hold."""
    held = value_portfolio(portfolio, market).positions
    stated = {p.asset.asset_id: p.quote for p in held if p.quote is not None and not p.grey}
    return {**market.quotes, **stated}


def _is_stale(quote: Quote, market: Market, now: datetime) -> bool:
    is_dated = not market.is_sample and quote.source != STATED
    return is_dated and now - quote.at > PRICE_LIMIT
