"""Numbers as people write them, read exactly: quantities, money and percentages.

Everything becomes a Decimal without rounding. What could be misread (`35` for 35%, `1,234`) is
refused with the way to write it. The sentences of the errors begin with the value, so a caller
may put the key before them: `quantity "abc" is not a number`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal, InvalidOperation

from portfolios.loaders.suggestions import shown

LARGEST = Decimal(10) ** 18
"""More than any supply or fortune; beyond it a slip is certain."""
MOST_DIGITS = 30
"""Digits that matter, and digits after the point: wei have 18."""
LONGEST_TEXT = 100

EXACT = Context(prec=200)
"""Sums of numbers within these limits are exact at this precision."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[0-9]+([,' _\u00a0\u202f][0-9]+)+(\.[0-9]+)?")


def parse_quantity(value: object) -> Decimal:
    """Read how much of something is held: text or an exact number, zero or more.

    >>> parse_quantity(" 0.42 "), parse_quantity(3)
    (Decimal('0.42'), Decimal('3'))

    Raises:
        ValueError: with a sentence that begins with the value.
    """
    return _not_negative(parse_number(value), value)


def parse_money(value: object) -> Decimal:
    """Read an amount of money without a currency sign: text or an exact number, zero or more.

    Raises:
        ValueError: with a sentence that begins with the value.
    """
    if isinstance(value, str) and re.search(r"[$€£¥]", value):
        raise ValueError(f"{shown(value)} has a currency sign; write the bare number")
    return _not_negative(parse_number(value), value)


def parse_flow(text: str) -> Decimal:
    """Read money that comes in, or with a minus goes out.

    >>> parse_flow("500"), parse_flow("-500")
    (Decimal('500'), Decimal('-500'))
    """
    return -parse_money(text[1:]) if text.startswith("-") else parse_money(text)


def parse_fraction(value: object, *, most: Decimal = Decimal(1)) -> Decimal:
    """Read a percentage with its sign, or a fraction, as a fraction.

    >>> parse_fraction("35%"), parse_fraction("0.35")
    (Decimal('0.35'), Decimal('0.35'))

    Args:
        value: `"35%"` or 0.35; a bare 35 is refused, a bare 1 too (it may mean 1% or 100%).
        most: the largest fraction that makes sense.

    Raises:
        ValueError: with a sentence that begins with the value.
    """
    if isinstance(value, str) and value.strip().endswith("%"):
        fraction = _not_negative(_hundredth(parse_number(value.strip()[:-1])), value)
    else:
        fraction = _bare_fraction(_not_negative(parse_number(value), value), value)
    if fraction > most:
        raise ValueError(f"{shown(value)} is over {in_percent(most)}")
    return fraction


def parse_share(value: object) -> Decimal:
    """Read a percentage or fraction that must be more than nothing."""
    share = parse_fraction(value)
    if share == 0:
        raise ValueError(f"{shown(value)} is nothing; leave it out")
    return share


def parse_positive(value: object) -> Decimal:
    """Read a quantity or price that must be above zero."""
    number = parse_quantity(value)
    if number == 0:
        raise ValueError(f"{shown(value)} is not above zero")
    return number


def parse_number(value: object) -> Decimal:
    """Read a number of either sign within the limits, exactly.

    Raises:
        ValueError: with a sentence that begins with the value.
    """
    number = _exact(value)
    if not number.is_finite():
        raise ValueError(f"{shown(value)} is not a number that can be used")
    if (number and number.adjusted() > LARGEST.adjusted()) or number.copy_abs() > LARGEST:
        raise ValueError(f"{shown(value)} is too large; the most is 1 followed by 18 zeros")
    _, digits, exponent = number.as_tuple()
    if len(digits) > MOST_DIGITS or not -MOST_DIGITS <= int(exponent) <= MOST_DIGITS:
        raise ValueError(f"{shown(value)} has more than {MOST_DIGITS} digits")
    return number


def in_percent(fraction: Decimal) -> str:
    """Write a fraction as the percentage that reads back to it exactly.

    >>> in_percent(Decimal("0.355")), in_percent(Decimal(1))
    ('35.5%', '100%')
    """
    text = format(fraction.scaleb(2, EXACT), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def total(numbers: Iterable[Decimal]) -> Decimal:
    """Add numbers without rounding."""
    result = Decimal(0)
    for number in numbers:
        result = EXACT.add(result, number)
    return result


def decimal_or_nan(text: str) -> Decimal:
    """Read a number of a file's own syntax; NaN, which is refused later, for an absurd one."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _exact(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value) if value.bit_length() <= 256 else Decimal("1E+99")
    if isinstance(value, float):
        return decimal_or_nan(repr(value))
    if isinstance(value, str):
        return _from_text(value)
    raise ValueError(f"{shown(value)} is not a number")


def _from_text(text: str) -> Decimal:
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped):
        if len(stripped) > LONGEST_TEXT:
            raise ValueError(f"{shown(text)} has more than {MOST_DIGITS} digits")
        return decimal_or_nan(stripped)
    if _GROUPED.fullmatch(stripped[:LONGEST_TEXT]):
        raise ValueError(f"{shown(text)} has a separator; write digits and a decimal point only")
    raise ValueError(f"{shown(text)} is not a number")


def _not_negative(number: Decimal, value: object) -> Decimal:
    if number < 0:
        raise ValueError(f"{shown(value)} is negative")
    return number.copy_abs()


def _hundredth(number: Decimal) -> Decimal:
    return number.scaleb(-2, EXACT)


def _bare_fraction(number: Decimal, value: object) -> Decimal:
    if number > 1:
        meant = _hundredth(number)
        raise ValueError(
            f'{shown(value)} is not a percentage; write "{in_percent(meant)}" or {meant:f}'
        )
    if number == 1 and "." not in str(value):
        raise ValueError(f'{shown(value)} may mean 1% or 100%; write "1%" or "100%"')
    return number
