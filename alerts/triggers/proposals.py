"""When a proposal is news beside the one that was told before it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from portfolios.model.plan import Plan, Side

PART = Decimal("0.25")
"""A trade that changes by no more than this part of itself is the same trade."""
COMES_OR_GOES = 2
"""Times the smallest trade: one just above it comes and goes with every hour's prices."""


def is_news(plan: Plan, told: Plan, *, min_trade: Decimal) -> bool:
    """Tell whether a proposal differs enough from the one told before to be told.

    It does when it starts from other holdings, or when a trade appears, disappears, turns round,
    or changes by more than a quarter and the smallest trade.

    Args:
        plan: of now.
        told: the last one told, of the same portfolio.
        min_trade: smallest trade worth making, in the portfolio's currency.
    """
    if _start(plan) != _start(told):
        return True
    now, before = _sizes(plan), _sizes(told)
    return any(
        _differs(now.get(a, Decimal(0)), before.get(a, Decimal(0)), min_trade)
        for a in now.keys() | before.keys()
    )


def _differs(now: Decimal, before: Decimal, min_trade: Decimal) -> bool:
    change = abs(now - before)
    if not now or not before:
        return change >= COMES_OR_GOES * min_trade
    return change > PART * abs(before) and change > min_trade


def _start(plan: Plan) -> tuple[Mapping[str, Decimal], Decimal]:
    held = {p.asset_id: p.quantity for p in plan.positions if p.quantity}
    return held, plan.cash - plan.flow


def _sizes(plan: Plan) -> Mapping[str, Decimal]:
    """Return the money of each trade by asset, sales negative."""
    return {t.asset_id: t.notional if t.side is Side.BUY else -t.notional for t in plan.trades}
