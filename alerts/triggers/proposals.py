"""When a proposal is news beside the one that was told before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from portfolios.model.plan import Plan, Side

PART = Decimal("0.25")
"""Trades that change by no more than this part of all that was told are the same trades."""
COMES_OR_GOES = 2
"""Times the smallest trade: one just above it comes and goes with every hour's prices."""


def is_news(plan: Plan, told: Sequence[Plan], *, min_trade: Decimal) -> bool:
    """Tell whether a proposal differs enough from those told of late to be told.

    It does when none of them started from the same holdings with nearly the same trades: small
    trades come and go with every hour's prices, and what comes back was told. It always does when a
    trade is turned round since the last.

    Args:
        plan: of now.
        told: of the same portfolio, the newest first; none where nothing was.
        min_trade: smallest trade worth making, in the portfolio's currency.
    """
    if any(_is_turned(plan, last) for last in told[:1]):
        return True
    return all(_differs(plan, each, min_trade) for each in told)


def _differs(plan: Plan, told: Plan, min_trade: Decimal) -> bool:
    """Tell whether the start differs, or all trades together by a quarter and two small trades."""
    if _start(plan) != _start(told):
        return True
    both = _both(plan, told)
    change = sum(abs(now - was) for now, was in both)
    is_large = change > PART * sum(abs(was) for _, was in both)
    return is_large and change >= COMES_OR_GOES * min_trade


def _is_turned(plan: Plan, told: Plan) -> bool:
    return any(now * was < 0 for now, was in _both(plan, told))


def _both(plan: Plan, told: Plan) -> list[tuple[Decimal, Decimal]]:
    """Return the money of each asset's trades in both."""
    now, was = _sizes(plan), _sizes(told)
    return [(now.get(a, Decimal(0)), was.get(a, Decimal(0))) for a in now.keys() | was.keys()]


def _start(plan: Plan) -> tuple[Mapping[str, Decimal], Decimal]:
    held = {p.asset_id: p.quantity for p in plan.positions if p.quantity}
    return held, plan.cash - plan.flow


def _sizes(plan: Plan) -> Mapping[str, Decimal]:
    """Return the money of each trade by asset, sales negative."""
    return {t.asset_id: t.notional if t.side is Side.BUY else -t.notional for t in plan.trades}
