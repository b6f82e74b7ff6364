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
    ("trend", "lasting", "said"),
    [
        (-1, None, "bearish, but not seen so for 15 days yet: nothing is done about that"),
        (-1, False, "bearish, but not seen so for 15 days yet: nothing is done about that"),
        (1, True, "no longer bearish, but not for 15 days yet: still treated as bearish"),
        (-1, True, ""),
        (1, False, ""),
        (1, None, ""),
    ],
)
def test_a_plan_says_where_a_trend_turned_too_short_a_time_ago(
    signals: Signals, trend: int, lasting: bool | None, said: str
) -> None:
    plan = proposed(mine(signals), trending(trend, lasting))
    about = [text for text in plan.warnings if text.startswith("ETH: ") and "bearish" in text]
    assert about == ([f"ETH: {said} (signals = {signals.value})"] if said else [])
    assert bool(plan.trades) is bool(lasting)


def test_where_signals_do_not_act_nothing_is_said_of_them() -> None:
    plan = proposed(mine(Signals.TILT), trending(-1, None))
    assert not any("bearish" in text for text in plan.warnings)


def test_a_supposed_trend_is_one_that_lasted() -> None:
    """So that `whatif` answers what is asked, and not what it would be in two weeks."""
    portfolio = mine(Signals.FOLLOW)
    supposed = Scenario(portfolio, trending(-1, None)).with_grade(ETH, trend=-1)
    assert [t.asset_id for t in proposed(portfolio, supposed.market).trades] == [ETH]
