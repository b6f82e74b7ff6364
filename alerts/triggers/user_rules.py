"""The user's own rules: `price bitcoin > 100000`, told once when true and again after it cleared.

A rule clears only by a margin, so a price that trembles around its level makes one message. What
cannot be known, because a price is old or in doubt, neither fires a rule nor clears it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

import numpy as np

from portfolios.loaders.alert_rules import Rule, parse_rule
from portfolios.model.market import LONG_GRADE_LIMIT, SHORT_GRADE_LIMIT, Market
from portfolios.model.measures import drift
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Valuation

FRESH = timedelta(hours=2)
"""An older price does not show that a level was crossed just now."""
COMPARE: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)
SHARE = 0.01
POINTS: Mapping[str, float] = MappingProxyType(
    {"short_grade": 2.0, "long_grade": 2.0, "trend": 0.0}
)
FRACTIONS = frozenset({"change_24h", "weight", "drift", "sector"})
LEAST_FRACTION = 0.0025


@dataclass(frozen=True, slots=True)
class RuleState:
    """What is remembered of one rule.

    Attributes:
        when: the rule as written.
        is_true: told, and not cleared since.
        since: when it became so, or was first seen.
        value: last known; None while it never was.
        is_unknown: at the last judgement it could not be known.
    """

    when: str
    is_true: bool
    since: datetime
    value: float | None = None
    is_unknown: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the rule is true now; None where that is not known."""
        return None if self.is_unknown or self.value is None else self.is_true


def state_text(state: RuleState | None) -> str:
    """Say whether a rule is true.

    >>> state_text(None), state_text(RuleState("value > 9", True, datetime(2026, 11, 22), 10.0))
    ('not judged yet', 'true')
    """
    if state is None:
        return "not judged yet"
    return "unknown" if state.holds is None else str(state.holds).lower()


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that became true."""

    when: str
    value: float
    since: datetime


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What rules are judged by.

    Attributes:
        reference: asset id -> the weight that is wanted, for drift.
    """

    portfolio: Portfolio
    valuation: Valuation
    market: Market
    reference: Mapping[str, float]


def judge_rules(
    context: RuleContext, known: Iterable[RuleState], *, at: datetime
) -> tuple[tuple[RuleState, ...], tuple[Fired, ...]]:
    """Return what is to be remembered of each rule of a portfolio, and those that became true."""
    before = {state.when: state for state in known}
    states, fired = [], []
    for alert in context.portfolio.alerts:
        rule = parse_rule(alert.when)
        old = before.get(alert.when, RuleState(alert.when, False, at))
        new = _judged(rule, old, value_of(rule, context), at)
        states.append(new)
        if new.is_true and not old.is_true and new.value is not None:
            fired.append(Fired(alert.when, new.value, at))
    return tuple(states), tuple(fired)


def _judged(rule: Rule, old: RuleState, value: float | None, at: datetime) -> RuleState:
    if value is None:
        return replace(old, is_unknown=True)
    level, seen = float(rule.level), replace(old, value=value, is_unknown=False)
    if not old.is_true:
        is_so = COMPARE[rule.operator](value, level)
        return replace(seen, is_true=True, since=at) if is_so else seen
    gap = _margin(rule)
    easier = level - gap if rule.operator in (">", ">=") else level + gap
    holds = COMPARE[rule.operator](value, easier)
    return seen if holds else replace(seen, is_true=False, since=at)


def _margin(rule: Rule) -> float:
    level = abs(float(rule.level))
    if rule.subject in POINTS:
        return POINTS[rule.subject]
    if rule.subject in FRACTIONS:
        return max(LEAST_FRACTION, 0.05 * level)
    return SHARE * level


def value_of(rule: Rule, context: RuleContext) -> float | None:
    """Return what a rule compares; None while it cannot be known."""
    return READERS[rule.subject](rule.name, context)


def _price(name: str, context: RuleContext) -> float | None:
    quote = context.market.quotes.get(name)
    if quote is None or quote.quarantined or context.market.age(quote.at) > FRESH:
        return None
    return float(quote.price)


def _change(name: str, context: RuleContext) -> float | None:
    price = _price(name, context)
    bars = context.market.bars
    yesterday = context.market.as_of.date() - timedelta(days=1)
    if price is None or yesterday not in bars.days:
        return None
    close = float(bars.columns([name]).close[bars.days.index(yesterday), 0])
    return price / close - 1 if close > 0 else None


def _short(name: str, context: RuleContext) -> float | None:
    grade = context.market.grades.get(name)
    if grade is None or grade.short_at is None:
        return None
    return grade.short if context.market.age(grade.short_at) <= SHORT_GRADE_LIMIT else None


def _long(name: str, context: RuleContext) -> float | None:
    grade = context.market.grades.get(name)
    if grade is None or grade.long_at is None:
        return None
    return grade.long if context.market.age(grade.long_at) <= LONG_GRADE_LIMIT else None


def _trend(name: str, context: RuleContext) -> float | None:
    grade = context.market.grades.get(name)
    return None if grade is None or grade.trend is None else float(grade.trend)


def _weight(name: str, context: RuleContext) -> float | None:
    if not context.valuation.total.is_known or context.valuation.value <= 0:
        return None
    held = next((p for p in context.valuation.positions if p.asset.asset_id == name), None)
    return 0.0 if held is None else float(held.value / context.valuation.value)


def _drift(name: str, context: RuleContext) -> float | None:
    if not context.valuation.total.is_known or not context.reference:
        return None
    if name:
        weight = _weight(name, context)
        return None if weight is None else abs(weight - context.reference.get(name, 0.0))
    wanted = np.array([context.reference.get(a, 0.0) for a in context.valuation.asset_ids])
    return float(drift(context.valuation.weights(), context.valuation.cash_weight(), wanted))


def _value(_: str, context: RuleContext) -> float | None:
    known = context.valuation.total.known
    return None if known is None else float(known)


def _sector(name: str, context: RuleContext) -> float | None:
    valuation = context.valuation
    if not valuation.total.is_known or valuation.value <= 0:
        return None
    shares = (p.value * Decimal(str(p.asset.sectors.get(name, 0.0))) for p in valuation.positions)
    return float(sum(shares, Decimal(0)) / valuation.value)


READERS: Mapping[str, Callable[[str, RuleContext], float | None]] = MappingProxyType(
    {
        "price": _price,
        "change_24h": _change,
        "short_grade": _short,
        "long_grade": _long,
        "trend": _trend,
        "weight": _weight,
        "drift": _drift,
        "value": _value,
        "sector": _sector,
    }
)
