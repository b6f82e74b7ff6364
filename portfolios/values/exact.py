"""Exact Decimal arithmetic: nothing is rounded unasked, and no float strays in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import (
    Context,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)

_DIGITS = 400
"""Wide enough for sums of products of the longest numbers that may be held."""
_FAULTS = [FloatOperation, InvalidOperation, DivisionByZero, Overflow]
_EXACT = Context(prec=_DIGITS, traps=[*_FAULTS, Inexact])
ROUNDING = Context(prec=_DIGITS, traps=_FAULTS)
"""For one operation that is meant to round, such as to the cent."""


@contextmanager
def exactly() -> Iterator[None]:
    """Let Decimal round nothing within the block: what would be rounded raises.

    >>> from decimal import Decimal
    >>> with exactly():
    ...     Decimal("0.1") + Decimal(10) ** 30
    Decimal('1000000000000000000000000000000.1')
    """
    with localcontext(_EXACT):
        yield
