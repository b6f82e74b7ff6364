"""Rules about sectors: their caps, their share of the risk, and how broadly they point down."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from portfolios.model.dwell import Dwell
from portfolios.model.market import SHORT_GRADE_LIMIT, Array
from portfolios.model.plan import Finding, Scope
from portfolios.model.policy import BREACH
from portfolios.values import display
from rebalancer.zones.asset_rules import risk_shares
from rebalancer.zones.rule import (
    LEFT_LIMIT,
    Exit,
    Levels,
    Rule,
    at_ease,
    judged,
    unknown,
    unless_missing,
)
from rebalancer.zones.situation import Held, Situation

NO_LIMIT = 1.0


class SectorCap(Rule):
    """S1: a sector above its cap, stated or by default."""

    key, code, scope, importance = "sector_cap", "S1", Scope.SECTOR, 1.0
    exit_amber, exit_red = LEFT_LIMIT, Exit(scale=1.0, shift=-0.02)
    red = 0.10

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every sector."""
        weights = situation.limits.M.T @ situation.w
        for j, sector in enumerate(situation.limits.sector_names):
            cap = float(situation.limits.S_hi[j])
            levels = self._levels(cap)
            bound = f"limit {display.limit(cap)}" if cap < NO_LIMIT else "no limit"
            text = f"{display.percent(weights[j])} of the portfolio, {bound}"
            finding = judged(self, sector, float(weights[j]), levels, text)
            missing = situation.missing_in(j) if cap < NO_LIMIT else ()
            yield unless_missing(self, finding, missing)

    def _levels(self, cap: float) -> Levels:
        if cap >= NO_LIMIT:
            return Levels(0.0, None)
        return Levels(0.8 * cap, cap + BREACH, cap + self.red, beyond=True)


class SectorRisk(Rule):
    """S2: a sector that carries far more risk than money, counted among the risky assets."""

    key, code, scope, importance = "sector_risk", "S2", Scope.SECTOR, 0.8
    exit_amber, exit_red = Exit(scale=1.0, shift=-0.015), Exit(scale=1.0, shift=-0.03)
    amber, red = 0.10, 0.20

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every sector."""
        shares, money = risk_shares(situation)
        risk, part = situation.limits.M.T @ shares, situation.limits.M.T @ money
        for j, sector in enumerate(situation.limits.sector_names):
            if not part[j] > 0 and not situation.missing_in(j):
                yield at_ease(self, sector, "no risky money is in it")
                continue
            if not np.isfinite(risk[j]):
                yield unknown(self, sector, "its risk is not estimated")
                continue
            own = float(part[j])
            text = (
                f"{display.percent(risk[j])} of the risk from {display.percent(own)}"
                " of the risky money"
            )
            levels = Levels(own, own + self.amber, own + self.red)
            finding = judged(self, sector, float(risk[j]), levels, text)
            yield unless_missing(self, finding, situation.missing_in(j))


class SectorBreadth(Rule):
    """S3: nearly all of a sector in a bearish trend, and more of it than of the portfolio."""

    key, code, scope, importance = "sector_breadth", "S3", Scope.SECTOR, 0.8
    exit_amber = Exit(scale=1.0, shift=-0.10)
    dwell = Dwell(amber=3)
    amber, above_portfolio, fewest = 0.75, 0.25, 3

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every sector; fewer than three members never alarm."""
        bearish, blind = _trends(situation)
        risky = np.where(situation.risky & situation.listed, situation.w, 0.0)
        whole = _share(risky, bearish)
        for j, sector in enumerate(situation.limits.sector_names):
            members = risky * situation.limits.M[:, j]
            if np.count_nonzero(members) < self.fewest:
                text = f"fewer than {self.fewest} assets with a trend are held"
                yield at_ease(self, sector, text)
                continue
            yield self._judged(sector, members, bearish, blind, whole)

    def _judged(
        self, sector: str, members: Array, bearish: Array, blind: Array, whole: float
    ) -> Finding:
        levels = Levels(whole, max(self.amber, whole + self.above_portfolio))
        share, most = _share(members, bearish), _share(members, bearish + blind)
        if levels.zone(share) is not levels.zone(most):
            return unknown(
                self, sector, f"trends are missing for {display.percent(most - share)} of it"
            )
        text = (
            f"{display.percent(share)} of it in a bearish trend,"
            f" against {display.percent(whole)} of the whole portfolio"
        )
        return judged(self, sector, share, levels, text)


def _trends(situation: Situation) -> tuple[Array, Array]:
    """Return 1 for what is bearish, and 1 for what has no usable trend, shape (n,) each."""
    bearish, blind = np.zeros(len(situation.w)), np.zeros(len(situation.w))
    for held in situation.held:
        trend = _trend(situation, held)
        bearish[held.i], blind[held.i] = float(trend == -1), float(trend is None)
    return bearish, blind


def _trend(situation: Situation, held: Held) -> int | None:
    grade = situation.market.grades.get(held.asset_id)
    if grade is None or grade.short_at is None:
        return None
    return grade.trend if situation.market.age(grade.short_at) <= SHORT_GRADE_LIMIT else None


def _share(money: Array, chosen: Array) -> float:
    total = float(money.sum())
    return float(money @ chosen) / total if total > 0 else 0.0
