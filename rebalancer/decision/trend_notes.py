"""Which trends move nothing yet, or still do, because they turned too short a time ago."""

from __future__ import annotations

from portfolios.model.market import TREND_LASTS, Grade
from portfolios.model.policy import Signals
from portfolios.values.causes import by_cause
from rebalancer.decision.analysis import Analysis
from rebalancer.estimates.scores import trend_that_acts


def unlasting_trends(analysis: Analysis) -> tuple[str, ...]:
    """Say for `trim` and `follow` which trends are not what they were when one last stayed."""
    signals = analysis.policy.signals_in_force
    if signals not in (Signals.TRIM, Signals.FOLLOW):
        return ()
    wished = analysis.reference.wished
    found = [
        (
            p.asset.symbol,
            trend_that_acts(analysis.market, p.asset.asset_id, analysis.policy.technical),
        )
        for i, p in enumerate(analysis.valuation.positions)
        if p.quantity > 0 or wished[i] > 0
    ]
    return by_cause((s, f"{why} (signals = {signals.value})") for s, g in found if (why := _why(g)))


def _why(grade: Grade | None) -> str:
    days = TREND_LASTS.days
    if grade is None or (grade.trend == -1) is bool(grade.lasting_bearish):
        return ""
    if grade.lasting_bearish:
        return f"no longer bearish, but not for {days} days yet: still treated as bearish"
    return f"bearish, but not seen so for {days} days yet: nothing is done about that"
