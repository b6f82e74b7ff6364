"""What is remembered of each rule and subject, and how long a finding must last to count.

A rule judges each moment by itself, so near a threshold it would change its mind every day. Here a
zone is entered above one level and left below another, and only after it has lasted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from portfolios.model.plan import ORDER, Finding, Scope, Zone

DAY = timedelta(hours=20)
"""Evaluations nearer together than this count once: a rule is about days, not about runs."""
LEAVE = 3
AT_ONCE = frozenset({"H8", "H9", "H10", "H11", "P9"})
SLOW = frozenset({"S3"})
EXIT_SHARE = 0.85
EXITS: Mapping[str, float] = MappingProxyType({"H6": 0.952, "H8": 0.6, "P3": 0.92, "P4": 0.93})
"""Rule -> share of the level entered at, below which it is left; `EXIT_SHARE` for the others."""
AT_THE_LIMIT = frozenset({"H1", "H9", "H10", "P7"})
"""Rules that are left where they are entered: their limit is one, or their subject a fact."""
EXIT_POINTS: Mapping[str, float] = MappingProxyType({"H2": 5.0, "S1": 0.01})
"""Rules that are left so far below their level, in their own unit."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The remembered state of one rule about one subject of a portfolio.

    Attributes:
        zone: the one in force, after hysteresis and dwell.
        candidate: what the newest findings speak for.
        count: evaluations in a row that spoke for it.
        counted_at: the moment of the last that was counted.
        since: when the zone in force began.
        severity, text: of the newest finding.
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


def needed(finding: Finding, current: Zone, target: Zone, *, is_ours: bool) -> int:
    """Return how many evaluations must agree before a zone changes.

    Args:
        finding: the newest.
        current: the zone in force.
        target: the zone that it would become.
        is_ours: the rule rests on our own trend, which is less sure than a vendor's.
    """
    if ORDER[target] < ORDER[current]:
        return LEAVE
    if target is Zone.RED or finding.code in AT_ONCE:
        return 1
    if finding.code in SLOW or (finding.code == "H1" and is_ours):
        return 3
    return 1 if finding.code == "H1" else 2


def held_zone(finding: Finding, current: Zone) -> Zone:
    """Return the zone that a finding speaks for, given the one in force.

    A value that fell below the level of its zone, but not below the level at which it is left,
    speaks for the zone in force.
    """
    if ORDER[finding.zone] >= ORDER[current] or finding.code in AT_THE_LIMIT:
        return finding.zone
    for zone, level in ((Zone.RED, finding.red), (Zone.AMBER, finding.amber)):
        if ORDER[zone] <= ORDER[current] and not _is_left(finding, level):
            return max(zone, finding.zone, key=ORDER.__getitem__)
    return finding.zone


def _is_left(finding: Finding, level: float | None) -> bool:
    if level is None or finding.value is None:
        return True
    points = EXIT_POINTS.get(finding.code)
    share = EXITS.get(finding.code, EXIT_SHARE)
    falls_to_worse = finding.red is not None and finding.amber is not None
    if falls_to_worse and finding.red < finding.amber:  # type: ignore[operator]
        return finding.value > level / share
    return finding.value < (level - points if points is not None else level * share)
