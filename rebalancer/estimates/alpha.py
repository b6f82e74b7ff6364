"""Expected residual returns from grades and trends: small, and smaller with age.

Alpha is volatility times information coefficient times score (Grinold 1994), less its uncertainty:
doubt makes a bet smaller and never causes a trade. Coefficients are those of a sceptic; our own
price-only grades carry none unless the user wants them used. What is missing counts for nothing: no
data is never bearish.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import numpy as np

from portfolios.model.assets import AssetKind
from portfolios.model.market import LONG_GRADE_LIMIT, SHORT_GRADE_LIMIT, Array, Market
from portfolios.model.policy import Technical
from rebalancer.estimates.per_market import places
from rebalancer.estimates.risk.model import HORIZON_DAYS, RiskModel
from rebalancer.estimates.risk.proxies import YOUNG_DAYS
from rebalancer.estimates.scores import scores_of

IC_OURS: Mapping[Technical, float] = MappingProxyType({Technical.SHOW: 0.0, Technical.USE: 0.01})
IC_VENDOR = 0.02
SHORT_DAYS = 7
SHORT_HALF_LIFE, TREND_HALF_LIFE = timedelta(days=5), timedelta(days=3)
LONG_HALF_LIFE = timedelta(days=30)
MOST_ALPHA = 0.03
RHO_QUANTILE = 0.20
YOUNG_RHO = 2.0


@dataclass(frozen=True, slots=True)
class Alpha:
    """Expected residual return per 30 days by source, shape (n,) each; 0 where nothing is known.

    Attributes:
        trend: from the trend's state.
        grade: from the short and long grades.
    """

    trend: Array
    grade: Array

    @property
    def total(self) -> Array:
        """All sources together, shape (n,)."""
        return self.trend + self.grade


def estimate_alpha(
    market: Market,
    risk: RiskModel,
    reference: Array,
    *,
    doubt: float,
    active: bool,
    technical: Technical = Technical.SHOW,
) -> Alpha:
    """Return the alpha of the assets of a risk model.

    Args:
        market: grades of everything, over which scores are ranked.
        risk: the wanted assets' own volatilities, in the order of the result.
        reference: weights over which the scores are centred, shape (n,).
        doubt: the uncertainty of any alpha, as `market_uncertainty` measures it.
        active: False gives no alpha: signals are ignored, or there is no wish to tilt.
        technical: whether our own grades count.
    """
    n = len(risk.assets)
    if not active:
        return Alpha(np.zeros(n), np.zeros(n))
    trend, grade = _parts(market, risk, reference, technical)
    total = np.abs(trend + grade)
    young = np.where(risk.history_days < YOUNG_DAYS, YOUNG_RHO, 1.0)
    rho = young * doubt
    sure = np.maximum(0.0, np.minimum(total, MOST_ALPHA) - rho)
    share = np.divide(sure, total, out=np.zeros(n), where=total > 0)
    return Alpha(trend * share, grade * share)


def _parts(
    market: Market, risk: RiskModel, reference: Array, technical: Technical
) -> tuple[Array, Array]:
    """Return the trend's and the grades' part of alpha, centred over the reference."""
    ids = risk.assets
    every, at = scores_of(market), places(market, ids)
    short, trend, long = every.short[at], every.trend[at], every.long[at]
    weight = np.where(_without_alpha(market, ids), 0.0, reference)
    week = risk.residual_daily * np.sqrt(SHORT_DAYS)
    month = risk.residual_daily * np.sqrt(HORIZON_DAYS)
    coefficient = _coefficients(market, ids, technical)
    fresh_short = _freshness(market, ids, short=True, alone=np.isnan(short))
    fresh_long = _freshness(market, ids, short=False, alone=np.zeros(len(ids), dtype=bool))
    none = _without_alpha(market, ids)
    of_trend = coefficient * fresh_short * week * 0.5 * _centred(trend, weight)
    of_short = coefficient * fresh_short * week * 0.5 * _centred(short, weight)
    of_long = coefficient * fresh_long * month * _centred(long, weight)
    return np.where(none, 0.0, of_trend), np.where(none, 0.0, of_short + of_long)


def _centred(score: Array, weight: Array) -> Array:
    """Subtract the weighted mean of the known scores; the unknown ones are zero afterwards."""
    known = np.isfinite(score)
    filled = np.where(known, score, 0.0)
    total = float(weight[known].sum())
    mean = float((weight * filled).sum()) / total if total > 0 else 0.0
    centred: Array = np.where(known, filled - mean, 0.0)
    return centred


def _without_alpha(market: Market, ids: Sequence[str]) -> Array:
    """Tell which assets carry no alpha: stablecoins, and what the market does not know."""
    found: Array = np.array(
        [a not in market.assets or market.assets[a].kind is AssetKind.STABLE for a in ids],
        dtype=bool,
    )
    return found


def _coefficients(market: Market, ids: Sequence[str], technical: Technical) -> Array:
    grades = [market.grades.get(asset_id) for asset_id in ids]
    known = [None if g is None else IC_OURS[technical] if g.is_ours else IC_VENDOR for g in grades]
    return np.array([ic or 0.0 for ic in known])


def _freshness(market: Market, ids: Sequence[str], *, short: bool, alone: Array) -> Array:
    """Return how much of each grade is left at its age; 0 past the limit or without a date."""
    limit = SHORT_GRADE_LIMIT if short else LONG_GRADE_LIMIT
    out = np.zeros(len(ids))
    for i, asset_id in enumerate(ids):
        grade = market.grades.get(asset_id)
        at: datetime | None = (grade.short_at if short else grade.long_at) if grade else None
        if at is None or market.age(at) > limit:
            continue
        half_life = (TREND_HALF_LIFE if alone[i] else SHORT_HALF_LIFE) if short else LONG_HALF_LIFE
        out[i] = 0.5 ** (market.age(at) / half_life)
    return out


def market_uncertainty(market: Market, everything: RiskModel, technical: Technical) -> float:
    """Return the uncertainty of any alpha: a low quantile of their size over the graded market."""
    graded = [i for i, asset_id in enumerate(everything.assets) if asset_id in market.grades]
    equal = np.zeros(len(everything.assets))
    equal[graded] = 1.0
    trend, grade = _parts(market, everything, equal, technical)
    sizes = np.abs(trend + grade)[graded]
    sizes = sizes[sizes > 0]
    return float(np.quantile(np.minimum(sizes, MOST_ALPHA), RHO_QUANTILE)) if len(sizes) else 0.0
