"""Removes a portfolio, and all that waits or is remembered because of it."""

from __future__ import annotations

from datetime import datetime

from alerts.delivery.recipients import forget_portfolio
from portfolios.model.decisions import Ruling, Verdict
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.status import open_plan


def remove_portfolio(store: Store, name: str, *, by: str, at: datetime) -> int:
    """Forget a portfolio; its plans and what was decided on them stay in the history.

    A proposal that is open is skipped, so that a portfolio added later under the same name does
    not begin with it.

    Args:
        store: the tables of alerts are in the same file.
        name: of the portfolio.
        by: who removes it.
        at: when, aware UTC.

    Returns:
        How many messages about it waited and are not sent any more.

    Raises:
        NotFoundError: when there is none of this name.
    """
    with store.database.transaction():
        store.remove_portfolio(name)
        if plan := open_plan(store, name, now=at):
            store.add_decision(Ruling(plan.plan_id, Verdict.SKIP, at, by))
        return forget_portfolio(store.database, name)
