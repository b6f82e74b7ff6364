"""Rules about what prices do, and how old they are: falls, shocks, regimes, pegs, ages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from portfolios.model.dwell import Dwell
from portfolios.model.market import (
    LONG_GRADE_AMBER,
    LONG_GRADE_LIMIT,
    PRICE_AMBER,
    PRICE_LIMIT,
    SHORT_GRADE_AMBER,
    SHORT_GRADE_LIMIT,
    STATED_PRICE_AMBER,
    STATED_PRICE_LIMIT,
    Grade,
)
from portfolios.model.plan import Finding, Scope
from portfolios.values import display
from rebalancer.estimates.pegs import STABLE_AMBER, STABLE_RED, gap_of, has_peg
from rebalancer.zones.price_history import Fall
from rebalancer.zones.rule import Exit, Levels, Rule, judged, unknown
from rebalancer.zones.situation import Held, Situation


class Drawdown(Rule):
    """H3: a fall from the 90-day peak that is large for the asset's own volatility.

    For a driftless Brownian motion the levels are passed on 10% and 2% of days. The value is the
    fall itself; the thresholds are those of the asset, in the same unit.
    """

    key, code, scope, importance = "drawdown", "H3", Scope.ASSET, 1.0
    needs_total = False
    amber, red = 1.65, 2.33
    least_amber, least_red = 0.15, 0.25

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every listed holding that is no stablecoin."""
        fall = situation.history.fall
        for held in _with_prices(situation):
            if not fall.is_known(held.i):
                yield unknown(self, held.asset_id, _no_history(held))
                continue
            loss = float(fall.loss[held.i])
            text = f"{display.percent(loss)} below its 90-day peak"
            yield judged(
                self, held.asset_id, loss, levels_of(self, fall, held.i), text, weight=held.stake
            )


class Shock(Rule):
    """H11: a fall within three days that is large for the asset's own volatility."""

    key, code, scope, importance = "shock", "H11", Scope.ASSET, 0.8
    needs_total = False
    dwell = Dwell(amber=1, interrupts=True)
    amber, red = 2.5, 4.0
    least_amber, least_red = 0.15, 0.25

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every listed holding that is no stablecoin."""
        fall = situation.drop
        for held in _with_prices(situation):
            if not fall.is_known(held.i):
                yield unknown(self, held.asset_id, _no_history(held))
                continue
            loss = float(fall.loss[held.i])
            text = f"{moved(loss)} in three days"
            yield judged(
                self, held.asset_id, loss, levels_of(self, fall, held.i), text, weight=held.stake
            )


class VolatilityRegime(Rule):
    """H4: volatility well above its usual level (half-lives of 10 and 90 days)."""

    key, code, scope, importance = "volatility_regime", "H4", Scope.ASSET, 0.8
    needs_total = False
    amber, red = 1.4, 2.0

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every listed holding that is no stablecoin."""
        ratios = situation.history.regime
        for held in _with_prices(situation):
            ratio = float(ratios[held.i])
            if not np.isfinite(ratio):
                yield unknown(self, held.asset_id, _no_history(held))
                continue
            text = f"volatility at {ratio:.2f} times its usual level"
            levels = Levels(1.0, self.amber, self.red)
            yield judged(self, held.asset_id, ratio, levels, text, weight=held.stake)


