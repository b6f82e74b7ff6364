"""Markets of the past as they were known: real daily closes beside the checkout, where they are."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np

from portfolios.model.assets import Asset
from portfolios.model.market import Array, Bars, Market
from tests.real_history import DATA, real_history, sector_names

NO_COINS = ("Stablecoin", "Wrapped/LST")
MEMORY, AHEAD = 730, 7
"""Days that an estimate sees, and the days after them by which it is judged."""


def weeks(first: date, last: date) -> Iterator[date]:
    """Return the dates of a study, a week apart."""
    while first <= last:
        yield first
        first += timedelta(days=7)


@cache
def rankings() -> dict[date, dict[str, int]]:
    """Return the rank of each symbol by market value on each date of the ranking."""
    found: dict[date, dict[str, int]] = {}
    with gzip.open(DATA / "universe.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            found.setdefault(date.fromisoformat(row["date"]), {}).setdefault(
                row["symbol"], int(row["rank"])
            )
    return found


def market_at(day: date) -> tuple[Market, Array]:
    """Return the market of coins with a price on a day, and the log returns after it.

    Returns:
        The market, and returns of shape (7, n) in the order of its sorted ids; NaN where none.
    """
    history = real_history()
    days, symbols, close = history.days, history.symbols, history.close
    ranks = rankings()[max(d for d in rankings() if d <= day)]
    t = days.index(day)
    names = [
        s for j, s in enumerate(symbols)
        if sector_names().get(s) not in NO_COINS and np.isfinite(close[t, j])
    ]  # fmt: skip
    at = history.columns(names)
    past = close[max(0, t + 1 - MEMORY) : t + 1, at]
    seen = days[max(0, t + 1 - MEMORY) : t + 1]
    bars = Bars(seen, tuple(names), past, np.full(past.shape, np.nan))
    assets = {s: Asset(s, s, s, sector_names().get(s, "other"), rank=ranks.get(s)) for s in names}
    moment = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
    after = np.diff(np.log(close[t : t + 1 + AHEAD, at]), axis=0)
    return Market(moment, "usd", assets, {}, {}, bars), after
