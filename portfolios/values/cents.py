"""Amounts as whole cents: parts that add up to their total as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from portfolios.values.exact import ROUNDING
from portfolios.values.parts import in_steps

CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> Decimal:
    """Return an amount rounded to the cent, halves to the even one.

    >>> to_cents(Decimal("0.125")), to_cents(Decimal("-7.0051"))
    (Decimal('0.12'), Decimal('-7.01'))
    """
    return amount.quantize(CENT, ROUND_HALF_EVEN, ROUNDING)


def in_cents(amounts: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Return amounts in cents that add up to their exact total in cents, each off by under a cent.

    >>> [str(cents) for cents in in_cents([Decimal("0.334"), Decimal("0.334"), Decimal("0.333")])]
    ['0.34', '0.33', '0.33']
    """
    return in_steps(amounts, CENT)
