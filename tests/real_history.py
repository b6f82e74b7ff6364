"""Real daily prices beside the checkout, for studies; not part of the project.

What needs them is skipped where they are absent.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from portfolios.model.market import Array

DATA = Path(__file__).parents[2] / "shared" / "data"
SECTORS = {
    "AI": "ai", "DeFi": "defi", "Exchange": "exchange_token", "Gaming": "gaming",
    "Infrastructure": "infra", "Layer 1": "layer1", "Layer 2": "layer2", "Meme": "meme",
    "Privacy": "privacy", "RWA": "rwa", "Stablecoin": "stablecoin", "Store of Value": "layer1",
    "Wrapped/LST": "wrapped_staked",
}  # fmt: skip
"""The names of the table -> ours."""
STABLE = frozenset(
    {"USDT", "USDC", "DAI", "BUSD", "TUSD", "PAX", "USDP", "GUSD", "HUSD", "FRAX", "UST", "USTC"}
)

needs_history = pytest.mark.skipif(
    not DATA.exists(), reason="the real history is not beside the checkout"
)


@dataclass(frozen=True)
class RealHistory:
    """Closes, volumes and market caps, shape (days, symbols); NaN where there is none."""

    days: tuple[date, ...]
    symbols: tuple[str, ...]
    close: Array
    volume: Array
    cap: Array

    def row(self, day: date) -> int:
        """Return the row of a day."""
        return (day - self.days[0]).days

    def columns(self, symbols: Sequence[str]) -> list[int]:
        """Return the columns of some symbols."""
        return [self.symbols.index(symbol) for symbol in symbols]


@cache
def real_history() -> RealHistory:
    """Read every symbol and day."""
    with gzip.open(DATA / "prices.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    symbols = tuple(sorted({row["asset"] for row in rows}))
    first = date.fromisoformat(min(row["date"] for row in rows))
    last = date.fromisoformat(max(row["date"] for row in rows))
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    table = np.full((3, len(days), len(symbols)), np.nan)
    columns = {symbol: j for j, symbol in enumerate(symbols)}
    for row in rows:
        i = (date.fromisoformat(row["date"]) - first).days
        figures = [float(row[key] or "nan") for key in ("close", "volume", "market_cap")]
        table[:, i, columns[row["asset"]]] = figures
    return RealHistory(days, symbols, *table)


@cache
def sector_names() -> dict[str, str]:
    """Return symbol -> sector by the table's own name, as one judged in the present."""
    with (DATA / "sectors.csv").open() as file:
        return {row["symbol"]: row["sector"] for row in csv.DictReader(file)}


def real_sectors() -> dict[str, str]:
    """Return symbol -> sector of ours."""
    return {symbol: SECTORS.get(name, "other") for symbol, name in sector_names().items()}
