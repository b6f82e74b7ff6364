"""What a provider of market data is, known without asking it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Capability(StrEnum):
    """What a provider is asked for."""

    PRICES = "prices"
    GRADES = "grades"


@dataclass(frozen=True, slots=True)
class Provider:
    """What distinguishes one provider from another.

    Attributes:
        name: as the ledger, the store and the settings know it.
        label: as it is written for people.
        capability: what it is asked for.
    """

    name: str
    label: str
    capability: Capability
