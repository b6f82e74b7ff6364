"""Which holdings are outside their tolerance bands, in words."""

from __future__ import annotations

from collections.abc import Mapping

from portfolios.values import display
from rebalancer.decision.triggers import outside_band
from rebalancer.usecases.proposals.analysis import Analysis


def drifts(analysis: Analysis) -> Mapping[str, str] | None:
    """Return asset id -> how far it is from its reference; None while the total is unknown."""
    if not analysis.valuation.total.is_known:
        return None
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
