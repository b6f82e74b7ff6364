"""What would end a trade: what is said of it holds when it is proposed again."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolios.model.plan import Plan, Side, Trade
from portfolios.model.policy import Policy, Signals
from portfolios.model.portfolio import Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.explanations.break_even import BreakEven, break_evens, scenario_of
from rebalancer.usecases.explanations.scenario import Scenario
from rebalancer.usecases.explanations.what_if import what_if
from rebalancer.usecases.explanations.why_untraded import trade_of
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.decision.example_portfolios import book, cap, ignoring

MARKET = sample_market()
HELD = {"bitcoin": 0.5, "ethereum": 0.2, "dogecoin": 0.09}


def made(portfolio: Portfolio, asset_id: str) -> tuple[Scenario, Plan, Trade]:
    plan = propose(analyse(portfolio, MARKET)).plan
    world, trade = scenario_of(plan, Scenario(portfolio, MARKET)), trade_of(plan, asset_id)
    assert world is not None
    assert trade is not None
    return world, plan, trade


def is_made_with(portfolio: Portfolio, word: str, trade: Trade) -> bool:
    plan = what_if(analyse(portfolio, MARKET), [word]).then.plan
    assert plan is not None
    same = trade_of(plan, trade.asset_id)
    return same is not None and same.side is trade.side


def test_a_sale_for_a_limit_ends_with_a_looser_one() -> None:
    mine = book(MARKET, HELD, policy=ignoring(sectors=cap(meme=0.05), assets=cap(dogecoin=0.5)))
    world, plan, trade = made(mine, "dogecoin")
    assert trade.side is Side.SELL
    points = break_evens(world, plan, trade)
    (limit,) = [point for point in points if "sector.meme.max" in point.text]
    assert limit.without
    assert not is_made_with(mine, limit.without, trade)
    assert is_made_with(mine, limit.still, trade)
    bounds = [Decimal(word.partition("=")[2].rstrip("%")) for word in (limit.still, limit.without)]
    assert bounds[1] - bounds[0] == Decimal("0.5")


def test_a_purchase_for_a_target_ends_with_a_higher_price() -> None:
    mine = book(MARKET, HELD, targets={**HELD, "ethereum": 0.24}, policy=ignoring())
    world, plan, trade = made(mine, "ethereum")
    (price,) = break_evens(world, plan, trade)
    assert price.without.startswith("price.ethereum=")
    assert not is_made_with(mine, price.without, trade)
    assert is_made_with(mine, price.still, trade)


@pytest.mark.campaign
def test_whatever_is_said_to_end_a_trade_ends_it() -> None:
    policy = Policy(signals=Signals.TRIM, sectors=cap(meme=0.05))
    targets = {"bitcoin": 0.4, "ethereum": 0.3, "solana": 0.1, "aave": 0.06, "dogecoin": 0.04}
    mine = book(MARKET, {**HELD, "aave": 0.03}, targets=targets, policy=policy)
    _, plan, _ = made(mine, "ethereum")
    checked = 0
    for trade in plan.trades:
        for point in break_evens(*made(mine, trade.asset_id)):
            checked += 1
            assert not point.without or not is_made_with(mine, point.without, trade)
            assert not point.still or is_made_with(mine, point.still, trade)
    print(f"{checked} inputs of {len(plan.trades)} trades")
    assert checked >= len(plan.trades) > 1


def test_what_was_seen_is_what_is_said() -> None:
    assert BreakEven("cash=2", "cash=1").text == "not made with cash=2 (still made with cash=1)"
    assert BreakEven("cash=2", "").text == "not made with cash=2"
    assert BreakEven("", "cash=1").text == "made even with cash=1"
