"""When a proposal is news beside the one that was told before it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from portfolios.model.plan import Plan, Side

PART = Decimal("0.25")
"""Trades that change by no more than this part of all that was told are the same trades."""
COMES_OR_GOES = 2
"""Times the smallest trade: one just above it comes and goes with every hour's prices."""


def is_news(plan: Plan, told: Plan, *, min_trade: Decimal) -> bool:
    """Tell whether a proposal differs enough from the one told before to be told.

    It does when it starts from other holdings, when a trade turns round, or when all trades
    together change by more than a quarter and by twice the smallest trade: a small trade beside
    large ones comes and goes with every hour's prices.

    Args:
        plan: of now.
        told: the last one told, of the same portfolio.
        min_trade: smallest trade worth making, in the portfolio's currency.
    """
    if _start(plan) != _start(told):
        return True
    now, before = _sizes(plan), _sizes(told)
    both = [(now.get(a, Decimal(0)), before.get(a, Decimal(0))) for a in now.keys() | before.keys()]
    if any(is_now * was < 0 for is_now, was in both):
        return True
    change = sum(abs(is_now - was) for is_now, was in both)
    is_large = change > PART * sum(abs(was) for _, was in both)
    return is_large and change >= COMES_OR_GOES * min_trade


def _start(plan: Plan) -> tuple[Mapping[str, Decimal], Decimal]:
    held = {p.asset_id: p.quantity for p in plan.positions if p.quantity}
    return held, plan.cash - plan.flow


def _sizes(plan: Plan) -> Mapping[str, Decimal]:
    """Return the money of each trade by asset, sales negative."""
    return {t.asset_id: t.notional if t.side is Side.BUY else -t.notional for t in plan.trades}
