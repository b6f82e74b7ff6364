"""What providers say, one row a subject: well-formed, but not yet believed.

Numbers are finite or None, moments aware UTC. Sources of different providers and versions all
speak in these rows; whether a row is true is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

Daily: TypeAlias = tuple[date, float, float | None]
"""A day, its close, and the money traded on it."""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """The price of one asset, and what else a price provider says of it.

    Attributes:
        price: of one unit; None when the provider has none.
        at: the moment it describes; None when the provider does not say.
        rank: by market value.
        market_cap, volume: market value, and money traded in 24 hours.
    """

    asset_id: str
    price: Decimal | None
    at: datetime | None = None
    symbol: str = ""
    name: str = ""
    rank: int | None = None
    market_cap: float | None = None
    volume: float | None = None


@dataclass(frozen=True, slots=True)
class CoinRow:
    """One asset of a provider's whole list."""

    asset_id: str
    symbol: str
    name: str


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token as a provider of grades lists it.

    Attributes:
        token_id: the provider's own identity of it.
        slug, link: where the provider says which asset it is; empty when it does not.
        categories: ids or names.
    """

    token_id: str
    name: str
    symbol: str = ""
    slug: str = ""
    link: str = ""
    price: float | None = None
    categories: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SignalRow:
    """Trend, event and grades of one token at one moment; None is unknown, never bearish.

    Attributes:
        as_of: the moment they describe.
        trend: the state: +1, -1, 0.
        signal: the event of that day: +1, -1, 0.
        short_kind, long_kind: which definition the grade follows; never mixed.
    """

    token_id: str
    as_of: datetime
    slug: str = ""
    trend: int | None = None
    signal: int | None = None
    short_grade: float | None = None
    short_kind: str = ""
    long_grade: float | None = None
    long_kind: str = ""


@dataclass(frozen=True, slots=True)
class IndexPart:
    """One holding of an index.

    Attributes:
        asset_id: empty where the provider names none.
        share: of the whole index; all parts sum to 1.
    """

    asset_id: str
    symbol: str
    share: float
