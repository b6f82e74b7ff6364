"""When each trend turned, as far as it was seen: a provider tells the state and not its age.

The moment is known where the provider said that it turned, or where the state of one day differed
from that of the day before. After a gap nobody knows, and nothing is said.

For how long a trend has been bearish, or has not been, is counted from when it was first seen so,
without a gap of more than a trend may be old. What lasted is kept until the other has lasted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portfolios.model.market import SHORT_GRADE_LIMIT, TREND_LASTS
from portfolios.store.database import Database
from portfolios.values.canonical import read_utc, utc_text


@dataclass(frozen=True, slots=True)
class Trend:
    """The state of one asset's trend, and the event of the day it describes.

    Attributes:
        lasting_bearish: as in `Grade`, where the source knows; None leaves it to what is seen.
    """

    asset_id: str
    source: str
    trend: int | None
    signal: int | None
    at: datetime
    lasting_bearish: bool | None = None


LASTING = f"""
CASE WHEN julianday(turns.at) - julianday(turns.seen_since) >= {TREND_LASTS.days}
    THEN turns.trend = -1 ELSE turns.lasting_bearish END
"""
"""Whether the trend of a row of `turns` is bearish by its last state that lasted."""

_NOTE = f"""
INSERT INTO turns (asset_id, source, trend, at, since, seen_since, lasting_bearish)
    VALUES (:asset, :source, :trend, :at, CASE WHEN :signal <> 0 THEN :at END, :at, :lasting)
ON CONFLICT (asset_id, source) DO UPDATE SET
    since = CASE
        WHEN :signal <> 0 THEN excluded.at
        WHEN trend = excluded.trend THEN since
        WHEN julianday(excluded.at) - julianday(at) <= 1.5 THEN excluded.at
    END,
    lasting_bearish = COALESCE(excluded.lasting_bearish, {LASTING}),
    seen_since = CASE
        WHEN (trend = -1) <> (excluded.trend = -1) THEN excluded.at
        WHEN julianday(excluded.at) - julianday(at) > {SHORT_GRADE_LIMIT.days} THEN excluded.at
        ELSE seen_since
    END,
    trend = excluded.trend,
    at = excluded.at
    WHERE excluded.at >= at
"""  # noqa: S608


def note_turns(database: Database, trends: Iterable[Trend]) -> None:
    """Remember the states of trends, and which of them turned; an older state changes nothing."""
    for trend in trends:
        if trend.trend is not None:
            values = {
                "asset": trend.asset_id,
                "source": trend.source,
                "trend": trend.trend,
                "signal": trend.signal or 0,
                "at": utc_text(trend.at),
                "lasting": trend.lasting_bearish,
            }
            database.execute(_NOTE, values)


def turned_at(database: Database, asset_id: str, source: str, trend: int) -> datetime | None:
    """Return since when a trend is what it is; None where that was not seen."""
    row = database.row(
        "SELECT since FROM turns WHERE asset_id = ? AND source = ? AND trend = ?",
        (asset_id, source, trend),
    )
    return read_utc(row["since"]) if row is not None and row["since"] else None
