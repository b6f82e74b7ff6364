"""What the trades of a plan have earned since it was made, against doing nothing.

A buy gains what its price rose, a sale gains what its price fell, each less its cost. Whatever else
is held is the same either way and drops out. Trades count at the plan's own prices and costs, since
the real ones are not known: while prices stand still, a plan has lost its cost, to the cent. The
part of a cent that a trade loses when it is booked in whole cents is told apart, in the
reconciliation.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portfolios.model.plan import Plan, Side, Trade
from portfolios.values.exact import exactly
from rebalancer.usecases.performance.prices import TrustedPrices


@dataclass(frozen=True, slots=True)
class Part:
    """One trade and the money it has earned since; None where its price is not known."""

    trade: Trade
    earned: Decimal | None


def parts_since(plan: Plan, prices: TrustedPrices) -> tuple[Part, ...]:
    """Return what each trade of a plan has earned by now."""
    is_foreign = plan.is_sample is not prices.is_sample or plan.currency != prices.currency
    with exactly():
        return tuple(
            Part(trade, None if is_foreign else _earned(trade, prices.of.get(trade.asset_id)))
            for trade in plan.trades
        )


def total_of(parts: tuple[Part, ...]) -> Decimal | None:
    """Return what all parts have earned; None where there is none, or one is not known."""
    known = [part.earned for part in parts if part.earned is not None]
    if not parts or len(known) < len(parts):
        return None
    with exactly():
        return sum(known, Decimal(0))


def _earned(trade: Trade, price: Decimal | None) -> Decimal | None:
    if price is None:
        return None
    gain = trade.quantity * (price - trade.price)
    return (gain if trade.side is Side.BUY else -gain) - trade.cost
