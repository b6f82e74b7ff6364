"""What months of a life come to: proposals, messages a week, and crashes that were told or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from statistics import median

from alerts.messages import Kind
from portfolios.model.plan import Side
from tests.rebalancer.months.life import BOOKED, STEP, Life

CRASH = 0.25
"""A fall of the value within three days that must be told in the round that sees it."""
THREE_DAYS, TWO_DAYS = timedelta(days=3), timedelta(hours=48)
TOLD = (Kind.ZONE_RED, Kind.ZONE_AMBER)
ASKED_FOR = (Kind.WEEKLY, Kind.DECISION)
"""Answers to what people do or ordered: no alert."""


@dataclass(frozen=True)
class Figures:
    """What is wanted low, and how much of it there was.

    Attributes:
        proposals: told, of all portfolios.
        small: share of them that turn over less than half a percent.
        opposite: pairs within 48 hours that trade an asset in opposite directions.
        weekly: messages of each portfolio and week, alerts and proposals, sorted.
        turnover: one way, a month, of the portfolios whose proposals are booked.
        crashes: rounds that saw a crash begin, or twice as deep as told.
        untold: those of them that were not told in that round.
    """

    proposals: int
    small: float
    opposite: int
    weekly: tuple[int, ...]
    turnover: float
    crashes: int
    untold: tuple[str, ...]

    def __str__(self) -> str:
        """Say them in one line."""
        most = self.weekly[int(0.99 * len(self.weekly))]
        return (
            f"{self.proposals} proposals, {self.small:.0%} under 0.5%, {self.opposite} opposite"
            f" within 48 h; messages a week: median {median(self.weekly)}, 99% {most},"
            f" mean {sum(self.weekly) / len(self.weekly):.2f}; turnover {self.turnover:.2%} a"
            f" month; {self.crashes} crashes and doublings, {len(self.untold)} untold"
        )


def figures_of(life: Life, days: int) -> Figures:
    """Return the figures of a life."""
    turned = [plan.turnover for _, plan in life.plans]
    booked = [p.turnover for _, p in life.plans if p.portfolio.endswith(BOOKED)]
    months = days / 30 * sum(name.endswith(BOOKED) for name in life.worth)
    falls = list(_falls(life))
    return Figures(
        proposals=len(turned),
        small=sum(each < 0.005 for each in turned) / max(1, len(turned)),
        opposite=sum(_are_opposite(life)),
        weekly=tuple(sorted(_weekly(life, days))),
        turnover=sum(booked) / months,
        crashes=len(falls),
        untold=tuple(text for text, is_told in falls if not is_told),
    )


def _are_opposite(life: Life) -> Iterator[bool]:
    for (at, one), (then, other) in combinations(life.plans, 2):
        if one.portfolio == other.portfolio and then - at <= TWO_DAYS:
            sides = {t.asset_id: t.side for t in one.trades}
            yield any(_turned(sides.get(t.asset_id), t.side) for t in other.trades)


def _turned(one: Side | None, other: Side) -> bool:
    return one is not None and one is not other


def _weekly(life: Life, days: int) -> Iterator[int]:
    begin = min(min(worth) for worth in life.worth.values())
    counted = Counter(
        (a.portfolio, (a.at - begin).days // 7)
        for a in life.arrived
        if a.channel == "telegram" and a.kind not in ASKED_FOR
    )
    for name in life.worth:
        yield from (counted[name, week] for week in range(days // 7))


def _falls(life: Life) -> Iterator[tuple[str, bool]]:
    """Yield each crash when it is first seen, and when it is twice as deep as was told."""
    for name, worth in life.worth.items():
        told_at = [a.at for a in life.arrived if a.portfolio == name and a.kind in TOLD]
        depth = 0.0
        for at, value in worth.items():
            before = worth.get(_near(worth, at - THREE_DAYS), value)
            loss = 1 - value / before
            if loss < CRASH / 2:
                depth = 0.0
            if loss >= max(CRASH, 2 * depth):
                is_told = any(at - THREE_DAYS <= t < at + STEP for t in told_at)
                is_told &= depth == 0.0 or any(at <= t < at + STEP for t in told_at)
                yield f"{name} {at}: down {loss:.0%}", is_told
                depth = loss


def _near(worth: dict[datetime, float], at: datetime) -> datetime:
    return min(worth, key=lambda each: abs(each - at))
