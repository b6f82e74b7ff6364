"""Grades and trends of a whole market as comparable scores; NaN where nothing is known.

Scores are ranked over the market and never over one portfolio, and only among grades of the same
source and definition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from portfolios.model.assets import AssetKind
from portfolios.model.market import SHORT_GRADE_LIMIT, Array, Grade, Market
from portfolios.model.policy import Technical
from rebalancer.estimates.per_market import columns, per_market

MANY = 30
"""From so many graded assets on, ranks say more than the grades' own scale."""
MOST_SCORE = 2.0
NEUTRAL, SCALE = 50.0, 20.0

Pick = Callable[[Grade], float | int | None]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of everything in a market, in its `columns`, NaN without the figure.

    Attributes:
        short, long: by rank or scale.
        trend: brought to unit variance.
    """

    short: Array
    trend: Array
    long: Array


@per_market
def scores_of(market: Market) -> Scores:
    """Return the scores of a market's grades."""
    return Scores(
        short=_scores(market, lambda grade: grade.short),
        trend=_scores(market, lambda grade: grade.trend, ranked=False),
        long=_scores(market, lambda grade: grade.long),
    )


def _scores(market: Market, pick: Pick, *, ranked: bool = True) -> Array:
    groups: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for asset_id, grade in market.grades.items():
        figure = pick(grade)
        if figure is not None:
            groups[(grade.source, grade.kind)][asset_id] = float(figure)
    found: dict[str, float] = {}
    for group in groups.values():
        ids = sorted(group)
        values = np.array([group[asset_id] for asset_id in ids])
        scored = grade_scores(values) if ranked else trend_scores(values)
        found.update(zip(ids, scored.tolist(), strict=True))
    return np.array([found.get(asset_id, np.nan) for asset_id in columns(market)])


def grade_scores(values: Array) -> Array:
    """Return normal quantiles of the mid-ranks, or for few values their distance from 50.

    Grades from 0 to 100, shape (m,), become scores around 0 of the same shape.

    >>> grade_scores(np.array([50.0, 70.0, 10.0])).tolist()
    [0.0, 1.0, -2.0]
    """
    n = len(values)
    if n < MANY:
        return np.asarray(np.clip((values - NEUTRAL) / SCALE, -MOST_SCORE, MOST_SCORE))
    low = np.searchsorted(np.sort(values), values, side="left")
    high = np.searchsorted(np.sort(values), values, side="right")
    share = ((low + high + 1) / 2.0 - 0.5) / n  # ties share their middle rank
    normal = NormalDist()
    quantiles = np.array([normal.inv_cdf(float(p)) for p in share])
    return np.asarray(np.clip(quantiles, -MOST_SCORE, MOST_SCORE))


def trend_scores(values: Array) -> Array:
    """Return trends, shape (m,), brought to unit variance over the market where there are many."""
    spread = float(values.std())
    if len(values) < MANY or spread == 0:
        return values
    scaled: Array = np.clip(values / spread, -MOST_SCORE, MOST_SCORE)
    return scaled


def acts_bearish(market: Market, asset_id: str, technical: Technical) -> bool:
    """Tell whether a bearish trend moves weights: one that is bearish and has lasted."""
    grade = trend_that_acts(market, asset_id, technical)
    return grade is not None and grade.trend == -1 and grade.lasting_bearish is True


def turned_lately(market: Market, asset_id: str, technical: Technical) -> bool:
    """Tell whether a trend is bearish, or is not, for too short a time to trade for it.

    So no flip takes trades back within two weeks. What was not seen for so long is such a turn
    where it is bearish; else nothing would be done for it anyway.
    """
    grade = trend_that_acts(market, asset_id, technical)
    return grade is not None and (grade.trend == -1) is not bool(grade.lasting_bearish)


def trend_that_acts(market: Market, asset_id: str, technical: Technical) -> Grade | None:
    """Return the grade of an asset whose trend may move weights; None where none may.

    A trend without a date or past its age is not known, and what is not known is never bearish. A
    stablecoin has no trend that means anything; our own acts only where the user says so.
    """
    asset, grade = market.assets.get(asset_id), market.grades.get(asset_id)
    if grade is None or grade.trend is None or grade.short_at is None:
        return None
    if asset is not None and asset.kind is AssetKind.STABLE:
        return None
    if grade.is_ours and technical is Technical.SHOW:
        return None
    return grade if market.age(grade.short_at) <= SHORT_GRADE_LIMIT else None
