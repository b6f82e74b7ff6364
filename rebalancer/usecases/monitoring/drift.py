"""Which holdings are outside their tolerance bands, in words."""

from __future__ import annotations

from collections.abc import Mapping

from portfolios.model.market import Market
from portfolios.model.portfolio import Portfolio
from portfolios.values import display
from rebalancer.decision.analysis import analyse
from rebalancer.decision.triggers import outside_band


def drifts(portfolio: Portfolio, market: Market) -> Mapping[str, str]:
    """Return asset id -> how far it is from its reference; nothing while prices are in doubt."""
    analysis = analyse(portfolio, market)
    if analysis.valuation.withheld:
        return {}
    rows = zip(
        analysis.valuation.positions,
        analysis.w0,
        analysis.reference.r,
        outside_band(analysis),
        strict=True,
    )
    return {
        p.asset.asset_id: f"{p.asset.symbol} {display.percent(float(w))} against"
        f" {display.percent(float(r))}"
        for p, w, r, is_outside in rows
        if is_outside
    }
