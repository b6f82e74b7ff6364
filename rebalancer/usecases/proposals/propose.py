"""Judge a portfolio, or propose a reweight for it: the use cases behind `zones` and `run`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from portfolios.model.market import Market
from portfolios.model.plan import Finding
from portfolios.model.policy import Mode
from portfolios.model.portfolio import Portfolio
from rebalancer.decision.analysis import analyse, situation_of
from rebalancer.decision.propose import Proposal, decide
from rebalancer.zones import judge

__all__ = ["Proposal", "judge_portfolio", "propose"]


def judge_portfolio(portfolio: Portfolio, market: Market) -> tuple[Finding, ...]:
    """Return every finding about a portfolio as it is; solves nothing."""
    analysis = analyse(portfolio, market)
    return judge(situation_of(analysis, analysis.w0, analysis.c0))


def propose(
    portfolio: Portfolio,
    market: Market,
    *,
    flow: Decimal = Decimal(0),
    mode: Mode | None = None,
    requested: bool = True,
    last_plan_at: datetime | None = None,
) -> Proposal:
    """Propose a reweight, or say why there is none.

    Args:
        portfolio: what is held and wanted.
        market: prices, grades and history at one moment.
        flow: money coming in, negative for money going out.
        mode: instead of the policy's.
        requested: a person asks, so the optimiser is asked whatever the bands say.
        last_plan_at: when the portfolio's last plan was made, for the calendar.

    Raises:
        InfeasibleError: limits that contradict each other, or too large a withdrawal.
    """
    analysis = analyse(portfolio, market, flow=flow, mode=mode)
    return decide(analysis, requested=requested, last_plan_at=last_plan_at)
