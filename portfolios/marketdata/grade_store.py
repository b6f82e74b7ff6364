"""Keeps grades in the database, each beside the definition it follows.

Two definitions of a grade differ in level and spread, so they are never ranked together: from
each source one definition a horizon is taken for the whole market, the one that most assets have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from portfolios.marketdata.trend_turns import LASTING, Trend, note_turns
from portfolios.model.market import LONG_GRADE_LIMIT, SHORT_GRADE_LIMIT, Grade
from portfolios.store.database import Database, Row
from portfolios.values.canonical import read_utc, utc_text

SHORT, LONG = "short", "long"
OURS = "technical"
LIMITS: Mapping[str, timedelta] = {SHORT: SHORT_GRADE_LIMIT, LONG: LONG_GRADE_LIMIT}

_SAVE_SCORE = """
INSERT INTO grades (asset_id, source, grade_kind, horizon, score, at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (asset_id, source, grade_kind, horizon) DO UPDATE
    SET score = excluded.score, at = excluded.at WHERE excluded.at >= at
"""
_SAVE_TREND = """
INSERT INTO trends (asset_id, source, trend, signal, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (asset_id, source) DO UPDATE
    SET trend = excluded.trend, signal = excluded.signal, at = excluded.at
    WHERE excluded.at >= at
"""
_TRENDS = f"""
SELECT trends.*, {LASTING} AS lasting_bearish
FROM trends LEFT JOIN turns USING (asset_id, source)
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Score:
    """One grade of one asset.

    Attributes:
        source: who gave it.
        kind: the definition it follows, such as `tm_trader`.
        horizon: `short` or `long`.
        score: 0 to 100.
        at: the moment it describes.
    """

    asset_id: str
    source: str
    kind: str
    horizon: str
    score: float
    at: datetime


class GradeStore:
    """Grades and trends of all sources."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def save(self, scores: Iterable[Score], trends: Iterable[Trend] = ()) -> None:
        """Save grades and trends; an older one never replaces a newer one."""
        states = list(trends)
        with self.database.transaction():
            for score in scores:
                self.database.execute(
                    _SAVE_SCORE,
                    (
                        score.asset_id,
                        score.source,
                        score.kind,
                        score.horizon,
                        score.score,
                        utc_text(score.at),
                    ),
                )
            for trend in states:
                self.database.execute(
                    _SAVE_TREND,
                    (trend.asset_id, trend.source, trend.trend, trend.signal, utc_text(trend.at)),
                )
            note_turns(self.database, states)

    def save_ours(self, grades: Mapping[str, Grade]) -> None:
        """Save our own grades, in place of the earlier ones."""
        with self.database.transaction():
            for table in ("grades", "trends"):
                self.database.execute(f"DELETE FROM {table} WHERE source = ?", (OURS,))  # noqa: S608
            self.save(_scores_of(grades), _trends_of(grades))

    def grades(self, *, as_of: datetime) -> dict[str, Grade]:
        """Return one grade an asset: the vendor's while it is fresh enough to be used, else ours.

        Each definition stands in `Grade.kind`; all vendor grades of one market share it.
        """
        scores = self.database.rows("SELECT * FROM grades ORDER BY asset_id")
        fresh = [row for row in scores if _age(row, as_of) <= LIMITS[row["horizon"]]]
        trends = self._trends(as_of)
        found: dict[str, Grade] = {}
        for source in sorted({row["source"] for row in fresh}, key=lambda name: name != OURS):
            own = [row for row in fresh if row["source"] == source]
            found |= _grades_of(source, own, trends)  # ours come first, and the vendor's over them
        return dict(sorted(found.items()))

    def _trends(self, as_of: datetime) -> dict[tuple[str, str], Row]:
        """Return the trends young enough to be used; they age by themselves, not with a grade."""
        rows = self.database.rows(_TRENDS)
        fresh = [row for row in rows if _age(row, as_of) <= LIMITS[SHORT]]
        return {(row["asset_id"], row["source"]): row for row in fresh}


def _grades_of(
    source: str, rows: list[Row], trends: Mapping[tuple[str, str], Row]
) -> dict[str, Grade]:
    kinds = {horizon: _commonest(rows, horizon) for horizon in (SHORT, LONG)}
    chosen = [row for row in rows if row["grade_kind"] == kinds[row["horizon"]]]
    by_asset: dict[str, dict[str, Row]] = {}
    for row in chosen:
        by_asset.setdefault(row["asset_id"], {})[row["horizon"]] = row
    kind = "+".join(dict.fromkeys(name for name in kinds.values() if name))
    return {
        asset_id: _grade(
            source, kind, own.get(SHORT), own.get(LONG), trends.get((asset_id, source))
        )
        for asset_id, own in by_asset.items()
    }


def _grade(source: str, kind: str, short: Row | None, long: Row | None, trend: Row | None) -> Grade:
    return Grade(
        source=source,
        short=short["score"] if short else None,
        long=long["score"] if long else None,
        trend=trend["trend"] if trend else None,
        signal=trend["signal"] if trend else None,
        short_at=_at(short) or _at(trend),
        long_at=_at(long),
        kind=kind,
        lasting_bearish=_lasting(trend),
    )


def _lasting(trend: Row | None) -> bool | None:
    if trend is None or trend["lasting_bearish"] is None:
        return None
    return bool(trend["lasting_bearish"])


def _commonest(rows: list[Row], horizon: str) -> str:
    """Return the definition that most assets have, the first by name among equals."""
    counts = Counter(row["grade_kind"] for row in rows if row["horizon"] == horizon)
    return min(counts, key=lambda kind: (-counts[kind], kind), default="")


def _age(row: Row, as_of: datetime) -> timedelta:
    return as_of - read_utc(row["at"])


def _at(row: Row | None) -> datetime | None:
    return read_utc(row["at"]) if row else None


def _scores_of(grades: Mapping[str, Grade]) -> Iterable[Score]:
    for asset_id, grade in grades.items():
        for horizon, score, at in (
            (SHORT, grade.short, grade.short_at),
            (LONG, grade.long, grade.long_at),
        ):
            if score is not None and at is not None:
                yield Score(asset_id, OURS, grade.kind or OURS, horizon, float(score), at)


def _trends_of(grades: Mapping[str, Grade]) -> Iterable[Trend]:
    for asset_id, grade in grades.items():
        if grade.short_at is not None:
            yield Trend(
                asset_id, OURS, grade.trend, grade.signal, grade.short_at, grade.lasting_bearish
            )
