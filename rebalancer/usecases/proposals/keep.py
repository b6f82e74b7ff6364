"""Keep a plan for good, and put it before people if it trades."""

from __future__ import annotations

from datetime import datetime

from portfolios.model.plan import Plan
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.status import offer


def keep_and_offer(store: Store, plan: Plan, *, at: datetime) -> None:
    """Keep a plan and offer it, in one unit; one without trades is kept only.

    Raises:
        StoreError: when another plan bears its id.
    """
    with store.database.transaction():
        store.save_plan(plan, at=at)
        if plan.trades:
            offer(store, plan, at=at)
