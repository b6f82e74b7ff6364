"""Tells a proposal again that was put off, once its time has come: once, and the newest only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alerts.delivery.routing import Post
from alerts.messages import Block, Message, Style
from alerts.texts.event_messages import proposal_message
from portfolios.model.decisions import Ruling
from portfolios.model.plan import Plan
from portfolios.model.users import Person
from portfolios.store.completed_jobs import CompletedJobs
from portfolios.store.portfolio_store import Store
from portfolios.values import display
from portfolios.values.canonical import utc_text
from rebalancer.usecases.proposals.status import State, newest_status

JOB = "again"


def resend_snoozed(
    store: Store, portfolio: str, people: Iterable[Person], *, now: datetime
) -> bool:
    """Tell the proposal of a portfolio again if it is open because a snooze has ended.

    One that lapsed meanwhile, was decided or replaced stays as it is.
    """
    if _come_again(store, portfolio, now) is None:
        return False
    with store.database.transaction():
        # Looked at again inside: it may have been decided, or told by another process.
        message = _come_again(store, portfolio, now)
        if message is None or not CompletedJobs(store.database).record(JOB, message.key, at=now):
            return False
        concerned = [person for person in people if person.may_see(portfolio)]
        Post.of(store, now=now).send(message, concerned)
    return True


def again_message(plan: Plan, ruling: Ruling) -> Message:
    """Return a proposal that was put off as it is told when its time has come."""
    told, end = proposal_message(plan), ruling.until or ruling.at
    put_off = f"{ruling.by} put it off on {display.moment(ruling.at)}"
    note = Block(Style.NOTE, f"{put_off}; these are its prices and amounts of then.")
    return replace(
        told,
        key=f"{told.key}:again:{utc_text(end)}",
        headline=f"Again: {told.headline}",
        blocks=(*told.blocks, note),
    )


def _come_again(store: Store, portfolio: str, now: datetime) -> Message | None:
    """Return what to tell if a snooze has ended, nothing was decided since, and nobody was told."""
    status = newest_status(store, portfolio, now=now)
    if status is None or status.state is not State.OPEN or status.ruling is None:
        return None
    message = again_message(status.plan, status.ruling)
    return None if CompletedJobs(store.database).contains(JOB, message.key) else message
