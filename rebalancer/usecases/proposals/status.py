"""Where a proposal stands: open, put off, decided, lapsed, or replaced by a newer one.

A portfolio has one proposal at a time, the one that was offered last, so that agreeing to an old
one cannot be done beside agreeing to a new one. Silence is skip: after its time it has lapsed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portfolios.model.decisions import LONGEST_SNOOZE_DAYS, OPEN_HOURS, Ruling
from portfolios.model.plan import Plan
from portfolios.store.offers import Offers
from portfolios.store.portfolio_store import Store
from portfolios.values.time import is_ahead

LIFE = timedelta(hours=OPEN_HOURS)
LONGEST_SNOOZE = timedelta(days=LONGEST_SNOOZE_DAYS)


class State(StrEnum):
    """Of a proposal; only the first two can still be decided."""

    OPEN = "open"
    SNOOZED = "snoozed"
    DECIDED = "decided"
    LAPSED = "lapsed"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class ProposalStatus:
    """Where a proposal stands at some moment.

    Attributes:
        offer: number of its last offer; 0 where it was never put before anybody.
        ruling: the last decision since it was offered.
        closes_at: when silence becomes skip.
    """

    plan: Plan
    state: State
    offer: int
    ruling: Ruling | None
    closes_at: datetime

    @property
    def is_undecided(self) -> bool:
        """Tell whether a word on it still counts."""
        return self.state in (State.OPEN, State.SNOOZED)


def offer(store: Store, plan: Plan, *, at: datetime) -> None:
    """Put a kept plan before people, unless it is before them already."""
    now = newest_status(store, plan.portfolio, now=at)
    if now is None or now.plan.plan_id != plan.plan_id or not now.is_undecided:
        Offers(store.database).record(plan, at=at)


def status_of(
    store: Store, plan: Plan, *, now: datetime, without_ruling: bool = False
) -> ProposalStatus:
    """Return where a kept plan stands; or would, had nothing been decided since it was offered."""
    last = Offers(store.database).of_plan(plan.plan_id)
    newest = Offers(store.database).newest(plan.portfolio)
    since = store.decisions(plan.plan_id)[last.decided_before if last else 0 :]
    ruling = since[-1] if since and not without_ruling else None
    opened = last.at if last else store.saved_at(plan.plan_id)
    put_off = _put_off(ruling, now)
    closes = max(opened, put_off or opened) + LIFE
    is_newest = newest is not None and newest.plan_id == plan.plan_id
    state = _state(ruling, is_newest=is_newest, closes=closes, now=now)
    return ProposalStatus(plan, state, last.number if last else 0, ruling, closes)


def newest_status(store: Store, portfolio: str, *, now: datetime) -> ProposalStatus | None:
    """Return where the proposal stands that was offered last; None where none ever was."""
    newest = Offers(store.database).newest(portfolio)
    return None if newest is None else status_of(store, store.load_plan(newest.plan_id), now=now)


def open_plan(store: Store, portfolio: str, *, now: datetime) -> Plan | None:
    """Return the proposal that waits for a word."""
    status = newest_status(store, portfolio, now=now)
    return status.plan if status and status.is_undecided else None


def _put_off(ruling: Ruling | None, now: datetime) -> datetime | None:
    """Return until when a proposal is put off: until now where a clock that was ahead said it."""
    if ruling is None or ruling.until is None:
        return None
    return min(ruling.until, now) if is_ahead(ruling.at, now) else ruling.until


def _state(ruling: Ruling | None, *, is_newest: bool, closes: datetime, now: datetime) -> State:
    put_off = _put_off(ruling, now)
    if ruling is not None and put_off is None:
        return State.DECIDED
    if not is_newest:
        return State.REPLACED
    if now > closes:
        return State.LAPSED
    return State.SNOOZED if put_off is not None and now < put_off else State.OPEN
