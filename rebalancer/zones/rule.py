"""What a zone rule is: a key, thresholds with their exits, and one finding for every subject.

Rules have no memory: what entered a zone before is for alerts to know. A rule declares at which
levels its zones are left and how long they must last, and each finding carries both.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from portfolios.model.dwell import Dwell
from portfolios.model.plan import Finding, Scope, Zone
from portfolios.model.policy import BREACH
from portfolios.values.causes import named
from rebalancer.zones.situation import Held, Situation

DUST = 0.0025
"""A holding below this share of value is never an alarm."""
FULL_WEIGHT = 0.05
"""From this weight on a holding's severity counts in full."""
MOST_BREACH = 1.25
"""An excess counts no further in a severity."""
DIGITS = 6
"""Figures are judged as they are shown, rounded, so that the order of sums never decides."""


@dataclass(frozen=True, slots=True)
class Exit:
    """The level at which a zone is left, from the level at which it is entered."""

    scale: float = 0.85
    shift: float = 0.0

    def level(self, threshold: float) -> float:
        """Return the level to come back to.

        >>> Exit(shift=-0.01, scale=1.0).level(0.36)
        0.35
        """
        return threshold * self.scale + self.shift

    def of(self, threshold: float | None) -> float | None:
        """Return the level to come back to, None where there is no such zone."""
        return None if threshold is None else self.level(threshold)


LEFT_LIMIT = Exit(scale=1.0, shift=-BREACH - 0.004)
LEFT_FLOOR = Exit(scale=1.0, shift=BREACH + 0.004)
"""A limit is in order again four tenths of a point below it: a trade that mends it ends further
inside, and a weight that swings around it is told once."""


class Levels(NamedTuple):  # hundreds are made for each portfolio
    """Thresholds of one subject; a rule whose amber lies below its comfort alarms downwards.

    Attributes:
        comfort: where nothing is amiss.
        amber, red: None where there is no such level.
        beyond: the level itself is still in order (limits), else it is already a breach.
    """

    comfort: float
    amber: float | None
    red: float | None = None
    beyond: bool = False

    def zone(self, value: float) -> Zone:
        """Return the zone of a value."""
        if self._reaches(value, self.red):
            return Zone.RED
        return Zone.AMBER if self._reaches(value, self.amber) else Zone.GREEN

    def excess(self, value: float) -> float:
        """Return 0 at comfort, 0.5 at amber, 1 at red, linear between and beyond.

        Without a red level it stops at 0.5.
        """
        if self.amber is None:
            return 0.0
        over = self._sign * (value - self.amber)
        if over < 0:
            span = abs(self.amber - self.comfort)
            return max(0.0, 0.5 + 0.5 * over / span) if span > 0 else 0.0
        if self.red is None:
            return 0.5
        span = abs(self.red - self.amber)
        return 0.5 + 0.5 * over / span if span > 0 else MOST_BREACH

    def left_at(self, amber: Exit, red: Exit) -> Levels:
        """Return the levels at which the zones are left, as they are shown."""
        left = _rounded(amber.of(self.amber)), _rounded(red.of(self.red))
        return Levels(self.comfort, *left, self.beyond)

    @property
    def shown(self) -> Levels:
        """The levels as they are shown: a colour is that of the figures beside it."""
        return Levels(self.comfort, _rounded(self.amber), _rounded(self.red), self.beyond)

    @property
    def _sign(self) -> float:
        return -1.0 if self.amber is not None and self.amber < self.comfort else 1.0

    def _reaches(self, value: float, level: float | None) -> bool:
        if level is None:
            return False
        over = self._sign * (value - level)
        return over > 0 if self.beyond else over >= 0


