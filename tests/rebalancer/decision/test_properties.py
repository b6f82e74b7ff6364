"""What holds for every portfolio: money, locks, minimums, a second run, scale, order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolios.documents.plan_json import dumps, plan_to_json
from portfolios.errors import InfeasibleError
from portfolios.model.market import Market
from portfolios.model.plan import Decision, Plan, Side
from portfolios.model.policy import Freed, Mode, Policy, Profile, Range, Signals
from portfolios.model.portfolio import Holding, Lock, LockKind, Portfolio
from portfolios.model.valuation import value_portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.examples import examples
from tests.rebalancer.decision.example_portfolios import applied

MARKET = sample_market()
IDS = sorted(MARKET.quotes)
WORDS = st.sampled_from
SHARES = st.integers(0, 100).map(lambda n: Decimal(n) / 100)


@st.composite
def portfolios(draw: Any) -> Portfolio:
    """Any portfolio on the sample market: holdings, locks, targets, limits, modes."""
    ids = draw(st.lists(WORDS(IDS), min_size=1, max_size=9, unique=True))
    sizes = [draw(st.integers(0, 40)) for _ in ids]
    value = Decimal(draw(WORDS([300, 10_000, 250_000])))
    holdings = tuple(_holding(draw, a, value * s / 100) for a, s in zip(ids, sizes, strict=True))
    policy = Policy(
        profile=draw(WORDS(list(Profile))),
        mode=draw(WORDS(list(Mode))),
        signals=draw(st.none() | WORDS(list(Signals))),
        freed=draw(WORDS(list(Freed))),
        turnover=draw(st.none() | WORDS([Decimal("0.05"), Decimal(1)])),
        cash_buffer=draw(st.none() | WORDS([Decimal("0.05"), Decimal("0.2")])),
        sectors=draw(st.dictionaries(WORDS(["defi", "layer1", "meme", "ai"]),
                                     SHARES.map(lambda s: Range(max=s)), max_size=2)),
    )  # fmt: skip
    wishes = draw(st.none() | st.just(ids))
    targets = None
    if wishes is not None:
        parts = [draw(st.integers(0, 10)) for _ in ids]
        whole = sum(parts) + draw(st.integers(1, 5))
        targets = {a: Decimal(p) / whole for a, p in zip(ids, parts, strict=True)}
        targets = {a: t.quantize(Decimal("0.0001"), "ROUND_DOWN") for a, t in targets.items()}
    cash = Decimal(draw(st.integers(0, 2000))) / 100
    return Portfolio("any", holdings=holdings, cash=cash, policy=policy, targets=targets)


def _holding(draw: Any, asset_id: str, value: Decimal) -> Holding:
    quantity = (value / MARKET.quotes[asset_id].price).quantize(Decimal("1e-8"))
    kind = draw(st.none() | WORDS(list(LockKind)) if draw(st.booleans()) else st.none())
    if kind is None:
        return Holding(asset_id, quantity)
    part = draw(WORDS([None, (quantity / 3).quantize(Decimal("1e-8"))]))
    return Holding(asset_id, quantity, locks=(Lock(kind, date(2027, 3, 1), "x", part),))


def proposed(portfolio: Portfolio, flow: Decimal) -> Plan | None:
    try:
        return propose(analyse(portfolio, MARKET, flow=flow)).plan
    except InfeasibleError:
        return None


def check_money_and_locks(portfolio: Portfolio, plan: Plan) -> None:
    cash = plan.cash
    for trade in plan.trades:
        cash += trade.notional if trade.side is Side.SELL else -trade.notional
        cash -= trade.cost
    assert cash == plan.proposed_cash
    assert plan.proposed_cash >= min(Decimal(0), plan.cash)
    valuation = value_portfolio(portfolio, MARKET)
    free = {p.asset.asset_id: p.free for p in valuation.positions}
    frozen = {
        h.asset_id for h in portfolio.holdings
        if any(k.kind is LockKind.FROZEN and k.quantity is None for k in h.locks)
    }  # fmt: skip
    for trade in plan.trades:
        assert trade.asset_id not in frozen
        assert trade.side is Side.BUY or trade.quantity <= free[trade.asset_id]
        assert trade.reasons
        assert sum(r.share for r in trade.reasons) <= 1.0005


def check_weights(plan: Plan) -> None:
    before = sum(p.weight for p in plan.positions) + plan.cash_weight
    after = sum(p.proposed_weight for p in plan.positions) + plan.proposed_cash_weight
    assert before == pytest.approx(1.0, abs=1e-9)
    cents = 0.02 * (len(plan.trades) + 1) / float(plan.value)
    assert after == pytest.approx(1.0 - float(plan.estimated_cost / plan.value), abs=cents + 1e-9)


@settings(max_examples=24, deadline=None, suppress_health_check=list(HealthCheck))
@given(portfolios(), WORDS([Decimal(0), Decimal(50), Decimal(5000), Decimal(-60)]))
def test_money_is_conserved_and_locks_hold(portfolio: Portfolio, flow: Decimal) -> None:
    plan = proposed(portfolio, flow)
    if plan is None or plan.value <= 0:
        return
    check_money_and_locks(portfolio, plan)
    check_weights(plan)
    least = Decimal(10)
    for trade in plan.trades:
        sells_all = trade.side is Side.SELL and trade.quantity == (
            portfolio.holding(trade.asset_id) or Holding("", Decimal(0))
        ).quantity  # fmt: skip
        assert trade.notional >= least - Decimal("0.01") or sells_all or flow < 0 or _part(
            portfolio, trade.asset_id
        )  # fmt: skip


def _part(portfolio: Portfolio, asset_id: str) -> bool:
    """A partly locked holding may sell all that is free, however little."""
    holding = portfolio.holding(asset_id)
    return holding is not None and any(lock.quantity is not None for lock in holding.locks)


def second_trades(portfolio: Portfolio, flow: Decimal) -> Plan | None:
    """The second run's plan, when it trades though turnover did not hold the first one back."""
    kept = portfolio
    before = value_portfolio(portfolio, MARKET)
    if portfolio.targets is None and before.value > 0:  # as `add` does
        weights = {p.asset.asset_id: p.value / before.value for p in before.positions}
        kept = replace(portfolio, recorded=weights)
    plan = proposed(kept, flow)
    if plan is None or not plan.trades or held_back(kept, plan):
        return None
    again = proposed(applied(kept, plan), Decimal(0))
    return again if again is not None and again.trades else None


