"""The built-in sample market: made up, seeded, the same on every machine and in every run.

It lets everything be tried without network, key or account. The paths are generated first and
then scaled so that they end at the prices of the cast; nothing knows what comes after.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import MappingProxyType

import numpy as np

from portfolios.model.market import Array, Bars, Market, Quote
from portfolios.providers.sample.assets import SAMPLE_ASSETS, Cast, SampleAsset
from portfolios.providers.sample.grades import sample_grades
from portfolios.providers.sample.paths import factor, generator, is_pegged, log_path, peg_path

SOURCE = "sample"
AS_OF = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
"""The moment of the sample market."""
QUOTED_AT = AS_OF - timedelta(minutes=3)
BAR_COUNT = 400
LAST_DAY = AS_OF.date() - timedelta(days=1)
"""Its close is the midnight before `AS_OF`."""
DIGITS = 8
"""Significant digits of bars; the last bits of exponentials differ between processors."""
QUIET_WEEKEND = 0.75
"""Volume of a Saturday or Sunday against a weekday's."""


SEED = 7
"""Of the run that the sample portfolios are told for."""


def sample_market(*, seed: int = SEED, cast: Cast = SAMPLE_ASSETS) -> Market:
    """Return the sample market; the same seed gives the same bytes everywhere.

    Args:
        seed: which run of the same market.
        cast: its assets, by id; adding or removing one changes no other asset's prices.
    """
    return _usual() if (seed, cast) == (SEED, SAMPLE_ASSETS) else _made(seed, cast)


@cache
def _usual() -> Market:
    """Return the usual sample market, the same object each time: what follows from it is kept."""
    return _made(SEED, SAMPLE_ASSETS)


def _made(seed: int, cast: Cast) -> Market:
    paths = _paths(cast, seed)
    days = tuple(LAST_DAY - timedelta(days=back) for back in reversed(range(BAR_COUNT)))
    bars = _bars(cast, paths, days, seed)
    return Market(
        as_of=AS_OF,
        currency="usd",
        assets=MappingProxyType({key: row.asset for key, row in cast.items()}),
        quotes=MappingProxyType({key: _quote(path[-1]) for key, path in paths.items()}),
        grades=MappingProxyType(sample_grades(cast, bars, seed=seed)),
        bars=bars,
        is_sample=True,
    )


def _paths(cast: Cast, seed: int) -> dict[str, Array]:
    """Return every asset's prices: one per bar and, last, the present one."""
    rows = cast.values()
    names = ["market", *sorted({row.asset.sector for row in rows})]
    factors = {name: factor(seed, f"factor:{name}", BAR_COUNT + 1) for name in names}
    free = {
        key: row.price * np.exp(log_path(row, factors, seed))
        for key, row in cast.items()
        if not is_pegged(row)
    }
    return {key: _price_path(row, free, seed) for key, row in cast.items()}


def _price_path(row: SampleAsset, free: dict[str, Array], seed: int) -> Array:
    if not is_pegged(row):
        return free[row.asset.asset_id]
    ratio = row.price * np.exp(peg_path(row, seed, BAR_COUNT + 1))
    return ratio * free[row.asset.underlying] if row.asset.underlying else ratio


def _bars(cast: Cast, paths: dict[str, Array], days: tuple[date, ...], seed: int) -> Bars:
    close = np.column_stack([path[:-1] for path in paths.values()])
    weekend = np.array([QUIET_WEEKEND if day.weekday() >= 5 else 1.0 for day in days])
    volume = np.column_stack(
        [weekend * _volume(row, paths[key], seed) for key, row in cast.items()]
    )
    for column, row in enumerate(cast.values()):
        close[: BAR_COUNT - row.days, column] = np.nan
        volume[: BAR_COUNT - row.days, column] = np.nan
    return Bars(days, tuple(paths), _as_published(close), _as_published(volume))


def _as_published(figures: Array) -> Array:
    """Round to the digits that a provider publishes, the same ones on every processor."""
    rounded = [float(f"{figure:.{DIGITS}g}") for figure in figures.ravel()]
    published = np.array(rounded).reshape(figures.shape)
    published.flags.writeable = False
    return published


def _volume(row: SampleAsset, path: Array, seed: int) -> Array:
    """Return money traded per day: more on days that move, in proportion to the size."""
    noise = generator(seed, f"volume:{row.asset.asset_id}").standard_normal(BAR_COUNT)
    moves = np.abs(np.diff(np.log(path), prepend=math.log(path[0])))[:-1] / row.volatility
    usual = (row.asset.market_cap or 0.0) * row.traded * path[:-1] / path[-1]
    return np.asarray(usual * np.exp(0.3 * noise + 0.35 * (np.minimum(moves, 3.0) - 0.7)))


def _quote(price: float) -> Quote:
    digits = max(2, 5 - math.floor(math.log10(price)))
    return Quote(Decimal(f"{price:.{digits}f}"), QUOTED_AT, SOURCE)
