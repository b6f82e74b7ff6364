"""How long a zone must last before it counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dwell:
    """How many evaluations in a row must agree before the zone of a subject changes.

    Attributes:
        amber, red: before the zone is entered.
        leave: before any zone is left for a better one.
        interrupts: entering red is news even for a subject that is red for another reason.
    """

    amber: int = 2
    red: int = 1
    leave: int = 3
    interrupts: bool = False
