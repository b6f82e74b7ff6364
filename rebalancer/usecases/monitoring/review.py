"""What waited to be sent, looked at again when it is: told as it is true by then, or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.delivery.delivery import Delivery
from alerts.delivery.outbox import Outbox
from alerts.messages import Kind, Message
from alerts.texts.event_messages import over_by_now, told_later
from alerts.triggers.state_store import AlertState
from portfolios.errors import NotFoundError
from portfolios.model.plan import Zone
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.status import State, status_of

FRESH = timedelta(minutes=10)
"""What was written so recently is told as it was written, while it holds."""
ZONES = (Kind.ZONE_RED, Kind.ZONE_AMBER)


def as_of_now(store: Store, delivery: Delivery, now: datetime) -> Message | None:
    """Return a message as it is true at a moment; None where it is to be told no more.

    A proposal that was decided, put off or replaced is not told; one that lapsed is told as past,
    with nothing to press. A red or amber zone is told as past once its portfolio has neither, and
    that tells the recovery too.

    Args:
        store: with proposals, and what alerts remember.
        delivery: about to be sent.
        now: the moment, aware.
    """
    message = delivery.message
    has_waited = now - delivery.created_at >= FRESH
    if message.kind is Kind.PROPOSAL:
        return _proposal(store, message, now, has_waited=has_waited)
    if message.kind in ZONES and has_waited and _is_over(store, message):
        return over_by_now(message)
    if message.kind is Kind.CLEARED and _is_told_as_past(store, delivery, now):
        return None
    return message


def _proposal(store: Store, message: Message, now: datetime, *, has_waited: bool) -> Message | None:
    try:
        status = status_of(store, store.load_plan(message.key.split(":")[1]), now=now)
    except NotFoundError:
        return None
    if status.state is State.OPEN and not has_waited:
        return message
    if status.state not in (State.OPEN, State.LAPSED):
        return None
    is_open = status.state is State.OPEN
    return told_later(message, closes_at=status.closes_at, is_open=is_open)


def _is_told_as_past(store: Store, cleared: Delivery, now: datetime) -> bool:
    """Tell whether what a recovery answers was, or will be, told when it was over already."""
    zone = Outbox(store.database).of_key(cleared.answers) if cleared.answers else None
    if zone is None or not _is_over(store, cleared.message):
        return False
    told_at = zone.ended_at or now
    is_late = told_at - zone.created_at >= FRESH and told_at >= cleared.created_at
    return is_late and zone.begun_at is None


def _is_over(store: Store, message: Message) -> bool:
    told = AlertState(store.database, message.portfolio).told()
    return bool(told) and all(each.zone is Zone.GREEN for each in told)
