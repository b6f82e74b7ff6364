"""The language of the user's own alert rules: `price bitcoin > 100000`, `sector.ai > 30%`.

A rule is one comparison: a subject, for some subjects an asset, an operator and a level. Fractions
are written as percentages, so that a level can never be misread by a factor of a hundred.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

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
_RANGES = {
    "short_grade": (Decimal(0), Decimal(100)),
    "long_grade": (Decimal(0), Decimal(100)),
    "trend": (Decimal(-1), Decimal(1)),
}
_MOST_CHANGE = Decimal(100)

_SHAPE = re.compile(r"(?P<words>[^<>=]+?)\s*(?P<operator><=|>=|<|>)\s*(?P<level>[^<>=]+)")


@dataclass(frozen=True, slots=True)
class Rule:
    """A comparison that the user wants to hear of when it becomes true.

    Attributes:
        subject: one of `SUBJECTS`.
        name: asset id, or the sector's name; empty for the portfolio itself.
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
    return Rule(subject, name, match["operator"], _level(subject, match["level"].strip()))


def _no_subject(word: str) -> str:
    if word == "sector":
        return '"sector" needs a name; write it as "sector.ai > 30%"'
    return unknown("subject", word, [s if s != "sector" else "sector.NAME" for s in SUBJECTS])


def _name(subject: str, names: list[str], text: str) -> str:
    needs = subject in _OF_ASSET or subject == "sector"
    if len(names) > 1 or (names and not needs and subject not in _OF_EITHER):
        raise ValueError(f"{shown(text)} has a word too many after {subject}")
    if needs and not names:
        what = "sector" if subject == "sector" else "asset"
        raise ValueError(f"{shown(text)} does not say which {what}")
    return names[0] if names else ""


def _level(subject: str, text: str) -> Decimal:
    if subject in _IN_PERCENT:
        return _signed_fraction(subject, text)
    if text.endswith("%"):
        raise ValueError(f"{shown(text)} is a percentage where {subject} needs a plain number")
    level = parse_number(text)
    low, high = _RANGES.get(subject, (Decimal(0), level))
    if not low <= level <= high:
        limits = f"outside {low} to {high}" if subject in _RANGES else "negative"
        raise ValueError(f"{shown(text)} is {limits}, so {subject} never crosses it")
    return level


def _signed_fraction(subject: str, text: str) -> Decimal:
    if subject != "change_24h":
        return parse_fraction(text)
    size = parse_fraction(text.lstrip("+-"), most=_MOST_CHANGE)
    return -size if text.startswith("-") else size
