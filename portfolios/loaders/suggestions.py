"""How values of a file are quoted back in messages, and what a misspelt word was meant to be.

A message may reach a terminal or a chat, so whatever came from a file is shortened and its
control characters are shown as escapes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, time
from decimal import Decimal
from difflib import get_close_matches

LONGEST_SHOWN = 40
"""Characters of a quoted value; enough to find it in the file."""


def shown(value: object) -> str:
    r"""Quote a value as it may stand in a message.

    >>> shown("abc"), shown(True), shown(Decimal("35")), shown("\x1b[1m"), shown([1])
    ('"abc"', 'true', '35', '"\\x1b[1m"', 'a list')
    """
    if isinstance(value, str):
        return f'"{printable(value)}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > 128:
        return "a huge number"
    if isinstance(value, (int, float, Decimal, date, time)):
        return printable(str(value))
    if value is None:
        return "nothing"
    return "a list" if isinstance(value, list) else "a table"


def printable(text: str) -> str:
    """Return text on one line, shortened, with what cannot be printed as escapes."""
    short = text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."
    return "".join(ch if ch.isprintable() else ascii(ch)[1:-1] for ch in short)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like this one, None when none is alike."""
    near = get_close_matches(word[:LONGEST_SHOWN], list(known), n=1, cutoff=0.7)
    return near[0] if near else None


def unknown(what: str, word: str, known: Collection[str]) -> str:
    """Say that a word is unknown, and which known one is nearest.

    >>> unknown("key", "quantiti", ["asset", "quantity"])
    'key quantiti is unknown; did you mean quantity?'
    """
    near = nearest(word.lower(), known)
    ending = f"did you mean {near}?" if near else f"known: {', '.join(known)}"
    return f"{what} {printable(word)} is unknown; {ending}"
