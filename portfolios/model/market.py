"""The market as of one moment: prices, daily bars and grades with their ages.

Money enters as Decimal (`Quote.price`); the daily bars exist only for the maths and are float64
arrays. This module and `rebalancer.optimiser.rounding` are the two gates between the kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from portfolios.model.assets import Asset, AssetIndex
from portfolios.values import display

Array: TypeAlias = npt.NDArray[np.float64]

PRICE_AMBER = timedelta(hours=26)
"""A daily feed with slack: older prices are shown amber."""
PRICE_LIMIT = timedelta(hours=50)
"""Older prices withhold a proposal that depends on them."""
SHORT_GRADE_AMBER, SHORT_GRADE_LIMIT = timedelta(days=2), timedelta(days=7)
LONG_GRADE_AMBER, LONG_GRADE_LIMIT = timedelta(days=14), timedelta(days=30)
TREND_LASTS = timedelta(days=15)
"""From so long on a trend moves weights, so what it moves is not taken back within two weeks."""
STATED_PRICE_AMBER, STATED_PRICE_LIMIT = timedelta(days=35), timedelta(days=100)


@dataclass(frozen=True, slots=True)
class Quote:
    """A price in the market's currency.

    Attributes:
        price: of one unit; positive.
        at: the moment it describes, aware UTC.
        source: who says so.
        quarantined: why it may not be trusted; empty when accepted.
    """

    price: Decimal
    at: datetime
    source: str
    quarantined: str = ""


@dataclass(frozen=True, slots=True)
class Grade:
    """Scores of one asset by one source; None where the source gives none (never bearish).

    Attributes:
        source: `tokenmetrics`, `technical` (ours), `sample`.
        short, long: 0-100, about 50 neutral; days-to-weeks and months horizon.
        trend: the state the last event left: +1, -1, 0 (undecided).
        signal: the event itself: non-zero only on the day the trend flips.
        short_at, long_at: moments they describe, aware UTC.
        kind: the source's definition (`tm_trader`), never mixed with another.
        lasting_bearish: the trend was bearish (or was not) the last time that it stayed so for
            `TREND_LASTS`; None where that was not seen.
    """

    source: str
    short: float | None = None
    long: float | None = None
    trend: int | None = None
    signal: int | None = None
    short_at: datetime | None = None
    long_at: datetime | None = None
    kind: str = ""
    lasting_bearish: bool | None = None

    @property
    def is_ours(self) -> bool:
        """Tell whether this is our own price-only grade, which carries no alpha by default."""
        return self.source == "technical"


@dataclass(frozen=True, slots=True)
class Bars:
    """Daily bars at the UTC close, oldest first.

    Attributes:
        days: the dates, length T.
        asset_ids: the columns, sorted, length n.
        close: shape (T, n), NaN before listing and across gaps (never filled).
        volume: money traded per day, shape (T, n), NaN where unknown.
    """

    days: tuple[date, ...]
    asset_ids: tuple[str, ...]
    close: Array
    volume: Array

    def columns(self, asset_ids: Sequence[str]) -> Bars:
        """Return the bars of these assets in this order; NaN columns for those without bars."""
        place = {asset_id: i for i, asset_id in enumerate(self.asset_ids)}
        close = np.full((len(self.days), len(asset_ids)), np.nan)
        volume = close.copy()
        to = [j for j, asset_id in enumerate(asset_ids) if asset_id in place]
        at = [place[asset_ids[j]] for j in to]
        close[:, to], volume[:, to] = self.close[:, at], self.volume[:, at]
        return Bars(self.days, tuple(asset_ids), close, volume)


@dataclass(frozen=True, slots=True)
class Market:
    """Everything known about assets at one moment.

    Attributes:
        as_of: the moment, aware UTC; ages are measured against it.
        currency: of all prices.
        assets: asset id -> asset.
        quotes: asset id -> price; an asset may have none.
        grades: asset id -> scores; an asset may have none.
        bars: daily history of the assets that have one.
        is_sample: made up by the built-in generator; said wherever figures are shown.
        awaited: assets that the provider lists and of which no good price was pulled yet: no
            proposal may rest on a portfolio that holds one.
    """

    as_of: datetime
    currency: str
    assets: Mapping[str, Asset]
    quotes: Mapping[str, Quote]
    grades: Mapping[str, Grade]
    bars: Bars
    is_sample: bool = False
    awaited: frozenset[str] = frozenset()

    def index(self) -> AssetIndex:
        """Return the look-up of assets by id and symbol."""
        return AssetIndex(self.assets.values())

    def symbol(self, asset_id: str) -> str:
        """Return the symbol of an asset; its id where the market does not know it."""
        asset = self.assets.get(asset_id)
        return asset_id if asset is None else asset.symbol

    @property
    def priced_at(self) -> datetime:
        """The moment of the newest price; made-up ones are of the market's moment."""
        known = () if self.is_sample else (quote.at for quote in self.quotes.values())
        return min(self.as_of, max(known, default=self.as_of))

    @property
    def as_of_text(self) -> str:
        """Say which moment the prices are of."""
        return display.as_of(self.priced_at, self.as_of)

    def doubts(self, quote: Quote) -> bool:
        """Tell whether a price is quarantined or too old to act on."""
        return bool(quote.quarantined) or self.age(quote.at) > PRICE_LIMIT

    def age(self, moment: datetime) -> timedelta:
        """How old something is at this market's moment; never negative."""
        return max(self.as_of - moment, timedelta(0))
