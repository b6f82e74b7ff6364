"""The daily history of one asset: closes and volumes without a missing day in between.

A history is fetched once and then grows from our own readings. The close of a day is the reading
nearest to the midnight that ends it, so one reading a day is enough, and more make it better. A
day without a reading stays unknown (NaN); nothing is ever filled in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from portfolios.marketdata.bad_prints import in_one_unit, without_spikes
from portfolios.model.market import Array, Bars
from portfolios.providers.records import Daily

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BarSeries:
    """The bars of one asset.

    Attributes:
        first_day: of the first bar; each further one is a day later.
        close: shape (T,), NaN where unknown.
        volume: money traded, shape (T,), NaN where unknown.
        last_at: the moment the last close was read; its midnight for a fetched one.
    """

    first_day: date
    close: Array
    volume: Array
    last_at: datetime

    @property
    def last_day(self) -> date:
        """The day of the last bar."""
        return self.first_day + timedelta(days=len(self.close) - 1)


def series_from(rows: Sequence[Daily]) -> BarSeries | None:
    """Return the series of fetched days, in any order, repeated or with gaps; None for none.

    Closes that are no positive numbers and bad prints are left out.
    """
    closes = {day: close for day, close, _ in rows if np.isfinite(close) and close > 0}
    if not closes:
        return None
    first, last = min(closes), max(closes)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    volumes = {day: volume for day, _, volume in rows if day in closes and volume is not None}
    close = without_spikes(np.array([closes.get(day, np.nan) for day in days]))
    volume = np.array([volumes.get(day, np.nan) for day in days])
    volume[~(volume >= 0) | np.isinf(volume)] = np.nan
    return BarSeries(first, close, volume, close_of(last))


def merged(older: BarSeries | None, newer: BarSeries) -> BarSeries:
    """Return both; where both know a day, the newer one counts."""
    if older is None:
        return newer
    first = min(older.first_day, newer.first_day)
    length = (max(older.last_day, newer.last_day) - first).days + 1
    close, volume = np.full(length, np.nan), np.full(length, np.nan)
    for series in (older, newer):
        start = (series.first_day - first).days
        place = slice(start, start + len(series.close))
        known = np.isfinite(series.close)
        close[place][known] = series.close[known]
        volume[place][known] = series.volume[known]
    last = newer if newer.last_day >= older.last_day else older
    return BarSeries(first, close, volume, last.last_at)


def with_reading(
    series: BarSeries | None, price: float, volume: float | None, at: datetime
) -> BarSeries:
    """Return the series with one reading more, as the close of the day whose end is nearest.

    A reading for a day before the last one changes nothing, nor does one that is further from
    the midnight than the reading that is known already.
    """
    day = day_of(at)
    money = np.nan if volume is None else volume
    if series is None or (day - series.last_day).days > len(series.close) + 400:
        return BarSeries(day, np.array([price]), np.array([money]), at)
    later = (day - series.last_day).days
    if later < 0 or (later == 0 and _off(at) >= _off(series.last_at)):
        return series
    length = len(series.close) + later
    close, volumes = np.full(length, np.nan), np.full(length, np.nan)
    close[: len(series.close)], volumes[: len(series.close)] = series.close, series.volume
    close[-1], volumes[-1] = price, money
    return replace(series, close=close, volume=volumes, last_at=at)


def without_future(series: BarSeries | None, now: datetime) -> BarSeries | None:
    """Return the series without days that have not come; a clock that was ahead wrote them.

    What is left ends before the present day; None where nothing is.
    """
    today = day_of(now)
    if series is None or series.last_day <= today:
        return series
    left = max(0, (today - series.first_day).days)
    if not np.isfinite(series.close[:left]).any():
        return None
    last_at = close_of(today - DAY)
    return replace(series, close=series.close[:left], volume=series.volume[:left], last_at=last_at)


def day_of(at: datetime) -> date:
    """Return the day whose closing midnight is nearest to a moment.

    >>> day_of(datetime(2026, 11, 22, 9, tzinfo=UTC)).isoformat()
    '2026-11-21'
    """
    return (at.astimezone(UTC) + DAY / 2).date() - DAY


def close_of(day: date) -> datetime:
    """Return the midnight that ends a day, in UTC."""
    return datetime.combine(day + DAY, time(), tzinfo=UTC)


def on_one_axis(series: Mapping[str, BarSeries], *, until: datetime, most_days: int) -> Bars:
    """Return many series as arrays on one axis of days, the last one closed by a moment.

    Bad prints are unknown in them, and each series is in the unit of its last close.

    Args:
        series: by asset id.
        until: bars that close later are left out.
        most_days: the longest history kept.
    """
    ids = tuple(sorted(series))
    last = min(max((series[a].last_day for a in ids), default=date.min), until.date() - DAY)
    first = min((series[a].first_day for a in ids), default=last)
    first = max(first, last - timedelta(days=most_days - 1)) if ids else first
    length = max(0, (last - first).days + 1) if ids else 0
    close, volume = np.full((length, len(ids)), np.nan), np.full((length, len(ids)), np.nan)
    for j, asset_id in enumerate(ids):
        own = series[asset_id]
        start = (own.first_day - first).days
        rows = slice(max(0, start), max(0, min(length, start + len(own.close))))
        source = slice(rows.start - start, rows.stop - start)
        if rows.start < rows.stop:
            close[rows, j], volume[rows, j] = own.close[source], own.volume[source]
    days = tuple(first + timedelta(days=i) for i in range(length))
    return Bars(days, ids, in_one_unit(without_spikes(close)), volume)


def _off(at: datetime) -> timedelta:
    return abs(at - close_of(day_of(at)))
