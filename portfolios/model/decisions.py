"""What people decided on a plan: each decision is written down once and never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portfolios.errors import DecisionError
from portfolios.model.portfolio import Portfolio
from portfolios.values.canonical import utc_text
from portfolios.values.command import command

OPEN_HOURS = 48
"""A proposal is open for so long; after it, silence has meant skip."""
LONGEST_SNOOZE_DAYS = 365


class Verdict(StrEnum):
    """What may be decided on a plan; `apply` also books its trades."""

    APPROVE = "approve"
    SKIP = "skip"
    SNOOZE = "snooze"
    APPLY = "apply"


@dataclass(frozen=True, slots=True)
class Ruling:
    """One decision on one plan.

    Attributes:
        plan_id: the whole id.
        verdict: see `Verdict`.
        at: when, aware UTC.
        by: who, in the words of the way in (`cli`, a person's name).
        until: for a snooze, the moment the plan is shown again; None otherwise.
    """

    plan_id: str
    verdict: Verdict
    at: datetime
    by: str
    until: datetime | None = None

    def says(self, verdict: Verdict, until: datetime | None) -> bool:
        """Tell whether the decision is this one; who made it, and when, does not matter."""
        return (self.verdict, self.until) == (verdict, until)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it stands in the store; `is_new` is False when it had been taken before."""

    ruling: Ruling
    is_new: bool


@dataclass(frozen=True, slots=True)
class Applied:
    """A plan's trades as booked; `is_new` is False when they had been booked before.

    `portfolio` is what is held now, None where it was removed since.
    """

    ruling: Ruling
    portfolio: Portfolio | None
    is_new: bool


def booking_of(past: Iterable[Ruling]) -> Ruling | None:
    """Return the decision with which a plan's trades were booked; None while they were not."""
    return next((ruling for ruling in past if ruling.verdict is Verdict.APPLY), None)


def refuse_if_booked(past: Iterable[Ruling]) -> None:
    """Refuse another decision once a plan's trades are booked.

    Args:
        past: decisions on one plan, oldest first.

    Raises:
        DecisionError: when they are.
    """
    if booked := booking_of(past):
        raise DecisionError(
            f"plan {booked.plan_id} was applied by {booked.by} at {utc_text(booked.at)}",
            hint="nothing was changed; run again for a new proposal",
        )


def refuse_if_skipped(last: Ruling | None) -> None:
    """Refuse to book a plan that was skipped.

    Args:
        last: decision since the plan was offered last; None for none.

    Raises:
        DecisionError: when it is a skip.
    """
    if last is not None and last.verdict is Verdict.SKIP:
        raise DecisionError(
            f"plan {last.plan_id} was skipped",
            hint=f"{command('approve', last.plan_id)} takes that back",
        )
