"""How a person likes numbers written: which sign groups thousands, and which begins the fraction.

Texts are made with `1,234.56`; here they are rewritten, number by number. What only looks like one
is left alone: dates, times, ratios, versions, addresses, commands, and rules as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

NO_BREAK = "\u00a0"
"""As wide as a digit in a table, and no line ends at it."""


class Numbers(StrEnum):
    """A way to write numbers, by the sign between thousands."""

    COMMA = "comma"
    POINT = "point"
    SPACE = "space"
    APOSTROPHE = "apostrophe"


SIGNS: Mapping[Numbers, tuple[str, str]] = MappingProxyType(
    {
        Numbers.COMMA: (",", "."),
        Numbers.POINT: (".", ","),
        Numbers.SPACE: (NO_BREAK, "."),
        Numbers.APOSTROPHE: ("'", "."),
    }
)
"""Sign between thousands, and sign before the fraction."""

_KEPT = r"""
    https?://\S+ | [\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]+     # addresses
  | (?<!\S)/[a-z_]+ (?:\ [\w.]+=\S+ | \ [\w.-]+)*         # a command with what follows it
    (?:\ (?:<=|>=|<|>)\ \S+)?
  | [\w.]+=\S+                                            # a choice
  | (?:<=|>=|<|>)\ ?[+-]?[\d.,]+%?                        # the level of a rule
  | \d[\d.,]*(?:[/:-]\d[\d.,]*)+                          # dates, times, ratios
  | v?\d+(?:\.\d+){2,}                                    # versions
"""
_TOKENS = re.compile(
    rf"""(?P<kept>{_KEPT})
  | (?<![\w.,])(?P<number>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+\.\d+)(?!\w|[.,]\d)
  | \w[\w.,]*                                             # a word with digits in it
    """,
    re.VERBOSE | re.ASCII,
)


def rewritten(text: str, numbers: Numbers) -> str:
    r"""Return a text with its numbers written as a person likes them.

    >>> rewritten("$1,234.56 on 2026-11-22, 7.2% within 5/25", Numbers.POINT)
    '$1.234,56 on 2026-11-22, 7,2% within 5/25'
    """
    if numbers is Numbers.COMMA:
        return text
    group, point = SIGNS[numbers]
    table = str.maketrans({",": group, ".": point})
    return _TOKENS.sub(lambda m: m[0].translate(table) if m["number"] else m[0], text)
