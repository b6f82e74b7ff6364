"""Everything in a file that is not a number: text, dates, choices, flags, spans of days.

Each function takes the value as its format gave it and raises a ValueError whose sentence begins
with the value, so that the key may stand before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from portfolios.loaders.suggestions import nearest, shown
from portfolios.values.visible_text import visible

LONGEST_TEXT = 500
LONGEST_DAYS = 3650

_C = TypeVar("_C", bound=StrEnum)


def parse_text(value: object, *, lines: bool = False) -> str:
    """Read one line of text without the space around it; several lines where `lines` says so."""
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not text; put it in quotes")
    text = value.strip()
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"{shown(text)} is longer than {LONGEST_TEXT} characters")
    try:
        text = visible(text, lines=lines)
    except ValueError as error:
        raise ValueError(f"{shown(text)} {error}") from None
    if not text:
        raise ValueError(f"{shown(value)} is empty")
    return text


def parse_lines(value: object) -> str:
    """Read text that may have several lines."""
    return parse_text(value, lines=True)


def parse_sector(value: object) -> str:
    """Read the name of a sector; capitals do not matter."""
    name = parse_text(value).lower()
    if not re.fullmatch(r"[a-z0-9_-]{1,40}", name):
        raise ValueError(f"{shown(value)} is not a sector; use letters, digits and _")
    return name


def parse_currency(value: object) -> str:
    """Read a three-letter currency code, in lower case."""
    code = parse_text(value).lower()
    if not re.fullmatch(r"[a-z]{3}", code):
        raise ValueError(f'{shown(value)} is not a currency; write three letters, as "usd"')
    return code


def parse_country(value: object) -> str:
    """Read a two-letter country code, in upper case."""
    code = parse_text(value).upper()
    if not re.fullmatch(r"[A-Z]{2}", code):
        raise ValueError(f'{shown(value)} is not a country; write two letters, as "DE"')
    return code


def parse_date(value: object) -> date:
    """Read a calendar day, `2027-03-01`."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"{shown(value)} is no day of the calendar") from None
    raise ValueError(f"{shown(value)} is not a date; write it as 2027-03-01")


def parse_days(value: object) -> int:
    """Read a span of days, `"30d"`."""
    match = re.fullmatch(r"([0-9]{1,5})\s*d", value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'{shown(value)} is not a number of days; write it as "30d"')
    days = int(match[1])
    if not 1 <= days <= LONGEST_DAYS:
        raise ValueError(f"{shown(value)} is outside 1 to {LONGEST_DAYS} days")
    return days


def parse_flag(value: object) -> bool:
    """Read true or false, without quotes."""
    if not isinstance(value, bool):
        raise ValueError(f"{shown(value)} is neither true nor false")
    return value


def parse_transferable(value: object) -> bool | None:
    """Read true, false or `"unknown"`."""
    return None if value == "unknown" else parse_flag(value)


def one_of(choices: type[_C]) -> Callable[[object], _C]:
    """Return the reader of a value that must be one of an enumeration's words."""
    words = [choice.value for choice in choices]

    def parse(value: object) -> _C:
        word = value.strip().lower() if isinstance(value, str) else ""
        if word in words:
            return choices(word)
        near = nearest(word, words)
        ending = f"; did you mean {near}?" if near else ""
        raise ValueError(f"{shown(value)} is not one of {', '.join(words)}{ending}")

    return parse
