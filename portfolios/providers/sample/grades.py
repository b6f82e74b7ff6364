"""Grades of the sample market: a made-up vendor's, and ours for what it does not cover.

The vendor's short grade follows how the price did, plus an opinion of its own that changes
slowly; its trend is the state the last signal left, so a signal and a change of trend are one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from portfolios.model.assets import AssetKind
from portfolios.model.market import Array, Bars, Grade
from portfolios.providers.sample.assets import Cast, SampleAsset
from portfolios.providers.sample.paths import generator, remembering
from portfolios.providers.technical.lasting import lasting_bearish
from portfolios.providers.technical.own_grade import closed_at, own_grade
from portfolios.providers.technical.price_scores import DOWN, UP, PriceScores, price_scores

VENDOR = "sample"
LONG_LAG = timedelta(days=3)
"""The vendor looks at the months ahead less often."""
FOLLOWS, OPINION, OPINION_MEMORY = 0.85, 6.0, 0.93
"""How far the vendor follows the price scores, by how many points it differs, how stubbornly."""
LOWEST, HIGHEST = 5.0, 95.0
NARROW, LEANING = 14.0, 4.0
"""Points of the long grade that follow the price, and that are opinion, around 50."""


def sample_grades(cast: Cast, bars: Bars, *, seed: int) -> dict[str, Grade]:
    """Grade the assets of the sample market at the last close of its bars.

    Stablecoins have no grade, nor has an asset whose history says nothing yet.
    """
    scores = price_scores(bars.close, bars.volume)
    moment = closed_at(bars.days[-1])
    rows = [(i, cast[asset_id]) for i, asset_id in enumerate(bars.asset_ids)]
    found = {
        row.asset.asset_id: _vendors(row, scores, i, moment, seed)
        if row.graded
        else own_grade(scores, bars.days, i)
        for i, row in rows
        if row.asset.kind is not AssetKind.STABLE
    }
    return {asset_id: grade for asset_id, grade in found.items() if grade.short is not None}


def vendor_series(row: SampleAsset, price_score: Array, seed: int) -> Array:
    """Return the vendor's short grade, 0-100, on each day of a history, shape (T,).

    NaN while it says nothing, as is `price_score`, our own score of the same days.
    """
    subject = row.asset.underlying or row.asset.asset_id
    noise = generator(seed, f"grade:{subject}").standard_normal(len(price_score))
    opinion = OPINION * remembering(noise, OPINION_MEMORY)
    grade = 50.0 + FOLLOWS * (price_score - 50.0) + opinion
    return np.clip(grade, LOWEST, HIGHEST).round(2)


def vendor_trend(grades: Array) -> tuple[int, int]:
    """Return the last state and event of a grade's history, shape (T,), NaN where it had none."""
    trend = vendor_states(grades)
    flipped = len(trend) > 1 and trend[-1] != trend[-2]
    return int(trend[-1]), int(trend[-1]) if flipped else 0


def vendor_states(grades: Array) -> Array:
    """Return the trend on each day that has a grade: up at 60, down at 40, else as it was.

    Before the first event the side of 50 decides.
    """
    known = grades[~np.isnan(grades)]
    states = np.where(known >= UP, 1, np.where(known <= DOWN, -1, 0))
    states[0] = states[0] or (1 if known[0] >= 50.0 else -1)
    last = np.maximum.accumulate(np.where(states != 0, np.arange(len(states)), 0))
    return np.asarray(states[last])


def _vendors(
    row: SampleAsset, scores: PriceScores, column: int, moment: datetime, seed: int
) -> Grade:
    short = vendor_series(row, scores.short[:, column], seed)
    trend, signal = vendor_trend(short)
    return Grade(
        source=VENDOR,
        short=float(short[-1]),
        long=_vendors_long(row, scores.long[:, column], seed),
        trend=trend,
        signal=signal,
        short_at=moment,
        long_at=moment - LONG_LAG,
        kind="sample_vendor",
        lasting_bearish=lasting_bearish(vendor_states(short)),
    )


def _vendors_long(row: SampleAsset, price_score: Array, seed: int) -> float:
    subject = row.asset.underlying or row.asset.asset_id
    opinion = generator(seed, f"outlook:{subject}").standard_normal()
    seen = price_score[-1 - LONG_LAG.days]
    lean = NARROW * (seen / 50.0 - 1.0) + LEANING * opinion
    return round(50.0 + float(np.clip(lean, -15.0, 15.0)), 2)
