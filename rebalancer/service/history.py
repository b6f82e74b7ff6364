"""Past plans, what was decided on them, and what each would have earned since."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from portfolios.decisions import Ruling
from portfolios.market import Market
from portfolios.plans import Plan, Side

if TYPE_CHECKING:
    from portfolios.store import Store


@dataclass(frozen=True, slots=True)
class PastPlan:
    """One plan and its outcome.

    Attributes:
        ruling: the last decision, None while it is open.
        earned: money its trades would have made since, costs included, against doing nothing;
            None where a price of today is missing or nothing was proposed.
    """

    plan: Plan
    ruling: Ruling | None
    earned: Decimal | None


def past_plans(store: Store, market: Market | None, name: str | None = None) -> list[PastPlan]:
    """Return the plans of one portfolio, or of all, newest first."""
    return [
        PastPlan(plan, _last(store, plan), earned_since(plan, market))
        for plan in reversed(store.plans(name))
    ]


def earned_since(plan: Plan, market: Market | None) -> Decimal | None:
    """Return what a plan's trades would have made by now, less their costs.

    A buy gains what its price rose, a sale gains what its price fell; the rest of the portfolio is
    the same either way and drops out.
    """
    if market is None or not plan.trades:
        return None
    total = -plan.estimated_cost
    for trade in plan.trades:
        quote = market.quotes.get(trade.asset_id)
        if quote is None or quote.quarantined:
            return None
        worth = trade.quantity * quote.price - trade.notional
        total += worth if trade.side is Side.BUY else -worth
    return total


def _last(store: Store, plan: Plan) -> Ruling | None:
    rulings = store.decisions(plan.plan_id)
    return rulings[-1] if rulings else None
