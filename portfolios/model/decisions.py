"""What people decided on a plan: each decision is written down once and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portfolios.model.portfolio import Portfolio

OPEN_HOURS = 48
"""A proposal is open for so long; after it, silence has meant skip."""


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


@dataclass(frozen=True, slots=True)
class Recorded:
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
