"""Write a decision down: what was decided before a plan was offered anew does not count."""

from __future__ import annotations

from datetime import datetime

from portfolios.errors import DecisionError
from portfolios.model.decisions import Decided, Ruling, Verdict, refuse_if_booked
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.status import status_of


def record_decision(
    store: Store,
    plan_id: str,
    verdict: Verdict,
    *,
    at: datetime,
    by: str,
    until: datetime | None = None,
) -> Decided:
    """Write down an approval, a skip or a snooze; taking the last one again changes nothing.

    Args:
        store: of the plan.
        plan_id: the id, or its beginning.
        verdict: anything but `apply`, which `apply_plan` records together with the trades.
        at: when.
        by: who.
        until: the end of a snooze; None for the others.

    Raises:
        DecisionError: when the plan has been applied already.
        StoreError: when there is no such plan.
    """
    if verdict is Verdict.APPLY:
        raise DecisionError("only applying a plan records it as applied", hint="use `apply`")
    with store.database.transaction():
        plan = store.load_plan(plan_id)
        refuse_if_booked(store.decisions(plan.plan_id))
        last = status_of(store, plan, now=at).ruling
        if last is not None and last.says(verdict, until):
            return Decided(last, is_new=False)
        ruling = Ruling(plan.plan_id, verdict, at, by, until)
        store.add_decision(ruling)
    return Decided(ruling, is_new=True)
