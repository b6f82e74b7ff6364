"""Decide on a proposal: the use case behind the chat's buttons and the command line's verbs.

Rights, where the proposal stands, prices and holdings are looked up in the unit that writes the
decision down and tells the others: of two people who decide at once, one decision counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from alerts.delivery.routing import Post
from alerts.texts.decision_message import decision_message
from portfolios.model.decisions import Applied, Decided, Ruling, Verdict
from portfolios.model.market import Market
from portfolios.model.plan import Plan
from portfolios.model.users import Person
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.apply import apply_plan
from rebalancer.usecases.proposals.record import record_decision
from rebalancer.usecases.proposals.refusals import (
    Decider,
    Refused,
    Why,
    booking_refusal,
    move_or_refusal,
    refusal_of,
)
from rebalancer.usecases.proposals.status import State, status_of


def decide(
    store: Store,
    plan: Plan,
    verdict: Verdict,
    by: Decider,
    *,
    people: Iterable[Person],
    at: datetime,
    market: Market | None = None,
    until: datetime | None = None,
    offer: int | None = None,
) -> Decided | Refused:
    """Approve, skip or snooze a proposal, and tell everybody else whom it concerns.

    Args:
        store: of the plan; the tables of alerts are in the same file.
        plan: as it is kept.
        verdict: anything but `apply`, for which there is `book`.
        by: who decides.
        people: everybody, to tell those whom it concerns.
        at: when.
        market: the newest known, for an approval; None while nothing was pulled.
        until: the end of a snooze; None for the others.
        offer: number of the offer that is answered; whichever is the last where None.

    Returns:
        The decision, or why it does not count. The operator who decides the same again gets the
        decision as it stands.
    """
    with store.database.transaction():
        standing = status_of(store, plan, now=at).ruling
        if by.is_operator and standing is not None and standing.says(verdict, until):
            return Decided(standing, is_new=False)
        refused = refusal_of(store, plan, by, at=at, offer=offer)
        refused = refused or _refused(store, plan, verdict, by, market, at)
        if refused is not None:
            return refused
        done = record_decision(store, plan.plan_id, verdict, at=at, by=by.person.name, until=until)
        _tell_others(store, plan, done.ruling, people)
    return done


def book(
    store: Store,
    plan: Plan,
    by: Decider,
    *,
    people: Iterable[Person],
    at: datetime,
    market: Market | None,
) -> Applied | Refused:
    """Book the trades of a plan once they were made, and tell everybody else whom it concerns.

    Args:
        store: of the plan; the tables of alerts are in the same file.
        plan: as it is kept.
        by: who books.
        people: everybody, to tell those whom it concerns.
        at: when.
        market: the newest known; None while nothing was pulled.

    Raises:
        UsageError: the plan was made at made-up prices, and real ones are here.
        StoreError: see `apply_plan`.
    """
    with store.database.transaction():
        if (refused := booking_refusal(store, plan, by, at=at)) is not None:
            return refused
        done = apply_plan(store, plan.plan_id, market, at=at, by=by.person.name)
        if done.is_new:
            _tell_others(store, plan, done.ruling, people)
    return done


def _refused(
    store: Store, plan: Plan, verdict: Verdict, by: Decider, market: Market | None, at: datetime
) -> Refused | None:
    """Return why this verdict does not count where others would."""
    if verdict is Verdict.APPROVE:
        found = move_or_refusal(store, plan, market, at=at)
        return found if isinstance(found, Refused) else None
    status = status_of(store, plan, now=at)
    is_again = verdict is Verdict.SNOOZE and status.state is State.SNOOZED
    return Refused(Why.CLOSED, status) if is_again and not by.is_operator else None


def _tell_others(store: Store, plan: Plan, ruling: Ruling, people: Iterable[Person]) -> None:
    """Write a message for everybody whom a decision concerns but who took it, in the same unit."""
    concerned = [p for p in people if p.name != ruling.by and p.may_see(plan.portfolio)]
    number = len(store.decisions(plan.plan_id))
    message = decision_message(plan, ruling, number=number)
    Post.of(store, now=ruling.at).send(message, concerned, answers=f"plan:{plan.plan_id}")
