"""The reasons of a trade with their shares, which add up as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from portfolios.model.plan import Reason
from portfolios.values.parts import in_steps

OTHER = "other"
PERCENT = Decimal("0.01")


def whole_percents(shares: Sequence[float]) -> list[int]:
    """Return shares that sum to 1 as whole percents that sum to 100.

    >>> whole_percents([0.335, 0.335, 0.33]), whole_percents([1.0])
    ([34, 33, 33], [100])
    """
    exact = [Decimal(str(share)) for share in shares]
    return [int(part / PERCENT) for part in in_steps(exact, PERCENT, Decimal(1))]


def shown_reasons(reasons: Sequence[Reason], most: int = 3) -> list[tuple[str, str]]:
    """Return text and percent of the largest reasons of a trade, what is left as "other".

    Args:
        reasons: the largest first; their shares sum to 1 or less.
        most: how many are named.
    """
    named = reasons[:most]
    rest = max(0.0, 1.0 - sum(reason.share for reason in named))
    percents = whole_percents([*(reason.share for reason in named), round(rest, 6)])
    texts = [*(reason.text for reason in named), OTHER]
    return [
        (text, f"{percent}%")
        for text, percent in zip(texts, percents, strict=True)
        if percent or text != OTHER
    ]
