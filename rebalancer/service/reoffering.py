"""Tells a proposal again that was put off, once its time has come: once, and the newest only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alerts.messages import Block, Message, Style
from alerts.outbox import Outbox
from alerts.preferencestore import PreferenceStore
from alerts.routing import Post
from alerts.telling import proposal_message
from portfolios import figures
from portfolios.canonical import utc_text
from portfolios.decisions import Ruling
from portfolios.done import mark_done, was_done
from portfolios.people import Person
from portfolios.plans import Plan
from portfolios.store import Store
from rebalancer.service.standing import State, newest_standing

JOB = "again"


def tell_again(store: Store, portfolio: str, people: Iterable[Person], *, now: datetime) -> bool:
    """Tell the proposal of a portfolio again if it is open because a snooze has ended.

    One that lapsed meanwhile, was decided or replaced stays as it is.
    """
    if _come_again(store, portfolio, now) is None:
        return False
    with store.database.transaction():
        # Looked at again inside: it may have been decided, or told by another process.
        message = _come_again(store, portfolio, now)
        if message is None or not mark_done(store.database, JOB, message.key, at=now):
            return False
        concerned = [person for person in people if person.may_see(portfolio)]
        outbox, preferences = Outbox(store.database), PreferenceStore(store.database)
        Post(outbox, preferences, now=now).send(message, concerned)
    return True


def again_message(plan: Plan, ruling: Ruling) -> Message:
    """Return a proposal that was put off as it is told when its time has come."""
    told, end = proposal_message(plan), ruling.until or ruling.at
    put_off = f"{ruling.by} put it off on {figures.moment(ruling.at)}"
    note = Block(Style.NOTE, f"{put_off}; these are its prices and amounts of then.")
    return replace(
        told,
        key=f"{told.key}:again:{utc_text(end)}",
        headline=f"Again: {told.headline}",
        blocks=(*told.blocks, note),
    )


def _come_again(store: Store, portfolio: str, now: datetime) -> Message | None:
    """Return what to tell if a snooze has ended, nothing was decided since, and nobody was told."""
    standing = newest_standing(store, portfolio, now=now)
    if standing is None or standing.state is not State.OPEN or standing.ruling is None:
        return None
    message = again_message(standing.plan, standing.ruling)
    return None if was_done(store.database, JOB, message.key) else message
