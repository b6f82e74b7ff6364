"""Rules about what a portfolio is made of: positions, bets, reserves, what cannot be sold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from portfolios.model.market import Array
from portfolios.model.measures import effective_bets, effective_number
from portfolios.model.plan import Finding, Scope
from portfolios.model.policy import BREACH
from portfolios.values import display
from rebalancer.zones.rule import (
    LEFT_FLOOR,
    Exit,
    Levels,
    Rule,
    at_ease,
    judged,
    unknown,
    unless_missing,
)
from rebalancer.zones.situation import Held, Situation

SUBJECT = "portfolio"
NOTHING_RISKY = "nothing risky is held"
UPWARDS = Exit(scale=1 / 0.85)
SHOWN = 0.0005
"""Half of the last digit shown: a smaller gap is rounding."""


class Concentration(Rule):
    """P1: fewer effective positions than is prudent, unless the reference is as concentrated."""

    key, code, scope, importance = "concentration", "P1", Scope.PORTFOLIO, 0.8
    exit_amber, exit_red = UPWARDS, UPWARDS
    amber, red = 5.0, 3.0
    amber_of_reference, red_of_reference = 0.7, 0.5

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge the risky assets; cash and stablecoins are no concentration."""
        yield unless_missing(self, self._finding(situation), situation.missing_risky)

    def _finding(self, situation: Situation) -> Finding:
        number = effective_number(_risky(situation, situation.w))
        if math.isnan(number):
            return at_ease(self, SUBJECT, NOTHING_RISKY)
        wanted = effective_number(_risky(situation, situation.r))
        amber, red = _below(
            wanted, self.amber, self.red, self.amber_of_reference, self.red_of_reference
        )
        text = f"as concentrated as {number:.1f} equal positions"
        text += "" if math.isnan(wanted) else f"; the aims as {wanted:.1f}"
        levels = Levels(1.5 * amber, amber, red, beyond=True)
        return judged(self, SUBJECT, number, levels, text)


class IndependentBets(Rule):
    """P2: few independent bets, unless the reference makes as few."""

    key, code, scope, importance = "independent_bets", "P2", Scope.PORTFOLIO, 0.8
    exit_amber, exit_red = UPWARDS, UPWARDS
    amber, red = 2.0, 1.5
    amber_of_reference, red_of_reference = 0.8, 0.65

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge the risky assets."""
        yield unless_missing(self, self._finding(situation), situation.missing_risky)

    def _finding(self, situation: Situation) -> Finding:
        risky = _risky(situation, situation.w)
        if not risky.any():
            return at_ease(self, SUBJECT, NOTHING_RISKY)
        bets = effective_bets(risky, situation.covariance)
        if math.isnan(bets):
            return unknown(self, SUBJECT, "the risk of something held is not estimated")
        wanted = effective_bets(_risky(situation, situation.r), situation.covariance)
        amber, red = _below(
            wanted, self.amber, self.red, self.amber_of_reference, self.red_of_reference
        )
        text = f"as many independent bets as {bets:.1f}"
        text += "" if math.isnan(wanted) else f"; the aims {wanted:.1f}"
        return judged(self, SUBJECT, bets, Levels(1.5 * amber, amber, red, beyond=True), text)


class Buffer(Rule):
    """P7: less cash and healthy stablecoins than the stated buffer; absent without one."""

    key, code, scope, importance = "buffer", "P7", Scope.PORTFOLIO, 0.8
    exit_amber = LEFT_FLOOR
    exit_red = Exit(scale=(1 - 0.85 * 0.5) / 0.5)  # 0.85 of what was missing
    red = 0.5

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge the buffer where the user states one."""
        least = situation.limits.b_min
        if situation.policy.cash_buffer is None or least <= 0:
            return
        reserve = situation.cash + float(situation.limits.m_stable @ situation.w)
        levels = Levels(1.5 * least, least - BREACH, self.red * least, beyond=True)
        text = (
            f"{display.percent(reserve)} in cash and healthy stablecoins,"
            f" buffer {display.limit(least)}"
        )
        finding = judged(self, SUBJECT, reserve, levels, text)
        yield unless_missing(self, finding, situation.missing)


class LockedShare(Rule):
    """P8: value that cannot be sold because of locks, or whose price is too old to act on."""

    key, code, scope, importance = "locked_share", "P8", Scope.PORTFOLIO, 0.8
    amber, red = 0.20, 0.40

    def findings(self, situation: Situation) -> Iterator[Finding]:
        """Judge locked and unpriced value together."""
        share = sum(_locked(situation, held) for held in situation.held)
        text = f"{display.percent(share)} of the value cannot be sold"
        levels = Levels(0.0, self.amber, self.red, beyond=True)
        finding = judged(self, SUBJECT, share, levels, text)
        yield unless_missing(self, finding, situation.missing)


def _risky(situation: Situation, w: Array) -> Array:
    return np.where(situation.risky, w, 0.0)


def _below(
    wanted: float, amber: float, red: float, amber_share: float, red_share: float
) -> tuple[float, float]:
    """Return the thresholds, lowered where the reference itself is as concentrated."""
    if math.isnan(wanted):
        return amber, red
    return min(amber, amber_share * wanted), min(red, red_share * wanted)


def _locked(situation: Situation, held: Held) -> float:
    """Return the weight that locks or an old price keep, whatever the mode lets one sell."""
    position = held.position
    if position.quantity <= 0 or situation.valuation.value <= 0:
        return 0.0
    locked = Decimal(1) if held.unpriced else 1 - position.free / position.quantity
    return min(held.weight, float(locked * position.value / situation.valuation.value))
