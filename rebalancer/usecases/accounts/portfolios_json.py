"""The list of portfolios as JSON."""

from __future__ import annotations

from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Valuation
from portfolios.values.canonical import plain
from portfolios.values.cents import CENT


def summary_to_json(portfolio: Portfolio, valuation: Valuation | None) -> dict[str, object]:
    """Return one line of the list of portfolios; the value is null without a market."""
    return {
        "name": portfolio.name,
        "profile": portfolio.policy.profile.value,
        "mode": portfolio.policy.mode.value,
        "currency": portfolio.currency,
        "holdings": len(portfolio.holdings),
        "has_targets": portfolio.targets is not None,
        "value": plain(valuation.value.quantize(CENT)) if valuation else None,
    }