class Depeg(Rule):
    """H8: a stablecoin away from its peg, or a wrapped coin below what it stands for.

    One aggregated price is one observation; that two of them agree is asked by those who tell.
    """

    key, code, scope, importance = "depeg", "H8", Scope.ASSET, 1.2
    needs_total = False
    dwell = Dwell(amber=1, interrupts=True)
    exit_amber, exit_red = Exit(scale=0.6), Exit(scale=0.6)
    amber, red = STABLE_AMBER, STABLE_RED

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every holding that stands for something else."""
        for held in situation.held:
            if not has_peg(held.position.asset):
                continue
            gap = held.unpriced or gap_of(situation.market, held.position.asset)
            if isinstance(gap, str):
                yield unknown(self, held.asset_id, gap)
                continue
            levels = Levels(0.0, gap.amber, gap.red)
            yield judged(self, held.asset_id, gap.away, levels, gap.text, weight=held.stake)


class Stale(Rule):
    """H10: a price or grade that grew old; past its limit it is unknown, not red.

    The value is the age in hours of whatever is oldest for its kind.
    """

    key, code, scope, importance = "stale", "H10", Scope.ASSET, 0.8
    needs_total = False
    dwell = Dwell(amber=1, interrupts=True)

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge every holding."""
        for held in situation.held:
            if held.unpriced:
                yield unknown(self, held.asset_id, held.unpriced)
                continue
            undated = _undated(situation, held)
            if undated:
                yield unknown(self, held.asset_id, f"the {undated} has no date")
                continue
            name, age, amber, limit = max(_ages(situation, held), key=_by_age)
            if age > limit:
                yield unknown(self, held.asset_id, f"{name} is {display.age(age)} old")
                continue
            levels = Levels(0.0, amber / display.HOUR, beyond=True)
            text = f"{name} is {display.age(age)} old"
            yield judged(self, held.asset_id, age / display.HOUR, levels, text, weight=held.stake)


def levels_of(rule: Drawdown | Shock, fall: Fall, i: int) -> Levels:
    """Return the thresholds of one asset, as losses."""
    return Levels(
        0.0,
        fall.level(i, rule.amber, rule.least_amber),
        fall.level(i, rule.red, rule.least_red),
    )


def moved(loss: float) -> str:
    """Say a loss or a gain.

    >>> moved(0.123), moved(-0.04)
    ('down 12.3%', 'up 4.0%')
    """
    return f"{'down' if loss > 0 else 'up'} {display.percent(abs(loss))}"


def _with_prices(situation: Situation) -> Iterator[Held]:
    return (held for held in situation.held if held.is_listed and not held.is_stable)


def _no_history(held: Held) -> str:
    """Say the same for falls, shocks and volatility: it has one cause."""
    return held.unpriced or "too few prices of late to judge falls and volatility by"


def _ages(
    situation: Situation, held: Held
) -> Iterator[tuple[str, timedelta, timedelta, timedelta]]:
    market, quote = situation.market, held.position.quote
    if quote is not None and held.is_listed:
        yield "price", market.age(quote.at), PRICE_AMBER, PRICE_LIMIT
    elif quote is not None:
        yield "stated price", market.age(quote.at), STATED_PRICE_AMBER, STATED_PRICE_LIMIT
    grade = _grade(situation, held)
    if grade is None:
        return
    if _has_short(grade) and grade.short_at is not None:
        yield "short grade", market.age(grade.short_at), SHORT_GRADE_AMBER, SHORT_GRADE_LIMIT
    if grade.long is not None and grade.long_at is not None:
        yield "long grade", market.age(grade.long_at), LONG_GRADE_AMBER, LONG_GRADE_LIMIT


def _undated(situation: Situation, held: Held) -> str:
    """Name a grade whose age nobody knows, empty when there is none."""
    grade = _grade(situation, held)
    if grade is None:
        return ""
    if _has_short(grade) and grade.short_at is None:
        return "short grade"
    return "long grade" if grade.long is not None and grade.long_at is None else ""


def _grade(situation: Situation, held: Held) -> Grade | None:
    if held.is_stable or not held.is_listed:
        return None
    return situation.market.grades.get(held.asset_id)


def _has_short(grade: Grade) -> bool:
    """Tell whether something has the short grade's date: its score, or the trend."""
    return grade.short is not None or grade.trend is not None


def _by_age(item: tuple[str, timedelta, timedelta, timedelta]) -> tuple[bool, float]:
    _, age, amber, limit = item
    return age > limit, age / amber
