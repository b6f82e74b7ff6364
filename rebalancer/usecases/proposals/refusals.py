"""Why a decision on a proposal does not count: rights, where it stands, prices, holdings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portfolios.model.booking import changes_since
from portfolios.model.decisions import Verdict
from portfolios.model.market import Market
from portfolios.model.plan import Plan
from portfolios.model.users import COMMAND_LINE, Person, Role
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.price_move import price_move
from rebalancer.usecases.proposals.status import ProposalStatus, State, status_of

MAY_DECIDE = (Role.APPROVER, Role.OWNER)
MOST_MOVED = 0.05
"""Beyond such a move of prices, a fraction, a plan is not approved any more."""
AGREED = (Verdict.APPROVE, Verdict.APPLY)


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides.

    Attributes:
        person: whose role and portfolios count.
        is_operator: they sit at the machine itself. They may change their own decision while the
            proposal could still be decided, and book what they have traded without approving it
            first.
    """

    person: Person
    is_operator: bool = False


OPERATOR = Decider(Person(COMMAND_LINE, Role.OWNER), is_operator=True)


class Why(StrEnum):
    """Why a decision does not count."""

    NOT_VISIBLE = "another person's portfolio"
    ROLE = "their role only looks"
    NOT_KEPT = "the portfolio is not kept any more"
    NO_TRADES = "nothing was proposed"
    CLOSED = "decided, lapsed, replaced, or put off already"
    OFFERED_AGAIN = "the answer is to an earlier offer"
    PRICES = "prices moved too far, or are not all known"
    HOLDINGS = "holdings or cash changed"
    NOT_APPROVED = "it was not approved, so it is not booked"


@dataclass(frozen=True, slots=True)
class Refused:
    """A decision that does not count; nothing was changed.

    Attributes:
        status: where the proposal stands.
        moved: for `PRICES`, the largest move of a price as a fraction; None where one is unknown.
    """

    why: Why
    status: ProposalStatus
    moved: float | None = None


def refusal_of(
    store: Store, plan: Plan, by: Decider, *, at: datetime, offer: int | None = None
) -> Refused | None:
    """Return why nothing can be decided on a plan now; None where something can.

    Args:
        store: of the plan.
        plan: as it is kept.
        by: who would decide.
        at: when.
        offer: number of the offer that is answered; whichever is the last where None.
    """
    status = status_of(store, plan, now=at)
    if by.is_operator and not status.is_undecided and _may_change(status, by.person.name):
        status = status_of(store, plan, now=at, without_ruling=True)
    why = _why_without_right(store, plan, by.person) or _why_closed(status)
    if why is None and offer not in (None, status.offer):
        why = Why.OFFERED_AGAIN
    return None if why is None else Refused(why, status)


def move_or_refusal(
    store: Store, plan: Plan, market: Market | None, *, at: datetime
) -> float | Refused:
    """Return how far prices have moved since a plan was made, where it may still be approved.

    Args:
        store: of the plan and of its portfolio, which is kept.
        plan: as it is kept.
        market: the newest known; None while nothing was pulled.
        at: when.

    Returns:
        The largest move of a price as a fraction; or why the plan must not be approved.
    """
    held = store.load_portfolio(plan.portfolio)
    moved = price_move(plan, held, market, now=at)
    if moved is None or moved > MOST_MOVED:
        return Refused(Why.PRICES, status_of(store, plan, now=at), moved)
    if changes_since(plan, held):
        return Refused(Why.HOLDINGS, status_of(store, plan, now=at))
    return moved


def booking_refusal(store: Store, plan: Plan, by: Decider, *, at: datetime) -> Refused | None:
    """Return why somebody may not book a plan now; None where they may."""
    status = status_of(store, plan, now=at)
    verdict = None if status.ruling is None else status.ruling.verdict
    if by.is_operator:
        # Their own skip is not refused here: it can be taken back, as `apply_plan` says.
        is_replaced = status.state is State.REPLACED and status.offer > 0
        is_refused = verdict is Verdict.SKIP or is_replaced
        return refusal_of(store, plan, by, at=at) if is_refused else None
    why = _why_without_right(store, plan, by.person)
    if why is None and verdict not in AGREED:
        why = Why.NOT_APPROVED
    return None if why is None else Refused(why, status)


def _may_change(status: ProposalStatus, name: str) -> bool:
    """Tell whether the last decision is this person's own, and its trades are not booked."""
    last = status.ruling
    return last is not None and last.by == name and last.verdict is not Verdict.APPLY


def _why_without_right(store: Store, plan: Plan, person: Person) -> Why | None:
    if not person.may_see(plan.portfolio):
        return Why.NOT_VISIBLE
    if store.find_portfolio(plan.portfolio) is None:
        return Why.NOT_KEPT
    return None if person.role in MAY_DECIDE else Why.ROLE


def _why_closed(status: ProposalStatus) -> Why | None:
    if status.state is State.REPLACED and not status.plan.trades:
        return Why.NO_TRADES
    return None if status.is_undecided else Why.CLOSED
