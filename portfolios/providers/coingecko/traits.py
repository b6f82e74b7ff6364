"""CoinGecko by name, and what its plans allow."""

from __future__ import annotations

from portfolios.providers.provider import Capability, Provider
from portfolios.providers.quota.quota import CreditPlan

COINGECKO = Provider("coingecko", "CoinGecko", Capability.PRICES)


def credit_plan(plan: str, *, per_minute: int, monthly: int) -> CreditPlan:
    """Return what a plan allows; without a key no month is counted.

    Args:
        plan: keyless, demo or pro.
        per_minute: most calls in any minute.
        monthly: most calls in a month.
    """
    return CreditPlan(per_minute, None if plan == "keyless" else monthly)
