"""Proposals that a person nods at, each followed by a second run."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from portfolios.model.market import Market
from portfolios.model.plan import Decision, Plan, Side
from portfolios.model.policy import Freed, Policy, Signals
from portfolios.model.portfolio import Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.decision.example_portfolios import applied, book, cap, ignoring, sides, weight

BTC, ETH, SOL, UNI, DOGE, PEPE, LINK = (
    "bitcoin", "ethereum", "solana", "uniswap", "dogecoin", "pepe", "chainlink",
)  # fmt: skip


@pytest.fixture(scope="module")
def market() -> Market:
    return sample_market()


def bearish(market: Market, asset_id: str) -> Market:
    """The market with one asset in a lasting bearish trend, and with a weak grade."""
    others = {a: replace(g, lasting_bearish=False) for a, g in market.grades.items()}
    grade = replace(market.grades[asset_id], trend=-1, lasting_bearish=True, short=20.0)
    return replace(market, grades={**others, asset_id: grade})


def second_run(portfolio: Portfolio, plan: Plan, market: Market) -> Plan:
    return propose(analyse(applied(portfolio, plan), market)).plan


def memes(market: Market, turnover: str, freed: Freed = Freed.CASH) -> Portfolio:
    policy = ignoring(turnover=Decimal(turnover), freed=freed)
    return book(market, {DOGE: 0.2, PEPE: 0.2, BTC: 0.35, ETH: 0.2}, policy=policy)


def test_memes_four_times_over_their_cap_are_sold_to_its_inner_edge_and_nothing_is_bought(
    market: Market,
) -> None:
    portfolio = memes(market, "0.4")
    plan = propose(analyse(portfolio, market)).plan
    assert sides(plan) == {DOGE: "sell", PEPE: "sell"}
    # the sector may be 10%, its band is 2.5 points, and half of that is the margin
    assert weight(plan, DOGE) + weight(plan, PEPE) == pytest.approx(0.10 - 0.0125, abs=1e-4)
    assert weight(plan, DOGE) == pytest.approx(weight(plan, PEPE), abs=0.002)
    assert second_run(portfolio, plan, market).decision is Decision.HOLD


def test_freed_weight_is_spread_over_the_rest_where_the_user_says_so(market: Market) -> None:
    portfolio = memes(market, "0.4", Freed.SPREAD)
    plan = propose(analyse(portfolio, market)).plan
    assert sides(plan) == {BTC: "buy", DOGE: "sell", ETH: "buy", PEPE: "sell"}
    assert second_run(portfolio, plan, market).decision is Decision.HOLD


def test_the_turnover_limit_sells_a_part_reports_the_rest_and_goes_on_next_time(
    market: Market,
) -> None:
    portfolio = memes(market, "0.2")
    plan = propose(analyse(portfolio, market)).plan
    assert plan.turnover == pytest.approx(0.2, abs=1e-3)
    assert plan.turnover <= 0.2 + 1e-6
    left = next(line for line in plan.limits if line.name == "sector.meme.max")
    assert left.violation == pytest.approx(0.1, abs=1e-3)
    assert "left for the next run" in left.text
    again = second_run(portfolio, plan, market)
    assert sides(again) == {DOGE: "sell", PEPE: "sell"}
    assert second_run(applied(portfolio, plan), again, market).decision is Decision.HOLD


@pytest.mark.parametrize(
    ("held", "most"),
    [
        ({BTC: 0.48, ETH: 0.22, SOL: 0.09, UNI: 0.12}, 0.03),
        ({BTC: 0.32, ETH: 0.33, SOL: 0.10, UNI: 0.15}, 0.025),  # two coins that move together
    ],
)
def test_drift_is_brought_back_also_between_correlated_coins(
    market: Market, held: dict[str, float], most: float
) -> None:
    portfolio = book(market, held, targets={BTC: 0.40, ETH: 0.25, SOL: 0.10, UNI: 0.15})
    plan = propose(analyse(portfolio, market)).plan
    assert plan.drift == pytest.approx(0.08, abs=0.001)
    assert plan.proposed_drift <= most
    assert second_run(portfolio, plan, market).decision is Decision.HOLD


@pytest.mark.parametrize("policy", [ignoring(), Policy()])
def test_exactly_on_target_nothing_is_done(market: Market, policy: Policy) -> None:
    wish = {BTC: 0.40, ETH: 0.25, SOL: 0.15, UNI: 0.10, DOGE: 0.05, PEPE: 0.05}
    plan = propose(analyse(book(market, wish, targets=wish, policy=policy), market)).plan
    assert plan.decision is Decision.HOLD


def test_a_sector_over_its_cap_is_sold_pro_rata(market: Market) -> None:
    held = {BTC: 0.4, ETH: 0.25, SOL: 0.15, DOGE: 0.05, PEPE: 0.05, UNI: 0.05}
    portfolio = book(
        market, held, policy=ignoring(sectors=cap(layer1=0.6), turnover=Decimal("0.25"))
    )
    plan = propose(analyse(portfolio, market)).plan
    assert sides(plan) == {BTC: "sell", ETH: "sell", SOL: "sell"}
    for asset_id in (BTC, ETH, SOL):
        # a limit of 60% is mended to 57.5%, from 80%
        assert weight(plan, asset_id) == pytest.approx(57.5 / 80 * held[asset_id], abs=0.015)
    assert second_run(portfolio, plan, market).decision is Decision.HOLD


@pytest.mark.parametrize(
    ("signals", "left"),
    [(Signals.IGNORE, 0.38), (Signals.TILT, 0.38), (Signals.TRIM, 0.20), (Signals.FOLLOW, 0.0)],
)
def test_a_heavy_bearish_holding_moves_as_far_as_signals_may(
    market: Market, signals: Signals, left: float
) -> None:
    weak = bearish(market, ETH)
    held = {BTC: 0.42, ETH: 0.38, UNI: 0.05, LINK: 0.05}
    portfolio = book(weak, held, policy=Policy(signals=signals, turnover=Decimal("0.5")))
    plan = propose(analyse(portfolio, weak)).plan
    assert weight(plan, ETH) == pytest.approx(left, abs=0.0075)
    assert sides(plan) == ({ETH: "sell"} if left < 0.38 else {})
    assert any(f.rule == "bearish_weight" and f.subject == ETH for f in plan.zones)
    if plan.trades:
        assert second_run(portfolio, plan, weak).decision is Decision.HOLD


@pytest.mark.parametrize("signals", list(Signals))
def test_a_deposit_is_invested_pro_rata_and_not_into_bearish_trends(
    market: Market, signals: Signals
) -> None:
    held = {BTC: 0.45, ETH: 0.27, "litecoin": 0.05, LINK: 0.09}
    portfolio = book(market, held, policy=Policy(signals=signals))
    weak = bearish(market, "litecoin")
    plan = propose(analyse(portfolio, weak, flow=Decimal(25_000))).plan
    bought = {t.asset_id: t.notional for t in plan.trades if t.side is Side.BUY}
    sold = {t.asset_id for t in plan.trades if t.side is Side.SELL}
    assert sold == ({"litecoin"} if signals is Signals.FOLLOW else set())
    assert bought[BTC] / bought[ETH] == pytest.approx(Decimal(5) / 3, rel=Decimal("0.09"))
    assert signals is Signals.IGNORE or "litecoin" not in bought  # its trend is bearish
    first = next(t for t in plan.trades if t.side is Side.BUY)
    assert first.reasons[0].text == "invests the deposit of $25,000"
    assert second_run(portfolio, plan, weak).decision is Decision.HOLD


def test_a_withdrawal_sells_pro_rata_until_the_cash_is_there(market: Market) -> None:
    wish = {BTC: 0.6, ETH: 0.39}
    policy = ignoring(turnover=Decimal("0.05"))
    portfolio = book(market, wish, targets=wish, policy=policy)
    plan = propose(analyse(portfolio, market, flow=Decimal(-20_000))).plan
    assert sides(plan) == {BTC: "sell", ETH: "sell"}
    raised = sum(t.notional for t in plan.trades)
    assert 19_000 < raised < 20_000
    assert plan.proposed_cash >= 0
    assert plan.trades[0].notional / plan.trades[1].notional == pytest.approx(
        Decimal("1.54"), rel=Decimal("0.3")
    )
    assert second_run(portfolio, plan, market).decision is Decision.HOLD


def test_a_frozen_holding_over_its_sectors_cap_is_reported_and_not_traded(market: Market) -> None:
    policy = ignoring(sectors=cap(defi=0.25))
    portfolio = book(market, {UNI: 0.6, BTC: 0.25}, frozen=(UNI,), policy=policy)
    plan = propose(analyse(portfolio, market)).plan
    assert UNI not in sides(plan)
    line = next(line for line in plan.limits if line.name == "sector.defi.max")
    assert line.violation == pytest.approx(0.35, abs=1e-3)
    assert "cannot fix: locked" in line.text
    assert second_run(portfolio, plan, market).decision is Decision.HOLD


def test_what_is_neither_held_nor_wanted_is_never_bought(market: Market) -> None:
    portfolio = memes(market, "0.3", Freed.SPREAD)
    assert set(sides(propose(analyse(portfolio, market)).plan)) <= {BTC, ETH, DOGE, PEPE}