class Rule(ABC):
    """One thing to watch; stateless.

    Attributes:
        key: name in words, e.g. `bearish_weight`.
        code: short key, a letter and a number, e.g. `H1`.
        scope: what its subjects are.
        importance: weight in the severity.
        exit_amber, exit_red: where the zones are left.
        dwell: how long they must last.
        is_past: about what has happened already, which no trade undoes.
        needs_total: about a share of the value, and so unknown where the total is.
    """

    key: ClassVar[str]
    code: ClassVar[str]
    scope: ClassVar[Scope]
    importance: ClassVar[float] = 0.8
    exit_amber: ClassVar[Exit] = Exit()
    exit_red: ClassVar[Exit] = Exit()
    dwell: ClassVar[Dwell] = Dwell()
    is_past: ClassVar[bool] = False
    needs_total: ClassVar[bool] = True

    @abstractmethod
    def findings(self, situation: Situation) -> Iterable[Finding]:
        """Yield one finding for every subject: green, amber, red, or grey for cannot tell."""


def judged(
    rule: Rule,
    subject: str,
    value: float,
    levels: Levels,
    text: str,
    *,
    weight: float = 1.0,
    leaving: Levels | None = None,
) -> Finding:
    """Return the finding of a known value.

    Args:
        rule: who judges.
        subject: what is judged.
        value: in the unit of the levels.
        levels: of this subject.
        text: what is true now.
        weight: of a holding; dust is never an alarm, and small holdings rank lower.
        leaving: where the zones of this subject are left; else where the rule says.
    """
    leaving = leaving or levels.left_at(rule.exit_amber, rule.exit_red)
    value, levels = round(value, DIGITS), levels.shown
    zone, excess = levels.zone(value), levels.excess(value)
    breach = min(MOST_BREACH, excess)
    if weight < DUST and zone in (Zone.AMBER, Zone.RED):
        zone, breach, text = Zone.GREEN, 0.5, f"{text} (too small to matter)"
    return Finding(
        scope=rule.scope,
        subject=subject,
        rule=rule.key,
        code=rule.code,
        zone=zone,
        value=value,
        amber=levels.amber,
        red=levels.red,
        text=text,
        severity=_severity(rule.importance * breach**4, weight),
        holds=leaving.zone(value),
        dwell=rule.dwell,
        excess=excess,
    )


def at_ease(rule: Rule, subject: str, text: str) -> Finding:
    """Return the green finding of a subject for which there is nothing to measure."""
    return Finding(
        scope=rule.scope,
        subject=subject,
        rule=rule.key,
        code=rule.code,
        zone=Zone.GREEN,
        value=None,
        amber=None,
        red=None,
        text=text,
        dwell=rule.dwell,
    )


def unknown(rule: Rule, subject: str, why: str) -> Finding:
    """Return the finding of something that should be known and is not."""
    return Finding(
        scope=rule.scope,
        subject=subject,
        rule=rule.key,
        code=rule.code,
        zone=Zone.GREY,
        value=None,
        amber=None,
        red=None,
        text=f"cannot tell: {why}",
        dwell=rule.dwell,
    )


def unpriced(rule: Rule, held: Held) -> Finding:
    """Return the finding of a holding without a usable price."""
    return unknown(rule, held.asset_id, held.unpriced)


def unless_missing(rule: Rule, finding: Finding, missing: Sequence[str]) -> Finding:
    """Return grey instead of green where something that counts has no usable price.

    Args:
        rule: who judges.
        finding: of what has a price.
        missing: ids of what has none.
    """
    if finding.zone is not Zone.GREEN or not missing:
        return finding
    return unknown(rule, finding.subject, f"no usable price for {named(missing)}")


def severity(findings: Sequence[Finding], *, weight: float = 1.0) -> float:
    """Return the severity of one subject from all its findings, 0-100; ranks, judges nothing.

    Args:
        findings: of the subject.
        weight: of a holding; 1 for a sector or the portfolio.
    """
    return _severity(sum((f.severity / 100.0) ** 4 for f in findings), 1.0, _ease(weight))


def _severity(fourth_power: float, weight: float, most: float = 1.0) -> float:
    return round(100.0 * min(most, math.sqrt(math.sqrt(fourth_power))) * _ease(weight), 1)


def _ease(weight: float) -> float:
    return min(1.0, math.sqrt(max(0.0, weight) / FULL_WEIGHT))


def _rounded(level: float | None) -> float | None:
    return None if level is None else round(level, DIGITS)
