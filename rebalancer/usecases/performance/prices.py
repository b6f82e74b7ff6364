"""What one unit of each asset is worth at the market of the moment, where that can be relied on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from portfolios.model.market import Market
from portfolios.model.plan import Plan
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.valuation import value_portfolio


@dataclass(frozen=True, slots=True)
class TrustedPrices:
    """Prices that may be relied on; an asset whose price is missing or in doubt is not among them.

    Attributes:
        of: asset id -> price of one unit.
        currency: of all prices.
        is_sample: they are made up.
    """

    of: Mapping[str, Decimal]
    currency: str
    is_sample: bool = False

    def why_not(self, plan: Plan) -> str:
        """Say why the trades of a plan cannot be measured by these prices; empty where they can."""
        if plan.is_sample is not self.is_sample:
            return "made-up prices and real ones are not mixed"
        if plan.currency != self.currency:
            return f"it is in {plan.currency}, prices are in {self.currency}"
        unpriced = (t.symbol or t.asset_id for t in plan.trades if t.asset_id not in self.of)
        names = ", ".join(dict.fromkeys(unpriced))
        return f"no good price of {names}" if names else ""


def prices_now(
    market: Market, asset_ids: Iterable[str], portfolio: Portfolio | None = None
) -> TrustedPrices:
    """Return the prices of some assets by the rules under which a portfolio is valued.

    Args:
        market: of the moment.
        asset_ids: whose prices are looked for.
        portfolio: what its holder states counts for what has no market; None where there is none.
    """
    own = portfolio or Portfolio("", currency=market.currency)
    if own.currency != market.currency:  # what its holder states is in other money
        own = Portfolio("", currency=market.currency)
    held = {holding.asset_id for holding in own.holdings}
    asked = (Holding(asset_id, Decimal(0)) for asset_id in sorted(set(asset_ids) - held))
    valued = value_portfolio(replace(own, holdings=(*own.holdings, *asked)), market)
    known = {
        position.asset.asset_id: position.price
        for position in valued.positions
        if position.price is not None and not position.grey
    }
    return TrustedPrices(known, market.currency, market.is_sample)
