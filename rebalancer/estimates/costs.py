"""What a trade costs, and the smallest one worth making."""

from __future__ import annotations

from decimal import Decimal

from portfolios.model.assets import Asset
from portfolios.model.policy import Policy

TOP_RANK, TOP_FEE = 20, Decimal("0.0020")
LISTED_RANK, LISTED_FEE = 300, Decimal("0.0040")
TAIL_FEE = Decimal("0.0100")

LEAST_TRADE = Decimal(10)
LEAST_SHARE = Decimal("0.005")
EXCHANGE_LEAST = Decimal(5)
"""Below this an exchange executes nothing, unless the user states a smaller minimum."""


def fee_of(asset: Asset, policy: Policy) -> Decimal:
    """Return the cost of a trade as a fraction of its size: the stated fee, else by rank.

    Fee and half the spread: 20 bps for the largest assets, 40 for other listed ones, 100 for the
    long tail and for what has no rank.
    """
    if policy.fee is not None:
        return policy.fee
    if asset.rank is None or asset.rank > LISTED_RANK:
        return TAIL_FEE
    return TOP_FEE if asset.rank <= TOP_RANK else LISTED_FEE


def min_trade_of(policy: Policy, value: Decimal) -> Decimal:
    """Return the smallest trade worth making, in money.

    A stated minimum is what the user's exchange or patience says, so it stands alone; else it is
    $10 or half a percent of the value, whichever is more.
    """
    if policy.min_trade is not None:
        return policy.min_trade
    return max(LEAST_TRADE, LEAST_SHARE * value)


def exchange_least_of(policy: Policy) -> Decimal:
    """Return the smallest trade that an exchange executes, in money."""
    return EXCHANGE_LEAST if policy.min_trade is None else min(EXCHANGE_LEAST, policy.min_trade)
