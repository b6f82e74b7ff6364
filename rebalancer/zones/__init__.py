"""Risk zones: stateless rules, one finding for every subject. Judging, not telling."""

from rebalancer.zones.judge import ZONES, compare, judge, overall, worsened
from rebalancer.zones.rule import Exit, Rule, severity
from rebalancer.zones.situation import Situation

__all__ = [
    "ZONES",
    "Exit",
    "Rule",
    "Situation",
    "compare",
    "judge",
    "overall",
    "severity",
    "worsened",
]
