"""Prices of every hour around a simulated time: real daily closes where they are, or made up.

Between two closes the logarithm of a price goes straight, plus a seeded Brownian bridge with the
asset's own volatility of the last 60 days, of which a part is common to all. Where the history has
a gap, as after the end of Terra, there are no bars, and the last close stays the price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

import numpy as np

from portfolios.model.assets import Asset
from portfolios.model.market import Array, Bars, Grade, Market, Quote
from portfolios.providers.technical.grades import technical_grades
from tests.real_history import real_history

MEMORY = 500
"""Days of history that a market carries."""
COMMON = 0.7
"""Correlation of the ways between two closes with one that all share."""


class Coin(NamedTuple):
    """What of a coin is not in its prices."""

    symbol: str
    sector: str


COINS: Mapping[str, Coin] = {
    "aave": Coin("AAVE", "defi"),
    "avalanche-2": Coin("AVAX", "layer1"),
    "bitcoin": Coin("BTC", "layer1"),
    "binancecoin": Coin("BNB", "exchange_token"),
    "cardano": Coin("ADA", "layer1"),
    "chainlink": Coin("LINK", "infra"),
    "ethereum": Coin("ETH", "layer1"),
    "litecoin": Coin("LTC", "layer1"),
    "matic-network": Coin("MATIC", "layer2"),
    "stellar": Coin("XLM", "layer1"),
    "sushi": Coin("SUSHI", "defi"),
    "terra-luna": Coin("LUNC", "layer1"),
    "the-sandbox": Coin("SAND", "gaming"),
    "uniswap": Coin("UNI", "defi"),
}
RANKS = {asset_id: rank for rank, asset_id in enumerate(
    ("bitcoin", "ethereum", "binancecoin", "cardano", "terra-luna", "avalanche-2", "matic-network",
     "litecoin", "chainlink", "stellar", "uniswap", "the-sandbox", "aave", "sushi"), 1)
}  # fmt: skip
ASSETS = {
    asset_id: Asset(asset_id, coin.symbol, coin.symbol, coin.sector, rank=RANKS[asset_id])
    for asset_id, coin in COINS.items()
}


@dataclass
class Prices:
    """Daily bars of the coins, and what lies between two closes.

    Attributes:
        bars: days without a gap; prices that ended are NaN.
        seed: of the bridges.
    """

    bars: Bars
    seed: int
    _days: dict[date, tuple[Bars, dict[str, Grade]]] = field(default_factory=dict)

    @cached_property
    def known(self) -> Array:
        """The closes, the last one carried on over gaps."""
        rows = np.arange(len(self.bars.days))[:, None]
        last = np.maximum.accumulate(np.where(np.isfinite(self.bars.close), rows, 0), axis=0)
        return np.asarray(np.take_along_axis(self.bars.close, last, axis=0))

    def market(self, at: datetime) -> Market:
        """Return the market of a full hour: bars and grades of whole days, quotes of the hour."""
        day = self.bars.days.index(at.date())
        bars, grades = self._known(day)
        quotes = {
            asset_id: Quote(Decimal(f"{price:.10g}"), at, "history")
            for asset_id, price in zip(bars.asset_ids, self._of_hour(day, at.hour), strict=True)
            if np.isfinite(price)
        }
        return Market(at, "usd", ASSETS, quotes, grades, bars)

    def _known(self, day: int) -> tuple[Bars, dict[str, Grade]]:
        today = self.bars.days[day]
        if today not in self._days:
            cut = slice(max(0, day - MEMORY), day)
            bars = Bars(self.bars.days[cut], self.bars.asset_ids, self.bars.close[cut],
                        self.bars.volume[cut])  # fmt: skip
            at = datetime.combine(today, time(), UTC)
            grades = technical_grades(bars, at=at, assets=ASSETS)
            self._days = {today: (bars, grades)}
        return self._days[today]

    def _of_hour(self, day: int, hour: int) -> Array:
        logs = np.log(self.known[day - 61 : day + 1])
        part = hour / 24
        straight = logs[-2] + part * (logs[-1] - logs[-2])
        deviation = np.nanstd(np.diff(logs[:-1], axis=0), axis=0)
        return np.asarray(np.exp(straight + deviation * self._bridge(day)[hour]))

    def _bridge(self, day: int) -> Array:
        """Return ways of a day that begin and end at 0, of unit variance a day, shape (25, n)."""
        chance = np.random.default_rng((self.seed, day))
        own = chance.standard_normal((24, len(self.bars.asset_ids)))
        steps = np.sqrt(COMMON) * chance.standard_normal((24, 1)) + np.sqrt(1 - COMMON) * own
        way = np.vstack([np.zeros(own.shape[1]), np.cumsum(steps / np.sqrt(24), axis=0)])
        return np.asarray(way - np.linspace(0, 1, 25)[:, None] * way[-1])


def from_history(begin: date, days: int, *, seed: int) -> Prices:
    """Read the real closes from before a day to some days after it."""
    history, ids = real_history(), tuple(sorted(COINS))
    first = history.row(begin - timedelta(days=MEMORY))
    rows = slice(first, first + MEMORY + days + 1)
    columns = history.columns([COINS[asset_id].symbol for asset_id in ids])
    close, volume = history.close[rows, columns], history.volume[rows, columns]
    return Prices(Bars(history.days[rows], ids, close, volume), seed)


def made_up(begin: date, days: int, *, seed: int, crash: int) -> Prices:
    """Make closes of one factor and own noise, with a fall of a third on each of two days."""
    chance = np.random.default_rng(seed)
    ids = tuple(sorted(COINS))
    length = MEMORY + days + 1
    steps = 0.025 * chance.standard_normal((length, 1)) + 0.02 * chance.standard_normal(
        (length, len(ids))
    )
    steps[MEMORY + crash : MEMORY + crash + 2] -= 0.4
    close = 100 * np.exp(np.cumsum(steps, axis=0))
    every = tuple(begin + timedelta(days=n - MEMORY) for n in range(length))
    return Prices(Bars(every, ids, close, np.full(close.shape, 1e9)), seed)
