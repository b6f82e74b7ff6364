"""Parts of a whole as they are shown: rounded so that they add up to the whole as it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext

from portfolios.values.exact import ROUNDING

TENTH = Decimal("0.001")
"""A tenth of a percentage point, as a fraction: how exactly weights are shown."""
VISIBLE = float(TENTH / 2)
"""A smaller difference of weights is not shown as one."""


def in_steps(
    amounts: Sequence[Decimal], step: Decimal, total: Decimal | None = None, *, last: bool = False
) -> tuple[Decimal, ...]:
    """Return amounts in whole steps that add up to their total, each off by less than a step.

    Every amount is rounded down, and the steps that are then missing go to those that lost the
    most by it (the method of the largest remainder); of equal ones the first gets it.

    Args:
        amounts: the parts.
        step: a power of ten.
        total: what they add up to, within a step of their exact sum; that sum rounded where None.
        last: the last part takes a step more or less before another does: as the cash, which
            texts quote less often than the weights beside it.

    >>> [str(part) for part in in_steps([Decimal("0.334"), Decimal("0.666")], Decimal("0.01"))]
    ['0.33', '0.67']
    """
    with localcontext(ROUNDING):
        down = [amount.quantize(step, ROUND_FLOOR) for amount in amounts]
        lost = [amount - floor for amount, floor in zip(amounts, down, strict=True)]
        whole = _sum(amounts) if total is None else total
        missing = int((whole.quantize(step, ROUND_HALF_EVEN) - _sum(down)) / step)
        ranked = sorted(range(len(down)), key=lambda i: (-lost[i], i))
        if last and lost[-1]:
            up = sum(2 * each >= step for each in lost[:-1])
            ranked.remove(len(down) - 1)
            ranked.insert(up, len(down) - 1)
        raised = set(ranked[: max(0, missing)])
        return tuple(part + step if i in raised else part for i, part in enumerate(down))


def in_tenths(
    fractions: Iterable[float], total: Decimal | None = None, *, last: bool = False
) -> tuple[Decimal, ...]:
    """Return shares of a whole in tenths of a point that add up; see `in_steps`.

    >>> [str(share) for share in in_tenths([1 / 3, 1 / 3, 1 / 3])]
    ['0.334', '0.333', '0.333']
    """
    return in_steps([Decimal(repr(float(f))) for f in fractions], TENTH, total, last=last)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
