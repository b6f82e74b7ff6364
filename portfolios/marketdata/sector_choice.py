"""The sector that limits speak of changes only when two weekly readings in a row agree.

Providers edit their categories often, and take some edits back; without this, an edit would move
an asset between limits and cause a proposal to trade it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class SectorChoice:
    """The sector in force, and another one that the last reading spoke for.

    Attributes:
        sector: in force.
        proposed: spoken for once and not yet in force; empty when the readings agree.
    """

    sector: str
    proposed: str = ""


def read_again(choice: SectorChoice | None, found: str) -> SectorChoice:
    """Return the choice after one more reading.

    Args:
        choice: before it; None for an asset read for the first time, which takes it at once.
        found: the sector that the categories speak for now.

    >>> once = read_again(SectorChoice("defi"), "ai")
    >>> once.sector, read_again(once, "ai").sector, read_again(once, "defi").proposed
    ('defi', 'ai', '')
    """
    if choice is None or found == choice.proposed:
        return SectorChoice(found)
    return replace(choice, proposed="" if found == choice.sector else found)
