"""A proposal is told again when its trades or the holdings behind it changed, else it is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.triggers.proposals import is_news
from portfolios.model.plan import Plan, Side
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose

MARKET = sample_market()
OFF = Portfolio(
    "core",
    cash=Decimal(5_000),
    holdings=(Holding("bitcoin", Decimal(2)), Holding("ethereum", Decimal(1))),
    targets={"bitcoin": Decimal("0.5"), "ethereum": Decimal("0.25"), "solana": Decimal("0.2")},
)
TOLD = propose(analyse(OFF, MARKET)).plan
LARGEST = max(TOLD.trades, key=lambda trade: trade.notional).asset_id
MIN = Decimal(100)


def sized(plan: Plan, factor: str, asset_id: str = "") -> Plan:
    """The same trades, one of them or all so many times as large."""
    trades = tuple(
        replace(t, notional=t.notional * Decimal(factor)) if asset_id in ("", t.asset_id) else t
        for t in plan.trades
    )
    return replace(plan, trades=trades)


def with_trade(plan: Plan, notional: int) -> Plan:
    extra = replace(plan.trades[0], asset_id="uniswap", side=Side.BUY, notional=Decimal(notional))
    return replace(plan, trades=(*plan.trades, extra))


def with_more(plan: Plan, quantity: str) -> Plan:
    first, *rest = plan.positions
    return replace(
        plan, positions=(replace(first, quantity=first.quantity + Decimal(quantity)), *rest)
    )


CASES: Mapping[str, tuple[Callable[[Plan], Plan], bool]] = {
    "as it was": (lambda plan: plan, False),
    "a fifth larger": (lambda plan: sized(plan, "1.2"), False),
    "half as large again": (lambda plan: sized(plan, "1.5"), True),
    "the largest trade a third as large": (lambda plan: sized(plan, "0.3", LARGEST), True),
    "a trade near the smallest comes": (lambda plan: with_trade(plan, 150), False),
    "a small trade comes beside large ones": (lambda plan: with_trade(plan, 250), False),
    "a large trade comes": (lambda plan: with_trade(plan, 100_000), True),
    "turned round": (lambda plan: sized(plan, "-1"), True),
    "other holdings": (lambda plan: with_more(plan, "0.5"), True),
    "other cash": (lambda plan: replace(plan, cash=plan.cash + 1), True),
    "a deposit": (lambda plan: replace(plan, cash=plan.cash + 9, flow=Decimal(9)), False),
    "other prices": (lambda plan: replace(plan, value=plan.value * 2), False),
}


@pytest.mark.parametrize("case", CASES)
def test_what_makes_a_proposal_news(case: str) -> None:
    change, expected = CASES[case]
    assert is_news(change(TOLD), [TOLD], min_trade=MIN) is expected
    assert is_news(TOLD, [change(TOLD)], min_trade=MIN) is expected


@given(st.lists(st.tuples(st.floats(0.8, 1.24), st.integers(0, 199)), min_size=1, max_size=6))
def test_trades_that_breathe_are_never_news(hours: list[tuple[float, int]]) -> None:
    for factor, small in hours:
        now = with_trade(sized(TOLD, f"{factor:.3f}"), small)
        assert not is_news(now, [TOLD], min_trade=MIN)


def test_what_was_told_before_the_last_is_no_news_when_it_comes_back() -> None:
    other = with_trade(TOLD, 100_000)
    assert is_news(TOLD, [], min_trade=MIN)
    assert is_news(other, [TOLD], min_trade=MIN)
    assert not is_news(TOLD, [other, TOLD], min_trade=MIN)


def test_a_trade_that_turns_round_since_the_last_is_news_though_it_was_told_before() -> None:
    turned = sized(TOLD, "-1")
    assert is_news(TOLD, [turned, TOLD], min_trade=MIN)
