"""Figures in words: money, percentages, quantities and moments, the same wherever they are shown.

Display only: nothing is computed from what these functions return.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

from portfolios.values.cents import CENT

HOUR = timedelta(hours=1)
SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}
SAMPLE = "SAMPLE"
TREND_WORDS: Mapping[int, str] = MappingProxyType({1: "bullish", -1: "bearish", 0: "undecided"})


def money(amount: Decimal, currency: str, *, signed: bool = False) -> str:
    """Show an amount: whole units from 1,000, cents below.

    >>> money(Decimal("-3120.4"), "usd"), money(Decimal("4.1"), "usd"), money(Decimal(5), "chf")
    ('-$3,120', '$4.10', '5.00 CHF')
    """
    digits = Decimal(1) if abs(amount) >= 1000 else CENT
    return _money(amount, digits, currency, signed=signed)


def to_the_cent(amount: Decimal, currency: str, *, signed: bool = False) -> str:
    """Show an amount with its cents however large it is: for what must add up.

    >>> to_the_cent(Decimal("-3120.405"), "usd"), to_the_cent(Decimal(5), "chf", signed=True)
    ('-$3,120.40', '+5.00 CHF')
    """
    return _money(amount.quantize(CENT, ROUND_HALF_EVEN), CENT, currency, signed=signed)


def _money(amount: Decimal, digits: Decimal, currency: str, *, signed: bool) -> str:
    text = f"{abs(amount).quantize(digits, ROUND_HALF_EVEN):,}"
    text = f"{SIGNS[currency]}{text}" if currency in SIGNS else f"{text} {currency.upper()}"
    sign = "-" if amount < 0 else "+" if signed and amount > 0 else ""
    return sign + text


def percent(fraction: float | Decimal | None, digits: int = 1) -> str:
    """Show a fraction as a percentage.

    >>> percent(0.0725), percent(Decimal("0.6"), 0), percent(None)
    ('7.2%', '60%', 'unknown')
    """
    if fraction is None:
        return "unknown"
    shown = f"{float(fraction) * 100:.{digits}f}%"
    return shown.removeprefix("-") if float(shown[:-1]) == 0 else shown


def share(fraction: float | Decimal, *, is_known: bool) -> str:
    """Show a share of a total; one of a total that is unknown, at last known prices, is marked.

    >>> share(0.331, is_known=True), share(0.331, is_known=False)
    ('33.1%', '33.1%?')
    """
    return percent(fraction) if is_known else f"{percent(fraction)}?"


def change(fraction: float | Decimal, digits: int = 1) -> str:
    """Show a change as a percentage with its sign.

    >>> change(0.021), change(-0.15, 0), change(-0.0001)
    ('+2.1%', '-15%', '0.0%')
    """
    shown = percent(fraction, digits)
    return f"+{shown}" if fraction > 0 and shown != percent(0, digits) else shown


def points(difference: float) -> str:
    """Show a difference of weights, a fraction, in percentage points.

    >>> points(0.06), points(0.0104)
    ('6.0 points', '1.0 points')
    """
    return f"{difference * 100:.1f} points"


def limit(fraction: float | Decimal) -> str:
    """Show a stated limit without needless zeros.

    >>> limit(0.6), limit(0.075)
    ('60%', '7.5%')
    """
    return f"{round(float(fraction) * 100, 2):g}%"


def price(amount: Decimal, currency: str) -> str:
    """Show a price with enough digits to tell two prices apart.

    >>> price(Decimal("91234.5"), "usd"), price(Decimal("0.00001234"), "usd")
    ('$91,234.50', '$0.00001234')
    """
    digits = 2 if amount >= 1 else max(2, 3 - amount.adjusted())
    text = f"{amount:,.{digits}f}"
    return f"{SIGNS[currency]}{text}" if currency in SIGNS else f"{text} {currency.upper()}"


def quantity(amount: Decimal) -> str:
    """Show a quantity with at most six significant digits, or its whole units.

    >>> quantity(Decimal("0.04201999")), quantity(Decimal("1234567.8"))
    ('0.04202', '1,234,568')
    """
    if amount == 0:
        return "0"
    digits = max(0, 5 - amount.adjusted())
    text = f"{amount:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def marked(text: str, *, is_sample: bool) -> str:
    """Say before a text that its figures are made up, wherever it will be shown.

    >>> marked("core: drift 7.2%", is_sample=True), marked("core: drift 7.2%", is_sample=False)
    ('SAMPLE core: drift 7.2%', 'core: drift 7.2%')
    """
    return f"{SAMPLE} {text}" if is_sample else text


def counted(number: int, noun: str, plural: str = "") -> str:
    """Show how many there are, with the noun in its number.

    >>> counted(1, "trade"), counted(0, "trade"), counted(2, "person", "people")
    ('1 trade', '0 trades', '2 people')
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def few(names: Sequence[str], most: int) -> str:
    """List the first of many names, and how many more there are.

    >>> few(["a", "b", "c", "d"], 2), few(["a", "b"], 2)
    ('a, b and 2 more', 'a, b')
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def moment(at: datetime, zone: str = "UTC") -> str:
    """Show a moment, in UTC or on the clock of some time zone.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    >>> moment(at), moment(at, "Europe/Vienna")
    ('22 Nov 2026 23:30 UTC', '23 Nov 2026 00:30 CET')
    """
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local.date())} {local:%H:%M %Z}"


def age(span: timedelta) -> str:
    """Show an age in its largest whole unit.

    >>> age(timedelta(minutes=1)), age(timedelta(hours=30)), age(timedelta(days=9))
    ('1 minute', '30 hours', '9 days')
    """
    if span < 2 * HOUR:
        return counted(span // timedelta(minutes=1), "minute")
    return f"{span // HOUR} hours" if span < timedelta(days=3) else f"{span.days} days"


def as_of(at: datetime, now: datetime) -> str:
    """Show which moment prices are of, and what to do where that is over an hour ago.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    >>> as_of(at, at + HOUR)
    'as of 22 Nov 2026 09:00 UTC'
    >>> as_of(at, at + 23 * HOUR)
    'as of 22 Nov 2026 09:00 UTC, 23 hours old: run `rebalancer refresh`'
    """
    return ", ".join(filter(None, (f"as of {moment(at)}", old(at, now))))


def old(at: datetime, now: datetime) -> str:
    """Show how old prices are, and what to do about it; empty up to an hour."""
    return "" if now - at <= HOUR else f"{age(now - at)} old: run `rebalancer refresh`"


def day(on: date) -> str:
    """Show a day without depending on the locale.

    >>> day(date(2026, 3, 1))
    '1 Mar 2026'
    """
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
