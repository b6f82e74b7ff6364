"""A sum of money that may be unknown, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from portfolios.values import display


@dataclass(frozen=True, slots=True)
class Total:
    """What something is worth altogether, or was when it was last known.

    Attributes:
        amount: at the last known prices, in some currency; what it is worth now if it is known.
        is_known: every price that matters to it can be relied on.
        at: the moment, aware UTC, of the oldest price that cannot; None where there is none.
        unpriced: how many things were never priced, and are in no amount.
    """

    amount: Decimal
    is_known: bool = True
    at: datetime | None = None
    unpriced: int = 0

    @property
    def known(self) -> Decimal | None:
        """The amount, None where it is unknown."""
        return self.amount if self.is_known else None

    def text(self, currency: str, *, to_the_cent: bool = False) -> str:
        """Say the amount, or what was last known of it.

        Args:
            currency: of the amount.
            to_the_cent: however large it is: where its parts stand beside it.

        >>> from datetime import UTC
        >>> at = datetime(2026, 11, 30, 9, tzinfo=UTC)
        >>> Total(Decimal(47294)).text("eur"), Total(Decimal(47294), False, at).text("eur")
        ('€47,294', 'unknown, last known €47,294 on 30 Nov 2026')
        >>> Total(Decimal(1500), False, None, 1).text("eur")
        'unknown, €1,500 without 1 whose price is unknown'
        """
        told = (display.to_the_cent if to_the_cent else display.money)(self.amount, currency)
        if not self.is_known:
            last = "" if self.at is None else "last known "
            on = "" if self.at is None else f" on {display.day(self.at.date())}"
            told = f"unknown, {last}{told}{on}"
        return f"{told} without {self.unpriced} whose price is unknown" if self.unpriced else told
