"""How the token table may be sorted; apart from it, because `--help` names the keys too."""

from __future__ import annotations

from enum import StrEnum


class SortKey(StrEnum):
    """Columns the table sorts by; figures from the largest."""

    RANK = "rank"
    SYMBOL = "symbol"
    PRICE = "price"
    CHANGE = "change"
    SHORT = "short"
    LONG = "long"
    SECTOR = "sector"
