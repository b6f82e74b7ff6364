"""Small news about what is held: signals, grades that moved, locks that end.

Each thing has a mark that is remembered, so it is told once however often somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from portfolios.model.market import Grade, Market
from portfolios.model.portfolio import Portfolio
from portfolios.values import display

NOTABLE_POINTS = 10.0
UNLOCK_DAYS = 7


@dataclass(frozen=True, slots=True)
class News:
    """What is new, in lines, and the marks by which it is known not to be new again."""

    lines: tuple[str, ...]
    marks: Mapping[str, str]


def signal_news(portfolio: Portfolio, market: Market, marks: Mapping[str, str]) -> News:
    """Return the holdings whose trend turned, as a provider says; our own trends make no news."""
    lines, new = [], {}
    for asset_id, grade in _held_grades(portfolio, market):
        if grade.is_ours or not grade.signal or grade.short_at is None:
            continue
        name, value = f"signal {asset_id}", f"{grade.signal} {grade.short_at.date()}"
        if marks.get(name) != value:
            new[name] = value
            lines.append(f"{market.symbol(asset_id)} turned {display.TREND_WORDS[grade.signal]}")
    return News(tuple(lines), new)


def grade_news(portfolio: Portfolio, market: Market, marks: Mapping[str, str]) -> News:
    """Return the holdings whose grade moved by ten points since it was last told or first seen."""
    lines, new = [], {}
    for asset_id, grade in _held_grades(portfolio, market):
        for horizon, score in (("short", grade.short), ("long", grade.long)):
            if score is None or grade.is_ours:
                continue
            name = f"grade {horizon} {grade.kind} {asset_id}"
            told = marks.get(name)
            if told is None or abs(score - float(told)) >= NOTABLE_POINTS:
                new[name] = f"{score:.2f}"
            if told is not None and abs(score - float(told)) >= NOTABLE_POINTS:
                symbol = market.symbol(asset_id)
                lines.append(f"{symbol} {horizon} grade {float(told):.0f} -> {score:.0f}")
    return News(tuple(lines), new)


def drift_news(outside: Mapping[str, str] | None, marks: Mapping[str, str]) -> News:
    """Return the holdings that left their band; what came back inside may be told again.

    Args:
        outside: asset id -> how far, in words; None while that is unknown, which ends nothing.
        marks: as remembered.
    """
    if outside is None:
        return News((), {})
    names = {f"drift {asset_id}": text for asset_id, text in outside.items()}
    told = {name for name, value in marks.items() if name.startswith("drift ") and value == "out"}
    new = dict.fromkeys(names, "out") | dict.fromkeys(told - names.keys(), "in")
    lines = tuple(text for name, text in sorted(names.items()) if name not in told)
    return News(lines, {n: v for n, v in new.items() if marks.get(n) != v})


def unlock_news(portfolio: Portfolio, market: Market, marks: Mapping[str, str]) -> News:
    """Return locks and restrictions that end within a week, and again on the day."""
    today, lines, new = market.as_of.date(), [], {}
    for asset_id, until in _ends(portfolio):
        left = (until - today).days
        if not 0 <= left <= UNLOCK_DAYS:
            continue
        stage = "day" if left == 0 else "week"
        name, value = f"unlock {asset_id} {until} {stage}", "told"
        if name not in marks:
            new[name] = value
            when = "today" if left == 0 else f"on {display.day(until)}"
            lines.append(f"{market.symbol(asset_id)}: a lock ends {when}")
    return News(tuple(lines), new)


def _ends(portfolio: Portfolio) -> Iterator[tuple[str, date]]:
    for holding in portfolio.holdings:
        every = holding.every_lock(portfolio.investor)
        for until in sorted({lock.until for lock in every if lock.until is not None}):
            yield holding.asset_id, until


def _held_grades(portfolio: Portfolio, market: Market) -> Iterator[tuple[str, Grade]]:
    fresh = timedelta(days=2)
    for holding in portfolio.holdings:
        grade = market.grades.get(holding.asset_id)
        if grade is None or not holding.quantity:
            continue
        if grade.short_at is None or market.age(grade.short_at) <= fresh:
            yield holding.asset_id, grade
