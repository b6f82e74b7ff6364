"""What pictures are made of: fractions of a value, and changes; no amounts of money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portfolios.model.policy import BREACH


@dataclass(frozen=True, slots=True)
class Weight:
    """One holding as a fraction of the whole, now and at another time or by wish.

    Attributes:
        other: its aim, or its weight after a proposal.
        target: what the person wrote, beside an aim; None where they wrote none.
    """

    name: str
    now: float
    other: float
    target: float | None = None


@dataclass(frozen=True, slots=True)
class SectorWeight:
    """One sector as a fraction of the whole; None where it has no such limit, or no proposal is."""

    name: str
    now: float
    most: float | None = None
    after: float | None = None

    @property
    def excess(self) -> float:
        """How far it is over its limit; 0 where the limit is not broken."""
        over = 0.0 if self.most is None else self.now - self.most
        return over if over > BREACH else 0.0


@dataclass(frozen=True, slots=True)
class RiskShare:
    """One holding's share of the risk, below 0 where it hedges; and of the money, where told."""

    name: str
    risk: float
    money: float | None = None


@dataclass(frozen=True, slots=True)
class TokenPath:
    """The price of one token day by day, the first of it 1.

    Attributes:
        name: of the token.
        mean: of the days before, at each day; None where too few are known.
        trend: in words, with its source; empty where there is none.
    """

    name: str
    days: Sequence[date]
    levels: Sequence[float]
    mean: Sequence[float | None] = ()
    trend: str = ""
