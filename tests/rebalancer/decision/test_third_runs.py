"""A third run, after all prices moved by a hundredth, does nothing unless something was crossed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from portfolios.errors import InfeasibleError
from portfolios.model.assets import AssetKind
from portfolios.model.market import Market
from portfolios.model.plan import Decision, Plan
from portfolios.model.portfolio import Portfolio
from rebalancer.decision.analysis import Analysis
from rebalancer.decision.triggers import at_rest, is_too_volatile
from rebalancer.usecases.accounts.imports import record_weights
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.examples import examples
from tests.rebalancer.decision.example_portfolios import applied
from tests.rebalancer.decision.test_limit_properties import MARKET, any_portfolio


def moved(seed: int) -> Market:
    """Each price a hundredth up or down; what stands for something else keeps its peg."""
    draw = np.random.default_rng((seed, 2))
    ways = {a: Decimal(str(draw.choice([0.99, 1.01]))) for a in sorted(MARKET.quotes)}
    quotes = {
        a: q
        if MARKET.assets[a].kind is AssetKind.STABLE
        else replace(q, price=q.price * ways[_stands_for(a)])
        for a, q in MARKET.quotes.items()
    }
    return replace(MARKET, quotes=quotes)


def _stands_for(asset_id: str) -> str:
    return MARKET.assets[asset_id].underlying or asset_id


def settled(seed: int) -> Portfolio | None:
    """A portfolio once its proposal is booked; None where it is not at rest then."""
    portfolio = any_portfolio(seed)
    if portfolio.targets is None:
        portfolio = replace(portfolio, recorded=record_weights(portfolio, MARKET))  # as `add` does
    try:
        plan = propose(analyse(portfolio, MARKET)).plan
        booked = applied(portfolio, plan) if plan.trades else portfolio
        again = propose(analyse(booked, MARKET)).plan
    except InfeasibleError:
        return None
    return booked if again.decision is Decision.HOLD else None  # turnover cuts the others short


def crossed(before: Analysis, after: Analysis) -> bool:
    """Tell whether a price move carried something out of half its band, or beyond a limit."""
    known = {row.name for row in before.broken}
    left = at_rest(before) & ~at_rest(after)
    is_new = any(row.name not in known for row in after.broken)
    return bool(left.any()) or is_new or is_too_volatile(after)


def _kind(plan: Plan, before: Analysis, after: Analysis) -> str:
    if not plan.trades:
        return "nothing"
    return "crossed" if crossed(before, after) else "worth it now"


@pytest.mark.parametrize("count", examples(always=20, campaign=1000))
def test_a_hundredth_up_or_down_causes_no_trade_unless_something_is_crossed(count: int) -> None:
    found = {"nothing": 0, "crossed": 0, "worth it now": 0}
    for seed in range(count):
        booked = settled(seed)
        if booked is None:
            continue
        before, after = analyse(booked, MARKET), analyse(booked, moved(seed))
        try:
            plan = propose(after).plan
        except InfeasibleError:
            continue
        found[_kind(plan, before, after)] += 1
    print(count, found)
    # What waits outside half its band until the smallest trade, or its cost, is worth it.
    assert found["worth it now"] <= 0.005 * count
    assert found["nothing"] > 5 * found["crossed"]
