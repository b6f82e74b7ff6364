"""Reads what providers say besides grades from the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portfolios.marketdata.fetch_log import FetchLog
from portfolios.model.insights import FIGURES, MOOD, OLDEST, REGIME, REPORTS, SIGNALS, Insights
from portfolios.providers import label_of
from portfolios.store.database import Database


def load_insights(database: Database, *, now: datetime) -> Insights:
    """Return what was said in the last two weeks, and by whom."""
    asked, sources = FetchLog(database), list[str]()

    def kept(name: str) -> dict[str, Any]:
        body = asked.newest_response(name)
        if body is None or now - body.fetched_at > OLDEST or not isinstance(body.content, dict):
            return {}
        sources.append(label_of(body.provider))
        return body.content

    regime, mood, reports, figures = (kept(n) for n in (REGIME, MOOD, REPORTS, FIGURES))
    share = regime.get("high_grade_pct")
    return Insights(
        regime=SIGNALS.get(regime.get("last_signal"), ""),  # type: ignore[arg-type]
        high_grade_share=None if share is None else share / 100,
        mood=_mood(mood),
        reports=reports,
        figures=figures,
        source=" and ".join(dict.fromkeys(sources)),
    )


def _mood(said: Mapping[str, Any]) -> str:
    if not said.get("label"):
        return ""
    grade = said.get("grade")
    return str(said["label"]) if grade is None else f"{said['label']}, {grade:.0f} of 100"
