"""What a provider says besides grades: the state and mood of the market, reports, risk figures.

Nothing here moves a weight. It is told with its source and age, and not at all once it is old.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from portfolios.values.display import TREND_WORDS

REGIME, MOOD, REPORTS, FIGURES = "regime", "sentiment", "reports", "risk figures"
"""The names under which the answers are kept."""
OLDEST = timedelta(days=14)
"""Twice the week after which they are asked for again."""
SIGNALS = {**TREND_WORDS, 0: "neutral"}


@dataclass(frozen=True, slots=True)
class Insights:
    """What is known and young enough to be told.

    Attributes:
        regime: the provider's last signal for the whole market, in a word; empty when unknown.
        high_grade_share: of coins that it grades high, as a fraction; None when unknown.
        mood: label and grade from 0 to 100; empty when unknown.
        reports: asset id -> one line of the provider's report.
        figures: asset id -> figure -> value, as the provider computes them over all its data.
        source: who says all this, as written for people.
    """

    regime: str = ""
    high_grade_share: float | None = None
    mood: str = ""
    reports: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    source: str = ""
