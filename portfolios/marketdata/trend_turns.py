"""When each trend turned, as far as it was seen: a provider tells the state and not its age.

The moment is known where the provider said that it turned, or where the state of one day differed
from that of the day before. After a gap nobody knows, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portfolios.store.database import Database
from portfolios.values.canonical import read_utc, utc_text


@dataclass(frozen=True, slots=True)
class Trend:
    """The state of one asset's trend, and the event of the day it describes."""

    asset_id: str
    source: str
    trend: int | None
    signal: int | None
    at: datetime


_NOTE = """
INSERT INTO turns (asset_id, source, trend, at, since)
    VALUES (:asset, :source, :trend, :at, CASE WHEN :signal <> 0 THEN :at END)
ON CONFLICT (asset_id, source) DO UPDATE SET
    since = CASE
        WHEN :signal <> 0 THEN excluded.at
        WHEN trend = excluded.trend THEN since
        WHEN julianday(excluded.at) - julianday(at) <= 1.5 THEN excluded.at
    END,
    trend = excluded.trend,
    at = excluded.at
    WHERE excluded.at >= at
"""


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
            }
            database.execute(_NOTE, values)


def turned_at(database: Database, asset_id: str, source: str, trend: int) -> datetime | None:
    """Return since when a trend is what it is; None where that was not seen."""
    row = database.row(
        "SELECT since FROM turns WHERE asset_id = ? AND source = ? AND trend = ?",
        (asset_id, source, trend),
    )
    return read_utc(row["since"]) if row is not None and row["since"] else None
