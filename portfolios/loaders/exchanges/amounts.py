"""Amounts as exports write them: with signs of currencies, units and separators, read exactly.

Which character is the decimal one is told by the file: by its other amounts, and where they say
nothing it is asked, because `1.000` is one or a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from portfolios.loaders.number_parsing import parse_number
from portfolios.loaders.suggestions import printable, shown

EMPTY = frozenset({"", "-", "–", "—", "n/a", "na", "none", "null", "nan", "--"})
DECIMALS = {"point": ".", "comma": ","}
"""How the user says it -> the character."""
LONGEST = 120

_PARTS = re.compile(
    r"(?P<before>[^\d.,+\-]*)(?P<sign>[+\-]?)(?P<between>[^\d.,+\-]*)"
    r"(?P<number>[\d.,' \u00a0\u202f]*\d[.,]?)(?P<exponent>[eE][+\-]?\d{1,3})?"
    r"(?P<unit>(?!E[+\-]?\d)[A-Z][A-Za-z0-9]{0,15}| [A-Za-z][A-Za-z0-9.\-]{0,15}|\s*[$€£¥₹₩₿)]+)?"
)
_WRITTEN = re.compile(r"[^\d.,]{0,4}(\d*[.,][\d.,]*)(?:[eE][+-]?\d+)?\s*[A-Za-z]{0,12}")
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
_SIGNS = "$€£¥₹₩₿"


class AmbiguousNumberError(ValueError):
    """A number that may be one or a thousand; only the user can say."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How amounts are written in one file.

    Attributes:
        decimal: the decimal character; None while nothing tells it.
        usual: the one meant where nothing tells it; None where it must be asked.
    """

    decimal: str | None = None
    usual: str | None = "."


def notation_of(cells: Iterable[str], *, delimiter: str, stated: str | None) -> Notation:
    """Judge by the amounts of a file.

    Args:
        cells: amounts, and anything else.
        delimiter: between the cells; a file with commas between them is written with a point.
        stated: what the user says, `point` or `comma`.
    """
    if stated is not None:
        return Notation(DECIMALS[stated])
    seen = {mark for cell in cells if (mark := _evident(cell)) is not None}
    return Notation(seen.pop() if len(seen) == 1 else None, "." if delimiter == "," else None)


def _evident(cell: str) -> str | None:
    """Return the decimal character that only this reading of a cell allows."""
    match = _WRITTEN.fullmatch(cell.strip()) if len(cell) <= LONGEST else None
    if match is None:
        return None
    text = match[1]
    both = max("., ", key=text.rfind) if "." in text and "," in text else None
    if both is not None:
        return both
    mark = "." if "." in text else ","
    if text.count(mark) > 1:
        grouped = re.fullmatch(rf"\d{{1,3}}(?:\{mark}\d{{3}})+", text)
        return ("," if mark == "." else ".") if grouped else None
    return None if _AMBIGUOUS.fullmatch(text) else mark


def parse_amount(cell: str, notation: Notation) -> tuple[Decimal, str] | None:
    """Read an amount and the unit glued to it, None for an empty cell.

    >>> parse_amount("-$1,234.50", Notation()), parse_amount("0.05BTC", Notation())
    ((Decimal('-1234.50'), ''), (Decimal('0.05'), 'BTC'))

    Raises:
        ValueError: with a sentence that begins with the cell.
    """
    text = _plain(cell)
    if text.lower() in EMPTY:
        return None
    match = _PARTS.fullmatch(text) if len(text) <= LONGEST else None
    if match is None or not _is_affix(match["before"] + match["between"]):
        raise ValueError(f"{shown(cell)} is not a number")
    number = parse_number(_pointed(match["number"], notation, cell) + (match["exponent"] or ""))
    unit = (match["unit"] or "").strip(_SIGNS + ") ")
    negative = match["sign"] == "-" or text.startswith("(")
    return (-number if negative else number), unit


def plain_number(cell: str, notation: Notation) -> str:
    """Return a bare number with a point where its decimal character stands.

    >>> plain_number("1.234,5", Notation()), plain_number("1 000", Notation())
    ('1234.5', '1000')

    Raises:
        AmbiguousNumberError: it may be one or a thousand.
        ValueError: it is no bare number.
    """
    text = cell.strip()
    if len(text) > LONGEST or not re.fullmatch(r"[+-]?[\d.,' \u00a0\u202f]*\d", text):
        raise ValueError(f"{shown(cell)} is not a number")
    sign = text[0] if text[0] in "+-" else ""
    return sign + _pointed(text.removeprefix(sign), notation, cell)


def _plain(cell: str) -> str:
    text = cell.strip().replace("\u2212", "-").removeprefix("'").strip()
    wrapped = _FORMULA_TEXT.fullmatch(text)
    return wrapped[1].strip() if wrapped else text


def _is_affix(text: str) -> bool:
    """Tell whether what stands before a number is a currency: its sign, its code, a bracket."""
    bare = text.strip().strip(_SIGNS + "( ")
    return not bare or re.fullmatch(r"[A-Z]{1,4}\$?", bare) is not None


def _pointed(number: str, notation: Notation, cell: str) -> str:
    """Return the digits with a point where the decimal character stands."""
    bare = re.sub(r"(?<=\d)[' \u00a0\u202f](?=\d{3}(?!\d))", "", number)
    if re.search(r"[' \u00a0\u202f]", bare.strip()):
        raise ValueError(f"{shown(cell)} is not a number")
    bare = bare.strip()
    marks = {mark for mark in ".," if mark in bare}
    if not marks:
        return bare
    decimal = _decimal_of(bare, marks, notation, cell)
    group = "," if decimal == "." else "."
    whole, _, fraction = bare.rpartition(decimal) if decimal in bare else (bare, "", "")
    if group in fraction or decimal in whole or not _is_grouped(whole, group):
        raise ValueError(f"{shown(cell)} is not a number")
    return f"{whole.replace(group, '')}.{fraction}" if fraction else whole.replace(group, "")


def _decimal_of(bare: str, marks: set[str], notation: Notation, cell: str) -> str:
    if len(marks) == 2:
        return max(marks, key=bare.rfind)
    (mark,) = marks
    if bare.count(mark) > 1:
        return "," if mark == "." else "."
    if not _AMBIGUOUS.fullmatch(bare):
        return mark
    decimal = notation.decimal or (mark if mark == notation.usual else None)
    if decimal is None:
        one, thousand = bare.replace(mark, "."), bare.replace(mark, "")
        raise AmbiguousNumberError(
            f'"{printable(cell.strip())}" may be {one} or {thousand}: say which with '
            "--decimal point or --decimal comma"
        )
    return decimal


def _is_grouped(whole: str, group: str) -> bool:
    return group not in whole or re.fullmatch(rf"\d{{1,3}}(?:\{group}\d{{3}})+", whole) is not None
