"""Our own grade of one asset, made from its price scores; labelled as ours wherever it goes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np

from portfolios.model.market import Array, Grade
from portfolios.providers.technical.lasting import lasting_bearish
from portfolios.providers.technical.price_scores import PriceScores

OURS = "technical"


def closed_at(day: date) -> datetime:
    """Return the moment of a day's close: the midnight after it, in UTC.

    >>> closed_at(date(2026, 11, 21)).isoformat()
    '2026-11-22T00:00:00+00:00'
    """
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=UTC)


def own_grade(scores: PriceScores, days: tuple[date, ...], column: int) -> Grade:
    """Return the newest grade of one column; None and undecided where history is too short.

    A grade bears the moment of the last close it rests on; the signal speaks of the last bar.
    """
    short, short_at = _newest(scores.short[:, column], days)
    long, long_at = _newest(scores.long[:, column], days)
    trend = scores.trend[:, column]
    flipped = len(trend) > 1 and trend[-1] != trend[-2]
    return Grade(
        source=OURS,
        short=short,
        long=long,
        trend=int(trend[-1]),
        signal=int(trend[-1]) if flipped else 0,
        short_at=short_at,
        long_at=long_at,
        kind=OURS,
        lasting_bearish=lasting_bearish(trend),
    )


def _newest(series: Array, days: tuple[date, ...]) -> tuple[float | None, datetime | None]:
    rows = np.flatnonzero(~np.isnan(series))
    if not len(rows):
        return None, None
    return round(float(series[rows[-1]]), 2), closed_at(days[rows[-1]])
