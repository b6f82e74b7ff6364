"""Propose a reweight of a portfolio: the use case behind `run`."""

from __future__ import annotations

from datetime import datetime

from portfolios.model.plan import Finding
from rebalancer.decision.propose import Proposal, make_proposal
from rebalancer.usecases.proposals.analysis import Analysis, findings_of

__all__ = ["Proposal", "propose"]


def propose(
    analysis: Analysis,
    *,
    findings: tuple[Finding, ...] | None = None,
    requested: bool = True,
    last_plan_at: datetime | None = None,
) -> Proposal:
    """Propose a reweight, or say why there is none.

    Args:
        analysis: of the portfolio, after a cash flow where there is one.
        findings: of the analysis, where they are known already.
        requested: a person asks, so the optimiser is asked whatever the bands say.
        last_plan_at: when the portfolio's last plan was made, for the calendar.

    Raises:
        InfeasibleError: limits that contradict each other, or too large a withdrawal.
    """
    known = findings_of(analysis) if findings is None else findings
    return make_proposal(analysis, known, requested=requested, last_plan_at=last_plan_at)
