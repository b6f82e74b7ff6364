"""What became of a proposal: approved, booked, skipped, put off, lapsed, replaced, or open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from portfolios.model.decisions import Verdict
from portfolios.model.plan import Plan
from portfolios.store.offers import Offers
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.status import ProposalStatus, State, status_of


class Outcome(StrEnum):
    """Of a proposal; `booked` also says that it was approved, `replaced` that it was never due."""

    OPEN = "open"
    PUT_OFF = "put off"
    APPROVED = "approved"
    BOOKED = "booked"
    SKIPPED = "skipped"
    LAPSED = "lapsed"
    REPLACED = "replaced"


_DECIDED: Mapping[Verdict, Outcome] = MappingProxyType(
    {
        Verdict.APPROVE: Outcome.APPROVED,
        Verdict.APPLY: Outcome.BOOKED,
        Verdict.SKIP: Outcome.SKIPPED,
        Verdict.SNOOZE: Outcome.PUT_OFF,
    }
)


def outcome_of(store: Store, plan: Plan, *, now: datetime) -> Outcome | None:
    """Return what became of a kept plan; None where it proposed no trade.

    The last word since it was last offered counts, save that what is booked stays booked.
    """
    if not plan.trades:
        return None
    if any(ruling.verdict is Verdict.APPLY for ruling in store.decisions(plan.plan_id)):
        return Outcome.BOOKED
    status = status_of(store, plan, now=now)
    if status.state is State.DECIDED and status.ruling is not None:
        return _DECIDED[status.ruling.verdict]
    if status.is_undecided:
        return Outcome.PUT_OFF if status.state is State.SNOOZED else Outcome.OPEN
    return Outcome.REPLACED if _was_replaced(store, status) else Outcome.LAPSED


def _was_replaced(store: Store, status: ProposalStatus) -> bool:
    """Tell whether a newer proposal came while this one could still be decided."""
    newer = Offers(store.database).after(status.plan.portfolio, status.offer)
    return newer is not None and newer.at <= status.closes_at
