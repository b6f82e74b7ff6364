"""Rules about how much of something is held: trend, risk share, weight, liquidity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from portfolios.model.dwell import Dwell
from portfolios.model.market import SHORT_GRADE_LIMIT, Array, Grade
from portfolios.model.measures import risk_contributions
from portfolios.model.plan import FLAGGED, Finding, Scope
from portfolios.model.policy import BREACH, Signals
from portfolios.values import display
from rebalancer.estimates.liquidity import FEWEST_VOLUMES, tradable_a_day, volumes_known
from rebalancer.zones.price_history import Fall
from rebalancer.zones.rule import LEFT_LIMIT, Exit, Levels, Rule, judged, unknown, unpriced
from rebalancer.zones.situation import Held, Situation

NO_LIMIT = 1.0


class BearishWeight(Rule):
    """H1: a bearish trend on a large holding; red only while the price falls hard."""

    key, code, scope, importance = "bearish_weight", "H1", Scope.ASSET, 1.0
    dwell, dwell_of_ours = Dwell(amber=1), Dwell(amber=3)
    amber, red = 0.05, 0.10
    falling, least_fall, falling_still = 1.5, 0.15, 0.75

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every listed holding that is no stablecoin."""
        drop = situation.drop
        for held in situation.held:
            if held.is_stable or not held.is_listed:
                continue
            grade = situation.market.grades.get(held.asset_id)
            why = _trend_unknown(grade, situation)
            if held.unpriced or grade is None or why:
                yield unpriced(self, held) if held.unpriced else unknown(self, held.asset_id, why)
                continue
            finding = self._judged(situation, held, grade, drop)
            yield replace(finding, dwell=self.dwell_of_ours) if grade.is_ours else finding

    def _judged(self, situation: Situation, held: Held, grade: Grade, drop: Fall) -> Finding:
        bearish = held.weight if grade.trend == -1 else 0.0
        falls = bearish > 0 and drop.reaches(held.i, self.falling, self.least_fall)
        text = "no bearish trend"
        if bearish:
            text = f"bearish trend on {display.percent(bearish)} of the portfolio"
            text += f", down {display.percent(drop.loss[held.i])} in three days" if falls else ""
            text += _not_sold(situation) if bearish > self.amber else ""
        levels = Levels(0.0, self.amber, self.red if falls else None, beyond=True)
        falls_still = bearish > 0 and drop.reaches(held.i, self.falling_still, 0.0)
        left = levels._replace(red=self.red if falls_still else None)
        return judged(
            self, held.asset_id, bearish, levels, text, weight=held.stake,
            leaving=left.left_at(self.exit_amber, self.exit_red),
        )  # fmt: skip


class RiskShare(Rule):
    """H5: a holding that carries far more risk than money, counted among the risky assets.

    Shares are of the risky money: beside much cash, any coin carries all the risk.
    """

    key, code, scope, importance = "risk_share", "H5", Scope.ASSET, 0.8
    amber, red = 0.15, 0.30
    amber_ratio, red_ratio = 1.5, 2.0

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every holding that is no stablecoin."""
        shares, money = risk_shares(situation)
        for held in situation.held:
            if held.is_stable:
                continue
            if held.unpriced:
                yield unpriced(self, held)
                continue
            share, part = float(shares[held.i]), float(money[held.i])
            if not np.isfinite(share):
                yield unknown(self, held.asset_id, "its risk is not estimated")
                continue
            levels = Levels(
                part, max(self.amber, self.amber_ratio * part), max(self.red, self.red_ratio * part)
            )
            text = (
                f"{display.percent(share)} of the risk from {display.percent(part)}"
                " of the risky money"
            )
            yield judged(self, held.asset_id, share, levels, text, weight=held.stake)


class SingleWeight(Rule):
    """H6: a holding above its cap, stated or by default."""

    key, code, scope, importance = "single_weight", "H6", Scope.ASSET, 1.0
    exit_amber, exit_red = LEFT_LIMIT, Exit(scale=1.15 / 1.25)
    red = 1.25

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every holding."""
        for held in situation.held:
            if held.unpriced:
                yield unpriced(self, held)
                continue
            cap = float(situation.limits.w_max[held.i])
            bound = f"limit {display.limit(cap)}" if cap < NO_LIMIT else "no limit"
            text = f"{display.percent(held.weight)} of the portfolio, {bound}"
            levels = self._levels(cap)
            yield judged(self, held.asset_id, held.weight, levels, text, weight=held.stake)

    def _levels(self, cap: float) -> Levels:
        if cap >= NO_LIMIT:
            return Levels(0.0, None)
        amber = cap + BREACH
        return Levels(0.8 * cap, amber, max(self.red * cap, amber + BREACH), beyond=True)


class Liquidity(Rule):
    """H7: days to sell a holding at a tenth of the daily volume (median of 30 days)."""

    key, code, scope, importance = "liquidity", "H7", Scope.ASSET, 1.0
    needs_total = False
    amber, red = 1.0, 5.0

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every listed holding."""
        market, asset_ids = situation.market, situation.valuation.asset_ids
        daily, known = tradable_a_day(market, asset_ids), volumes_known(market, asset_ids)
        value = float(situation.valuation.value)
        for held in situation.held:
            if not held.is_listed:
                continue
            if held.unpriced:
                yield unpriced(self, held)
                continue
            if known[held.i] < FEWEST_VOLUMES:
                yield unknown(self, held.asset_id, f"volume known for {known[held.i]} of 30 days")
                continue
            levels = Levels(0.0, self.amber, self.red, beyond=True)
            days = held.weight * value / float(daily[held.i])
            text = f"selling it takes {_days(days)} at a tenth of the daily volume"
            yield judged(self, held.asset_id, days, levels, text, weight=held.stake)


def risk_shares(situation: Situation) -> tuple[Array, Array]:
    """Return each asset's share of the risk of the risky money, and of that money, shape (n,) each.

    Stablecoins are in neither: both are shares of the same whole, zeros where it is nothing.
    """
    money = np.where(situation.risky, situation.w, 0.0)
    total = float(money.sum())
    if total <= 0:
        return money, money
    return risk_contributions(money, situation.covariance), money / total


def _trend_unknown(grade: Grade | None, situation: Situation) -> str:
    if grade is None or grade.trend is None:
        return "no trend is known"
    if grade.short_at is None:
        return "the trend has no date"
    age = situation.market.age(grade.short_at)
    return f"the trend is {age.days} days old" if age > SHORT_GRADE_LIMIT else ""


def _not_sold(situation: Situation) -> str:
    signals = situation.policy.signals_in_force
    if signals in (Signals.TRIM, Signals.FOLLOW):
        return ""
    return f"; {FLAGGED}with signals = {signals.value} a trend alone sells nothing"


def _days(days: float) -> str:
    if days < 0.1:
        return "less than 0.1 days"
    return f"{days:,.1f} days" if days < 100 else f"{days:,.0f} days"
