"""The list of portfolios as JSON."""

from __future__ import annotations

from decimal import Decimal

from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Valuation
from portfolios.values.canonical import plain, utc_text
from portfolios.values.cents import CENT


def summary_to_json(
    portfolio: Portfolio, valuation: Valuation | None, *, is_sample: bool
) -> dict[str, object]:
    """Return one line of the list of portfolios; the value is null where it is unknown."""
    total = valuation.total if valuation else None
    return {
        "name": portfolio.name,
        "profile": portfolio.policy.profile_in_force.value,
        "mode": portfolio.policy.mode.value,
        "currency": portfolio.currency,
        "holdings": len(portfolio.holdings),
        "has_targets": portfolio.targets is not None,
        "value": _cents(total.known) if total else None,
        "last_known_value": _cents(total.amount) if total and not total.is_known else None,
        "last_known_at": utc_text(total.at) if total and total.at else None,
        "unpriced": total.unpriced if total else None,
        "sample": is_sample,
    }


def _cents(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount.quantize(CENT))
