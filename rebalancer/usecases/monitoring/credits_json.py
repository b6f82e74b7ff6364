"""The credits of the providers' plans as JSON."""

from __future__ import annotations

from portfolios.providers.quota.quota import Usage


def usage_to_json(usage: Usage) -> dict[str, object]:
    """Return what one plan gave this month, in calls; null where it has no limit."""
    return {
        "provider": usage.provider,
        "month": usage.month,
        "used": usage.used,
        "today": usage.today,
        "left": usage.left,
        "limit": usage.limit,
        "forecast": usage.forecast,
    }