def held_back(portfolio: Portfolio, plan: Plan) -> bool:
    """The turnover limit leaves no room for one more smallest trade there and back."""
    least = float(max(Decimal(10), plan.value / 400) / plan.value)
    return plan.turnover > float(portfolio.policy.turnover_in_force) - least - 1e-3


@settings(max_examples=16, deadline=None, suppress_health_check=list(HealthCheck))
@given(portfolios())
def test_a_plan_applied_leaves_nothing_to_propose(portfolio: Portfolio) -> None:
    again = second_trades(portfolio, Decimal(0))
    assert again is None, [(t.side, t.asset_id, t.notional) for t in again.trades]


@pytest.mark.parametrize("count", examples(always=10, campaign=250))
def test_the_order_of_a_file_changes_no_byte(count: int) -> None:
    settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))(
        given(portfolios(), st.randoms(use_true_random=False))(check_order)
    )()


def check_order(portfolio: Portfolio, random: Any) -> None:
    holdings = list(portfolio.holdings)
    random.shuffle(holdings)
    targets = list((portfolio.targets or {}).items())
    random.shuffle(targets)
    turned = replace(
        portfolio, holdings=tuple(holdings),
        targets=dict(targets) if portfolio.targets is not None else None,
    )  # fmt: skip
    one, other = proposed(portfolio, Decimal(0)), proposed(turned, Decimal(0))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert dumps(plan_to_json(one)) == dumps(plan_to_json(other))


@pytest.mark.parametrize("count", examples(always=6, campaign=150))
def test_another_unit_of_money_changes_no_quantity(count: int) -> None:
    settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))(
        given(portfolios())(check_unit)
    )()


def check_unit(portfolio: Portfolio) -> None:
    """Prices, cash and volumes times a thousand: the same trades, in larger figures."""
    wish = replace(portfolio, policy=replace(portfolio.policy, min_trade=Decimal(50)))
    one = proposed(wish, Decimal(0))
    market = scaled(MARKET, 1000)
    large = replace(
        wish, cash=wish.cash * 1000, policy=replace(wish.policy, min_trade=Decimal(50_000))
    )
    try:
        other = propose(analyse(large, market)).plan
    except InfeasibleError:
        other = None
    if one is None or other is None or one.value < 1000:
        return
    assert [(t.asset_id, t.side) for t in one.trades] == [
        (t.asset_id, t.side) for t in other.trades
    ]
    for small, big in zip(one.trades, other.trades, strict=True):
        assert float(small.notional * 1000) == pytest.approx(float(big.notional), rel=2e-3)


def scaled(market: Market, factor: int) -> Market:
    bars = replace(
        market.bars, close=market.bars.close * factor, volume=market.bars.volume * factor
    )
    quotes = {a: replace(q, price=q.price * factor) for a, q in market.quotes.items()}
    # A stablecoin's peg is one unit; in another unit of money it would look broken.
    return replace(market, bars=bars, quotes=quotes)


def test_an_asset_with_a_cap_of_nothing_changes_nothing_else() -> None:
    held = (Holding("bitcoin", Decimal("0.3")), Holding("solana", Decimal(100)))
    wish = {"bitcoin": Decimal("0.4"), "solana": Decimal("0.1")}
    alone = Portfolio("a", holdings=held, cash=Decimal(5000), targets=wish)
    policy = replace(
        alone.policy, candidates=("uniswap",), assets={"uniswap": Range(max=Decimal(0))}
    )
    more = replace(alone, policy=policy)
    one, other = propose(analyse(alone, MARKET)).plan, propose(analyse(more, MARKET)).plan
    assert [t.asset_id for t in one.trades] == [t.asset_id for t in other.trades]
    for small, big in zip(one.trades, other.trades, strict=True):
        # Another shape of program, another last digit of the solver's answer.
        assert float(small.quantity) == pytest.approx(float(big.quantity), rel=1e-5)


@pytest.mark.campaign
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(portfolios(), WORDS([Decimal(0), Decimal(50), Decimal(5000), Decimal(-60)]))
def test_money_and_locks_over_many_portfolios(portfolio: Portfolio, flow: Decimal) -> None:
    plan = proposed(portfolio, flow)
    if plan is not None and plan.value > 0:
        check_money_and_locks(portfolio, plan)
        check_weights(plan)


@pytest.mark.campaign
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(portfolios())
def test_second_runs_over_many_portfolios(portfolio: Portfolio) -> None:
    assert second_trades(portfolio, Decimal(0)) is None


def test_an_empty_portfolio_holds() -> None:
    plan = propose(analyse(Portfolio("empty"), MARKET)).plan
    assert plan.decision is Decision.HOLD
    assert np.isclose(plan.cash_weight, 1.0)
