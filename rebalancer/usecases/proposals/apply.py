"""Book the trades of a plan: the use case behind `apply`, on the command line and in the chat."""

from __future__ import annotations

from datetime import datetime

from portfolios.errors import UsageError
from portfolios.model.decisions import Applied
from portfolios.model.market import Market
from portfolios.store.portfolio_store import Store


def apply_plan(store: Store, plan: str, market: Market | None, *, at: datetime, by: str) -> Applied:
    """Record a plan's trades as done; applying twice changes nothing.

    Args:
        store: of plan and portfolio.
        plan: its id, or the beginning of it.
        market: the newest known; None while nothing was pulled.
        at: when.
        by: who.

    Raises:
        UsageError: the plan was made at made-up prices, and real ones are here.
        StoreError: see `Store.apply_plan`.
    """
    made = store.load_plan(plan)
    if made.is_sample and market is not None and not market.is_sample:
        raise UsageError(
            f"plan {made.plan_id} was made at the sample's prices, and real ones are here",
            hint=f"`rebalancer run {made.portfolio} --save` makes one at real prices",
        )
    return store.apply_plan(made.plan_id, at=at, by=by)
