"""A portfolio analysed and judged: what every look at it and every proposal starts from."""

from __future__ import annotations

from portfolios.model.plan import Finding
from rebalancer.decision.aims import aims_apart, wishes_of
from rebalancer.decision.analysis import Analysis, analyse, situation_of
from rebalancer.zones import judge

__all__ = ["Analysis", "aims_apart", "analyse", "findings_of", "wishes_of"]


def findings_of(analysis: Analysis) -> tuple[Finding, ...]:
    """Return every finding about a portfolio as it is, before any cash flow; solves nothing."""
    now = analysis.before_flow
    return judge(situation_of(now, now.w0, now.c0))
