"""Amounts as whole cents: parts that add up to their total as it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext

from portfolios.values.exact import ROUNDING

CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> Decimal:
    """Return an amount rounded to the cent, halves to the even one.

    >>> to_cents(Decimal("0.125")), to_cents(Decimal("-7.0051"))
    (Decimal('0.12'), Decimal('-7.01'))
    """
    return amount.quantize(CENT, ROUND_HALF_EVEN, ROUNDING)


def in_cents(amounts: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Return amounts in cents that add up to their exact total in cents, each off by under a cent.

    Every amount is rounded down, and the cents that are then missing go to those that lost the
    most by it (the method of the largest remainder); of equal ones the first gets it.

    >>> [str(cents) for cents in in_cents([Decimal("0.334"), Decimal("0.334"), Decimal("0.333")])]
    ['0.34', '0.33', '0.33']
    """
    with localcontext(ROUNDING):
        down = [amount.quantize(CENT, ROUND_FLOOR) for amount in amounts]
        lost = [amount - floor for amount, floor in zip(amounts, down, strict=True)]
        missing = int((to_cents(_sum(amounts)) - _sum(down)) / CENT)
        raised = set(sorted(range(len(down)), key=lambda i: (-lost[i], i))[:missing])
        return tuple(cents + CENT if i in raised else cents for i, cents in enumerate(down))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
