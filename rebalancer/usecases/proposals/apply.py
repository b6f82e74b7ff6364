"""Book the trades of a plan: the use case behind `apply`, on the command line and in the chat."""

from __future__ import annotations

from datetime import datetime

from portfolios.errors import UsageError
from portfolios.model.booking import book
from portfolios.model.decisions import Applied, Ruling, Verdict, booking_of, refuse_if_skipped
from portfolios.model.market import Market
from portfolios.model.plan import Plan
from portfolios.store.portfolio_store import Store
from portfolios.values.command import command
from rebalancer.usecases.proposals.status import status_of


def apply_plan(store: Store, plan: str, market: Market | None, *, at: datetime, by: str) -> Applied:
    """Book a plan's trades in its portfolio and record that, in one unit; once only.

    Args:
        store: of plan and portfolio.
        plan: its id, or the beginning of it.
        market: the newest known; None while nothing was pulled.
        at: when.
        by: who.

    Returns:
        The portfolio as it is now; `is_new` is False when the plan had been applied before, and
        then nothing changed.

    Raises:
        UsageError: the plan was made at made-up prices, and real ones are here.
        DecisionError: the plan was skipped or has no trades, or what is held is no longer what it
            started from.
        NotFoundError: there is no such plan or portfolio.
        StoreError: its cash does not add up.
    """
    made = store.load_plan(plan)
    if made.is_sample and market is not None and not market.is_sample:
        raise UsageError(
            f"plan {made.plan_id} was made at the sample's prices, and real ones are here",
            hint=f"{command('run', made.portfolio, '--save')} makes one at real prices",
        )
    with store.database.transaction():
        return _apply(store, made, Ruling(made.plan_id, Verdict.APPLY, at, by))


def _apply(store: Store, plan: Plan, ruling: Ruling) -> Applied:
    past = store.decisions(plan.plan_id)
    if booked := booking_of(past):
        return Applied(booked, store.find_portfolio(plan.portfolio), is_new=False)
    refuse_if_skipped(status_of(store, plan, now=ruling.at).ruling)
    portfolio = book(plan, store.load_portfolio(plan.portfolio))
    store.save_portfolio(portfolio, at=ruling.at)
    store.add_decision(ruling)
    return Applied(ruling, portfolio, is_new=True)
