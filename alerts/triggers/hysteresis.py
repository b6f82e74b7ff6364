"""What is remembered of each rule and subject, and how long a finding must last to count.

A rule judges each moment by itself, so near a threshold it would change its mind every day. Here a
zone is entered above one level and left below another, and only after it has lasted. Levels and
durations are those that the rule declares; each finding carries them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portfolios.model.plan import ORDER, Finding, Scope, Zone, worst

DAY = timedelta(hours=20)
"""Evaluations nearer together than this count once: a rule is about days, not about runs."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The remembered state of one rule about one subject of a portfolio.

    Attributes:
        zone: the one in force, after hysteresis and dwell.
        candidate: what the newest findings speak for.
        count: evaluations in a row that spoke for it.
        counted_at: the moment of the last that was counted.
        since: when the zone in force began.
        severity, text, excess: of the newest finding.
        told_excess: as it was last told, or when the zone in force began; 0 where that is not
            known, as in what was remembered before this was kept.
    """

    code: str
    scope: Scope
    subject: str
    zone: Zone
    candidate: Zone
    count: int
    counted_at: datetime
    since: datetime
    severity: float = 0.0
    text: str = ""
    excess: float = 0.0
    told_excess: float = 0.0


def needed(finding: Finding, current: Zone, target: Zone) -> int:
    """Return how many evaluations must agree before a zone changes.

    Args:
        finding: the newest.
        current: the zone in force.
        target: the zone that it would become.
    """
    if ORDER[target] < ORDER[current]:
        return finding.dwell.leave
    return finding.dwell.red if target is Zone.RED else finding.dwell.amber


def held_zone(finding: Finding, current: Zone) -> Zone:
    """Return the zone that a finding speaks for, given the one in force.

    A value that fell below the level of its zone, but not below the level at which it is left,
    speaks for the zone in force.
    """
    held = min(current, finding.holds, key=ORDER.__getitem__)
    return worst((finding.zone, held))
