"""`trim` and `follow` act on the trend that has lasted, and a plan says where it is another."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from portfolios.model.market import Market
from portfolios.model.plan import Plan, Side
from portfolios.model.policy import Policy, Signals
from portfolios.model.portfolio import Portfolio
from portfolios.providers.sample.market import sample_market
from portfolios.providers.technical.lasting import lasting_bearish
from rebalancer.usecases.explanations.scenario import Scenario
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.decision.example_portfolios import applied, book

MARKET = sample_market()
BTC, ETH = "bitcoin", "ethereum"
ACTING = pytest.mark.parametrize("signals", [Signals.TRIM, Signals.FOLLOW])


def trending(trend: int, lasting: bool | None, market: Market = MARKET) -> Market:
    """The sample market with no lasting bearish trend but that of ether, where it has one."""
    calm = {a: replace(g, trend=1, lasting_bearish=False) for a, g in market.grades.items()}
    ether = replace(calm[ETH], trend=trend, short=20.0, lasting_bearish=lasting)
    return replace(market, grades={**calm, ETH: ether})


def mine(signals: Signals) -> Portfolio:
    policy = Policy(signals=signals, turnover=Decimal(1), fee=Decimal(0))
    weights = {BTC: 0.45, ETH: 0.40}
    return book(MARKET, weights, targets=weights, policy=policy)


def proposed(portfolio: Portfolio, market: Market) -> Plan:
    return propose(analyse(portfolio, market)).plan


@ACTING
def test_a_weekly_flip_of_a_trend_trades_once_and_takes_nothing_back(signals: Signals) -> None:
    """Bearish for three weeks, then the other way every week: one sale, and no purchase."""
    states = [1.0] * 20 + [-1.0] * 21 + ([1.0] * 7 + [-1.0] * 7) * 4
    portfolio, trades = mine(signals), []
    for day in range(19, len(states), 7):
        lasting = lasting_bearish(np.array(states[: day + 1]))
        plan = proposed(portfolio, trending(int(states[day]), lasting))
        trades += [(t.asset_id, t.side) for t in plan.trades]
        portfolio = applied(portfolio, plan)
    assert trades == [(ETH, Side.SELL)]


@ACTING
@pytest.mark.parametrize(
    ("trend", "lasting", "is_early"),
    [
        (-1, None, True),
        (-1, False, True),
        (1, True, True),
        (-1, True, False),
        (1, False, False),
        (1, None, False),
    ],
)
def test_where_a_trend_turned_lately_nothing_is_traded_for_it_and_the_plan_says_so(
    signals: Signals, trend: int, lasting: bool | None, is_early: bool
) -> None:
    plan = proposed(mine(signals), trending(trend, lasting))
    about = [text for text in plan.warnings if text.startswith("ETH: trend")]
    said = (
        "ETH: trend not seen for 15 days as it is now: nothing is bought or sold for it"
        f" (signals = {signals.value})"
    )
    assert about == ([said] if is_early else [])
    assert bool(plan.trades) is (trend == -1 and lasting is True)


@ACTING
@pytest.mark.parametrize(("trend", "lasting"), [(-1, None), (-1, False), (1, True)])
@pytest.mark.parametrize("held", [0.30, 0.45])
def test_what_drifted_is_sold_to_its_target_and_not_bought_where_its_trend_turned_lately(
    signals: Signals, trend: int, lasting: bool | None, held: float
) -> None:
    market = trending(trend, lasting)
    wish = {BTC: 0.45, ETH: 0.38}
    policy = Policy(signals=signals, turnover=Decimal(1), fee=Decimal(0))
    plan = proposed(book(market, wish | {ETH: held}, targets=wish, policy=policy), market)
    assert {t.asset_id: t.side for t in plan.trades} == ({ETH: Side.SELL} if held > 0.4 else {})


def test_where_signals_do_not_act_nothing_is_said_of_them() -> None:
    plan = proposed(mine(Signals.TILT), trending(-1, None))
    assert not any("trend" in text for text in plan.warnings)


def test_a_supposed_trend_is_one_that_lasted() -> None:
    """So that `whatif` answers what is asked, and not what it would be in two weeks."""
    portfolio = mine(Signals.FOLLOW)
    supposed = Scenario(portfolio, trending(-1, None)).with_grade(ETH, trend=-1)
    assert [t.asset_id for t in proposed(portfolio, supposed.market).trades] == [ETH]
