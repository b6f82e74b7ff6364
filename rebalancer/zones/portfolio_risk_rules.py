"""Rules about a portfolio's risk against its usual one: tail, volatility, falls of its value.

What is usual is taken from the reference, so that a bold wish is not an alarm every day.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from portfolios.model.dwell import Dwell
from portfolios.model.market import Array
from portfolios.model.measures import cvar, portfolio_volatility
from portfolios.model.plan import Finding, Scope
from portfolios.model.policy import BREACH
from portfolios.values import display
from rebalancer.estimates.risk.model import HORIZON_DAYS
from rebalancer.zones.portfolio_rules import NOTHING_RISKY, SUBJECT
from rebalancer.zones.price_history import (
    FALL_DAYS,
    SHOCK_DAYS,
    Fall,
    fall_from_peak,
    filtered_scenarios,
    shock,
    value_path,
    weighted_returns,
    weights_ago,
)
from rebalancer.zones.price_rules import moved
from rebalancer.zones.rule import Exit, Levels, Rule, at_ease, judged, unknown, unless_missing
from rebalancer.zones.situation import Situation

TAIL_OF_VOLATILITY = 2.55
"""Median of the mean loss beyond 95% over the daily volatility."""
LEAST_USUAL = 0.03
"""A reference calmer than this per 30 days is taken as this calm: cash alarms at nothing."""
PRUDENCE = 1.15
"""Realised 30-day volatilities ran this much above their estimates."""


class TailLoss(Rule):
    """P3: mean loss of the worst 5% of days, at today's weights and volatility, against usual."""

    key, code, scope, importance = "tail_loss", "P3", Scope.PORTFOLIO, 1.0
    exit_amber, exit_red = Exit(scale=0.92), Exit(scale=0.92)
    amber, red = 1.3, 1.8
    fewest_days = 250

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge the portfolio on its own weights over the price history."""
        yield unless_missing(self, self._finding(situation), situation.missing_risky)

    def _finding(self, situation: Situation) -> Finding:
        if not (situation.w[situation.risky] > 0).any():
            return at_ease(self, SUBJECT, NOTHING_RISKY)
        if not (situation.w[situation.risky & situation.listed] > 0).any():
            return at_ease(self, SUBJECT, "nothing risky with a public market is held")
        returns = weighted_returns(situation.levels, situation.w, situation.listed)
        scenarios = filtered_scenarios(returns)
        usual = _usual_tail(situation)
        if len(scenarios) < self.fewest_days or math.isnan(usual):
            days = display.counted(len(scenarios), "day")
            why = f"{days} of common history, {self.fewest_days} are needed"
            return unknown(self, SUBJECT, why)
        loss = cvar(scenarios)
        text = (
            f"mean loss of {display.percent(loss)} on the worst 5% of days at today's volatility,"
            f" {loss / usual:.2f} times what is usual for the aims"
        )
        levels = Levels(0.8 * usual, self.amber * usual, self.red * usual)
        return judged(self, SUBJECT, loss, levels, text)


class Volatility(Rule):
    """P4: volatility over the stated limit, or unusual for the reference where none is stated."""

    key, code, scope, importance = "volatility", "P4", Scope.PORTFOLIO, 1.0
    exit_amber, exit_red = Exit(scale=1.05 / 1.15), Exit(scale=1.25 / 1.40)
    exit_stated = Exit(scale=1.0, shift=-BREACH)  # the optimiser lands on a stated limit
    amber, red = 1.15, 1.40

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge the estimate of the risk model."""
        yield unless_missing(self, self._finding(situation), situation.missing_risky)

    def _finding(self, situation: Situation) -> Finding:
        sigma = portfolio_volatility(situation.w, situation.covariance)
        limit, usual = _stated(situation), _usual(situation)
        if not math.isfinite(sigma) or (limit is None and math.isnan(usual)):
            return unknown(self, SUBJECT, "too little history to know the usual volatility")
        amber = self.amber * usual if limit is None else limit + BREACH
        against = f"limit {display.limit(limit or 0)}"
        if limit is None:
            against = f"usual for the aims {display.percent(usual)}"
        text = (
            f"30-day volatility estimated at {display.percent(sigma)}, {against};"
            f" allow for {display.percent(PRUDENCE * sigma)}"
        )
        levels = Levels(0.8 * amber, amber, self.red * _calm(usual, limit), beyond=True)
        exit_amber = self.exit_amber if limit is None else self.exit_stated
        leaving = levels.left_at(exit_amber, self.exit_red)
        return judged(self, SUBJECT, sigma, levels, text, leaving=leaving)


