"""Takes amounts of money and quantities out of a text, for who wants none on their screen.

Only what is known to be harmless keeps its digits: percentages, dates and times, small counts, the
price of a token where a text is about nothing else, names of plans. Whatever else looks like an
amount is hidden, since one that is left tells more than ten that are missing.
"""

from __future__ import annotations

import re

HIDDEN = "•••"

COLUMNS = frozenset({"value", "amount", "cost", "quantity", "units", "earned", "cash", "worth"})
"""Columns of a table that hold amounts."""

_SIGN = r"[+\-−]?"
_NUMBER = r"(?>[\d.,]*\d(?:[eE][+-]?\d+)?)"
"""As much as could belong to one number; never less, so no half of one is left."""
_CURRENCY = r"[$¢£¤¥\u20a0-\u20cf]"
# A code or a symbol: anything but a word in small letters.
_NAMED = r"[ \u00a0\u202f](?:[^\Wa-z\d_]|\$|\d+[^\W\d_]|[a-z]+[A-Z])"
_WHOLE = rf"(?![.,]?\d|{_NAMED})"
"""Ends a number that stays: it goes no further, and no currency or symbol comes after it."""
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ZONE = r"(?:[A-Z]{3,5}\b|[+-]\d\d(?:\d\d)?(?!\d))"
"""The name of a clock: UTC, CET, or +03 where it has none."""
_COMPARED = r"(?:<=|>=|<|>)"
_OTHER_RULES = r"(?:price|change_24h|short_grade|long_grade|trend|weight|drift|sector\.[\w-]+)"
_MONEY_WORDS = (
    r"(?:value|cash|flow|deposit|withdrawal|amount|balance|worth|costs?|earned|quantity|units"
    r"|buys?|sells?|bought|sold)"
)

_TOKENS = re.compile(
    rf"""
  (?P<kept>
      https?://[\w./-]+ | [\w.+-]{{1,64}}@[\w-]{{1,64}}\.[a-zA-Z]{{2,}}
    | (?<!\d)\d{{4}}-(?:W\d\d|\d\d-\d\d)(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?{_WHOLE}
    | (?<![\d.,])\d{{1,2}}\ {_MONTH}(?:\ \d{{4}})?(?:\ \d\d:\d\d\ {_ZONE})?{_WHOLE}
    | (?<![\d.,])\d\d:\d\d(?::\d\d)?(?:\ {_ZONE}|{_WHOLE})
    | (?<![\d.,])\d+/\d+{_WHOLE}
    | \b(?:plan|proposal)\ [0-9a-f]{{8,64}}{_WHOLE}
    | \bid\ is\ -?(?>\d+){_WHOLE}
    | (?<!\S)/[a-z_]+(?:\ [\w.]+=[\w.%:-]+)*{_WHOLE}
    | \b{_OTHER_RULES}(?:\ [\w.-]+)?\ ?{_COMPARED}\ ?{_SIGN}{_NUMBER}%?{_WHOLE}
      (?::\ it\ is\ {_SIGN}{_NUMBER}{_WHOLE})?
    | \Aprice\ {_CURRENCY}{_NUMBER} | \Aprice\ {_NUMBER}\ [A-Z]{{3}}\b
    | {_SIGN}{_NUMBER}\ ?%
    | [+-](?>\d+\.\d)\ \([+-]?[\d.]+%\)
    | \b(?:(?:aims|reference)\ (?:as\ )?|bets\ as\ |grade\ (?:{_NUMBER}\ ->\ )?){_NUMBER}{_WHOLE}
    | {_NUMBER}\ (?:days?|hours?|minutes?|times|equal|points?)\b
  )
  | (?P<hidden>
      {_SIGN}{_CURRENCY}\ ?{_NUMBER}\w*
    | \b(?P<word>{_MONEY_WORDS}(?:\ ?{_COMPARED}\ ?|\ ?[:=]\ ?|\ (?:(?:is|of|about|now)\ )*))
      {_SIGN}{_NUMBER}(?:(?P<now>:\ it\ is\ |\ ->\ ){_SIGN}{_NUMBER})?
    | (?<=:\ ){_NUMBER}(?=\ \(new\))
    | {_SIGN}{_NUMBER}(?=\ ->\ ) | (?<=->\ ){_SIGN}{_NUMBER}
    | (?<=\bwas\ ){_SIGN}{_NUMBER}(?=,\ is\ ) | (?<=,\ is\ ){_SIGN}{_NUMBER}
    | {_SIGN}{_NUMBER}(?={_NAMED})
  )
  | (?>[\d_]*)[^\W\d_]\w*                              # a word with digits in it
  | {_SIGN}(?P<bare>{_NUMBER})
    """,
    re.VERBOSE,
)
_LONGEST_COUNT = 4


def hidden(text: str) -> str:
    """Return a text without amounts.

    >>> hidden("core: 3 trades, sells $3,120.50, prices moved 0.3% since")
    'core: 3 trades, sells •••, prices moved 0.3% since'
    """
    return _TOKENS.sub(_told, text)


def hidden_cell(column: str, text: str) -> str:
    """Return a cell of a table without amounts; in some columns every number is one."""
    name = column.rstrip(">").lower()
    if name == "price":
        return text
    is_amount = name in COLUMNS and any(letter.isdigit() for letter in text)
    return HIDDEN if is_amount and not text.endswith("%") else hidden(text)


def _told(match: re.Match[str]) -> str:
    if match["hidden"]:
        second = match["now"]
        return f"{match['word'] or ''}{HIDDEN}" + (f"{second}{HIDDEN}" if second else "")
    bare = match["bare"]
    is_count = bare is None or (bare.isdigit() and len(bare) <= _LONGEST_COUNT)
    return match[0] if is_count else HIDDEN
