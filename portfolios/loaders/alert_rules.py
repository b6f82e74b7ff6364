"""The language of the user's own alert rules: `price bitcoin > 100000`, `sector.ai > 30%`.

A rule is one comparison: a subject, for some subjects an asset, an operator and a level. Fractions
are written as percentages, so that a level can never be misread by a factor of a hundred.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from portfolios.loaders.number_parsing import parse_fraction, parse_number
from portfolios.loaders.suggestions import shown, unknown

OPERATORS = ("<=", ">=", "<", ">")
SUBJECTS = (
    "price",
    "change_24h",
    "short_grade",
    "long_grade",
    "trend",
    "weight",
    "drift",
    "value",
    "sector",
)
_OF_ASSET = frozenset({"price", "change_24h", "short_grade", "long_grade", "trend", "weight"})
_OF_EITHER = frozenset({"drift"})
_IN_PERCENT = frozenset({"change_24h", "weight", "drift", "sector"})
OF_MARKET = frozenset({"price", "change_24h", "short_grade", "long_grade", "trend"})
"""Subjects that only an asset of the market has."""
_RANGES: Mapping[str, tuple[Decimal, Decimal | None]] = MappingProxyType(
    {
        **dict.fromkeys(("price", "value"), (Decimal(0), None)),
        **dict.fromkeys(("short_grade", "long_grade"), (Decimal(0), Decimal(100))),
        **dict.fromkeys(("weight", "drift", "sector"), (Decimal(0), Decimal(1))),
        "trend": (Decimal(-1), Decimal(1)),
        "change_24h": (Decimal(-1), None),
    }
)
"""Subject -> its least and its largest figure, None for no largest."""
_MOST_CHANGE = Decimal(100)

_SHAPE = re.compile(r"(?P<words>[^<>=]+?)\s*(?P<operator><=|>=|<|>)\s*(?P<level>[^<>=]+)")


@dataclass(frozen=True, slots=True)
class Rule:
    """A comparison that the user wants to hear of when it becomes true.

    Attributes:
        subject: one of `SUBJECTS`.
        name: asset id, as kept, or any name of the asset, as typed; or the sector's name; empty for
            the portfolio itself.
        operator: one of `OPERATORS`.
        level: what is compared with; a fraction where the rule says a percentage.
    """

    subject: str
    name: str
    operator: str
    level: Decimal


def parse_rule(text: str) -> Rule:
    """Read a rule; whether its asset or sector exists is the caller's question.

    >>> parse_rule("weight solana >= 12.5%")
    Rule(subject='weight', name='solana', operator='>=', level=Decimal('0.125'))

    Raises:
        ValueError: with a sentence that begins with what is wrong.
    """
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'{shown(text)} is not a rule; write it as "price bitcoin > 100000"')
    first, *rest = match["words"].split()
    subject, dot, sector = first.partition(".")
    if subject not in SUBJECTS or bool(dot) != (subject == "sector"):
        raise ValueError(_no_subject(first))
    if dot:
        rest = [sector, *rest]
    name = _name(subject, [word for word in rest if word], text)
    level = match["level"].strip()
    rule = Rule(subject, name, match["operator"], _level(subject, level))
    if not _can_be_true(rule):
        raise ValueError(f"{shown(level)} is never reached: {subject} is never {rule.operator} it")
    return rule


def named(text: str, name: str) -> str:
    """Return a rule with its asset or sector under another name.

    >>> named("price  BTC>100000", "bitcoin"), named("sector.AI > 30%", "ai")
    ('price bitcoin > 100000', 'sector.ai > 30%')
    """
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{shown(text)} is not a rule")
    subject, dot, _ = match["words"].split()[0].partition(".")
    about = f"{subject}{dot or ' '}{name}"
    return f"{about} {match['operator']} {match['level'].strip()}"


def _can_be_true(rule: Rule) -> bool:
    low, high = _RANGES[rule.subject]
    if rule.operator in (">", ">="):
        return high is None or rule.level < high or (rule.operator == ">=" and rule.level == high)
    # No price is nothing, so none is at the least there could be.
    is_least = rule.level == low and rule.operator == "<=" and rule.subject != "price"
    return rule.level > low or is_least


def _no_subject(word: str) -> str:
    if word == "sector":
        return '"sector" needs a name; write it as "sector.ai > 30%"'
    return unknown("subject", word, [s if s != "sector" else "sector.NAME" for s in SUBJECTS])


def _name(subject: str, names: list[str], text: str) -> str:
    needs = subject in _OF_ASSET or subject == "sector"
    may = needs or subject in _OF_EITHER
    if (names and not may) or (len(names) > 1 and subject == "sector"):
        raise ValueError(f"{shown(text)} has a word too many after {subject}")
    if needs and not names:
        what = "sector" if subject == "sector" else "asset"
        raise ValueError(f"{shown(text)} does not say which {what}")
    return " ".join(names)


def _level(subject: str, text: str) -> Decimal:
    if subject in _IN_PERCENT:
        return _signed_fraction(subject, text)
    if text.endswith("%"):
        raise ValueError(f"{shown(text)} is a percentage where {subject} needs a plain number")
    level = parse_number(text)
    low, high = _RANGES[subject]
    if level < low or (high is not None and level > high):
        limits = "negative" if high is None else f"outside {low} to {high}"
        raise ValueError(f"{shown(text)} is {limits}, so {subject} never crosses it")
    return level


def _signed_fraction(subject: str, text: str) -> Decimal:
    if subject != "change_24h":
        return parse_fraction(text)
    size = parse_fraction(text.lstrip("+-"), most=_MOST_CHANGE)
    return -size if text.startswith("-") else size