class PortfolioDrawdown(Rule):
    """P5: a fall of the value from its 90-day peak, large for its own volatility.

    The value is that of today's quantities over the price history, so money paid in or out cannot
    show; a proposal changes nothing that has happened. Its volatility is that of the weights which
    those quantities had when the fall began: further back they would be the weights of nobody, and
    of whatever has fallen most since.
    """

    key, code, scope, importance = "portfolio_drawdown", "P5", Scope.PORTFOLIO, 0.8
    is_past = True
    amber, red = 1.65, 2.33
    least_amber, least_red = 0.15, 0.25

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge what is held today."""
        fall = fall_from_peak(_value_path(situation), _own_returns(situation, FALL_DAYS))
        if not fall.is_known(0):
            yield unknown(self, SUBJECT, "120 days of common history are needed")
            return
        text = f"{display.percent(fall.loss[0])} below its 90-day peak, at today's quantities"
        finding = judged(self, SUBJECT, float(fall.loss[0]), _levels(self, fall), text)
        yield unless_missing(self, finding, situation.missing)


class PortfolioShock(Rule):
    """P9: a fall of the value within three days; measured as in `PortfolioDrawdown`."""

    key, code, scope, importance = "portfolio_shock", "P9", Scope.PORTFOLIO, 0.8
    is_past = True
    dwell = Dwell(amber=1, interrupts=True)
    amber, red = 2.0, 3.0
    least_amber, least_red = 0.10, 0.15

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge what is held today."""
        now, returns = situation.market.as_of, _own_returns(situation, SHOCK_DAYS)
        fall = shock(_value_path(situation), now, returns)
        if not fall.is_known(0):
            yield unknown(self, SUBJECT, "a month of common history is needed")
            return
        text = f"{moved(float(fall.loss[0]))} in three days, at today's quantities"
        finding = judged(self, SUBJECT, float(fall.loss[0]), _levels(self, fall), text)
        yield unless_missing(self, finding, situation.missing)


def _levels(rule: PortfolioDrawdown | PortfolioShock, fall: Fall) -> Levels:
    return Levels(
        0.0, fall.level(0, rule.amber, rule.least_amber), fall.level(0, rule.red, rule.least_red)
    )


def _value_path(situation: Situation) -> Array:
    valuation = situation.valuation
    return value_path(
        situation.levels, valuation.weights(), valuation.cash_weight(), situation.listed
    )


def _own_returns(situation: Situation, days: int) -> Array:
    """Return daily returns of the weights that today's quantities had then, shape (T - 1, 1)."""
    levels, valuation = situation.levels, situation.valuation
    w = weights_ago(levels, valuation.weights(), valuation.cash_weight(), days)
    return np.asarray(np.log1p(weighted_returns(levels, w, situation.listed))[:, None])


def _stated(situation: Situation) -> float | None:
    limit = situation.policy.max_volatility
    return None if limit is None else float(limit)


def _usual(situation: Situation) -> float:
    """Return the reference's usual volatility on the scale of the risk model; NaN unknown.

    The risk model sees more than the prices of the listed assets, so the history only says how
    unusual today is; how risky the reference is today, the model says. Where its prices do not
    move at all (stated ones), no day was more unusual than today.
    """
    usual = situation.usual
    model = portfolio_volatility(situation.r, situation.covariance)
    if usual.now == 0:
        return float(np.maximum(model, LEAST_USUAL))
    return float(np.maximum(usual.median / usual.now * model, LEAST_USUAL))


def _usual_tail(situation: Situation) -> float:
    """Return the mean loss of the worst 5% of days that the usual volatility implies."""
    usual = float(np.maximum(situation.usual.median, LEAST_USUAL))
    volatility = _calm(usual, _stated(situation))
    return TAIL_OF_VOLATILITY * volatility / math.sqrt(HORIZON_DAYS)


def _calm(usual: float, limit: float | None) -> float:
    """Return the larger of what is usual and what is stated, where each is known."""
    return usual if limit is None else float(np.fmax(usual, limit))
