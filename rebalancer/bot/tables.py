"""Tables that a phone shows without breaking a line."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from alerts.messages import Block, Style
from alerts.render.telegram import TABLE_WIDTH
from portfolios.values import display

LEAST_NAME = 5
GAP = 2
LONGEST_PRICE = 11


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Block:
    """Return a table; names in its first column are cut where a row would be too wide."""
    widths = [max(len(row[i]) for row in (_headings(columns), *rows)) for i in range(len(columns))]
    room = max(LEAST_NAME, TABLE_WIDTH - sum(GAP + width for width in widths[1:]))
    cut = [[shortened(row[0], room), *row[1:]] for row in rows]
    return Block(Style.TABLE, columns=columns, rows=cut)


def _headings(columns: Sequence[str]) -> list[str]:
    return [name.removesuffix(">") for name in columns]


def shortened(name: str, longest: int) -> str:
    """Return a name that is at most so long.

    >>> shortened("infrastructure", 6), shortened("meme", 6)
    ('infra…', 'meme')
    """
    return name if len(name) <= longest else name[: longest - 1] + "…"


def short_price(amount: Decimal, currency: str) -> str:
    """Show a price in few letters: without cents where it is large, by its power where it is tiny.

    >>> short_price(Decimal("91234.5"), "usd"), short_price(Decimal("1234567.8"), "usd")
    ('$91,234.50', '$1,234,568')
    >>> short_price(Decimal("0.00000000123"), "usd")
    '$1.23e-9'
    """
    text = display.price(amount, currency)
    if len(text) <= LONGEST_PRICE:
        return text
    if amount >= 1:
        return display.money(amount, currency)
    sign = display.SIGNS.get(currency, "")
    number, _, power = f"{amount:.2e}".partition("e")
    return f"{sign}{number}e{int(power)}" + ("" if sign else f" {currency.upper()}")
