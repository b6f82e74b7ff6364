"""The facts of a weekly report; what they look like is decided elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from portfolios.model.insights import Insights
from portfolios.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one asset added to the week, as a fraction of the value at its start."""

    asset_id: str
    symbol: str
    share: float
    change: float | None


@dataclass(frozen=True, slots=True)
class Week:
    """The week in numbers; None where history or prices do not reach so far.

    Attributes:
        begin: the first moment.
        value_then: with the quantities of then; applied plans are taken back.
        change: of the value, flows aside, which nobody records in a hand-kept portfolio.
        bitcoin: what bitcoin did.
        equal: what the same assets did in equal parts.
        nothing: what the portfolio of then would have done untouched.
        contributions: by asset, the largest first.
    """

    begin: datetime
    value_then: Decimal | None
    change: float | None
    bitcoin: float | None
    equal: float | None
    nothing: float | None
    contributions: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True)
class Paths:
    """Values of the last weeks, day by day, the first of each 1; always of the same quantities.

    Attributes:
        without: symbols of what is held and left out, since its past is not known.
    """

    days: tuple[date, ...]
    lines: Mapping[str, tuple[float, ...]]
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """A past proposal: when, what was decided, and what its trades have earned, in cents."""

    plan_id: str
    on: date
    verdict: str
    earned: Decimal | None


@dataclass(frozen=True, slots=True)
class WeeklyReport:
    """Everything that a weekly report says.

    Attributes:
        week: ISO name, `2026-W47`.
        plan: the proposal of the moment, or why there is none.
        risks: asset symbol -> share of the risk, the largest first.
        worst: the worst seven days of the last year, at today's weights; None when unknown.
        insights: what the provider of grades says.
        grades: lines on trends and grades of the largest holdings.
        coming: locks that end, and the next review.
        record: past decisions, the newest first.
        luck: whether all past decisions tell skill from luck; empty while there is none.
        notes: ages, prices in doubt, unknown assets, credits.
        is_late: sent noticeably after its time.
    """

    portfolio: str
    week: str
    as_of: datetime
    plan: Plan
    numbers: Week
    paths: Paths
    risks: Mapping[str, float]
    worst: float | None
    insights: Insights
    grades: tuple[str, ...] = ()
    coming: tuple[str, ...] = ()
    record: tuple[Decided, ...] = ()
    luck: str = ""
    notes: tuple[str, ...] = ()
    is_late: bool = False
