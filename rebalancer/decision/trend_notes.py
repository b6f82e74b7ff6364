"""Which trends turned too short a time ago to move anything."""

from __future__ import annotations

from portfolios.model.market import TREND_LASTS
from portfolios.model.policy import Signals
from portfolios.values.causes import by_cause
from rebalancer.decision.analysis import Analysis
from rebalancer.estimates.scores import turned_lately


def trends_turned_lately(analysis: Analysis) -> tuple[str, ...]:
    """Say for `trim` and `follow` for which holdings and targets a trend does nothing yet."""
    signals, technical = analysis.policy.signals_in_force, analysis.policy.technical
    if signals not in (Signals.TRIM, Signals.FOLLOW):
        return ()
    why = (
        f"trend not seen for {TREND_LASTS.days} days as it is now: nothing is bought or sold for"
        f" it (signals = {signals.value})"
    )
    return by_cause(
        (p.asset.symbol, why)
        for p, wished in zip(analysis.valuation.positions, analysis.reference.wished, strict=True)
        if p.quantity > 0 or wished > 0
        if turned_lately(analysis.market, p.asset.asset_id, technical)
    )
