"""A supposition: the plan as it is, the plan as it would be, and what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.errors import UsageError
from portfolios.model.plan import Decision, Plan
from portfolios.model.policy import Mode, Policy, Range
from portfolios.model.portfolio import Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.explanations.plan_diff import difference_of, in_money
from rebalancer.usecases.explanations.what_if import what_if
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.decision.example_portfolios import book

MARKET = sample_market()
HELD = {"bitcoin": 0.5, "ethereum": 0.2, "uniswap": 0.05, "dogecoin": 0.04}
TARGETS = {"bitcoin": 0.45, "ethereum": 0.3, "uniswap": 0.05, "dogecoin": 0.04}
POLICY = Policy(
    sectors={"meme": Range(max=Decimal("0.08"))},
    assets={"bitcoin": Range(max=Decimal("0.6"))},
    turnover=Decimal("0.2"),
)
MINE = book(MARKET, HELD, targets=TARGETS, policy=POLICY)
SAME = (
    "mode=full", "freed=cash", "turnover=20%", "sector.meme.max=8%", "asset.bitcoin.max=60%",
    "target.bitcoin=45%", "target.uniswap=0.05", "cash=0", "signals=default", "bands=5/25",
    f"price.bitcoin={MARKET.quotes['bitcoin'].price}",
    f"grade.ethereum={MARKET.grades['ethereum'].short}",
)  # fmt: skip


def plans(portfolio: Portfolio, *words: str) -> tuple[Plan, Plan]:
    made = what_if(analyse(portfolio, MARKET), words)
    assert made.now.plan is not None
    assert made.then.plan is not None
    return made.now.plan, made.then.plan


def must_be_the_same(words: set[str]) -> None:
    now, then = plans(MINE, *sorted(words))
    assert now == then
    assert difference_of(now, then).is_none


def test_supposing_what_is_so_gives_the_same_plan() -> None:
    must_be_the_same(set(SAME))
    assert plans(MINE, *SAME)[0] == propose(analyse(MINE, MARKET)).plan


def test_the_flow_and_the_mode_of_the_analysis_hold_in_both_plans() -> None:
    analysis = analyse(MINE, MARKET, flow=Decimal(5_000), mode=Mode.CASH_FLOW)
    made = what_if(analysis, ["turnover=20%"])
    assert made.now.plan == propose(analysis).plan
    assert made.then.plan is not None
    assert (made.then.plan.flow, made.then.plan.mode) == (5_000, "cash_flow")
    assert made.difference is not None
    assert made.difference.is_none


@pytest.mark.campaign
@settings(max_examples=60)
@given(st.sets(st.sampled_from(SAME), min_size=1))
def test_any_part_of_what_is_so_gives_the_same_plan(words: set[str]) -> None:
    must_be_the_same(words)


@settings(max_examples=3)
@given(st.sets(st.sampled_from(SAME), min_size=1))
def test_some_parts_of_what_is_so_give_the_same_plan(words: set[str]) -> None:
    must_be_the_same(words)


def test_a_tighter_limit_is_told_with_its_trades_and_its_cost() -> None:
    made = what_if(analyse(MINE, MARKET), ["sector.meme.max=1%"])
    difference = made.difference
    assert difference is not None
    (doge,) = [change for change in difference.trades if change.asset_id == "dogecoin"]
    assert in_money(doge.then) < 0 <= in_money(doge.now)
    assert [line.name for line in difference.limits_then] == ["sector.meme.max"]
    assert made.headline.startswith("book: with sector.meme.max=1%: ")
    assert " instead of " in made.headline
    assert "cost $" in made.headline


def test_the_other_way_round_everything_is_the_other_way_round() -> None:
    now, then = plans(MINE, "sector.meme.max=1%")
    there, back = difference_of(now, then), difference_of(then, now)
    assert [(c.then, c.now) for c in there.trades] == [(c.now, c.then) for c in back.trades]
    assert there.limits_then == back.limits_now
    assert [(z.then, z.now) for z in there.zones] == [(z.now, z.then) for z in back.zones]


def test_a_contradiction_is_an_answer_with_its_remedy() -> None:
    made = what_if(analyse(MINE, MARKET), ["sector.defi.min=30%", "sector.defi.max=20%"])
    assert made.then.plan is None
    assert made.difference is None
    assert "limits contradict each other" in made.headline
    assert made.then.hint == "smallest relaxation: sector.defi.max to 30%"
    beyond = what_if(analyse(MINE, MARKET), ["cash=-1000000"])
    assert "leaves nothing" in beyond.headline


def test_what_would_mend_a_contradiction_is_an_answer_as_well() -> None:
    broken = {"defi": Range(Decimal("0.3"), Decimal("0.2"))}
    torn = replace(MINE, policy=replace(POLICY, sectors=broken))
    made = what_if(analyse(torn, MARKET), ["sector.defi.max=40%"])
    assert made.now.plan is None
    assert made.then.plan is not None
    assert "as it is, limits contradict each other" in made.headline


def test_a_zone_that_ends_otherwise_is_told() -> None:
    now, then = plans(MINE, "trend.bitcoin=bearish")
    found = {(z.subject, z.rule): (z.now, z.then) for z in difference_of(now, then).zones}
    assert ("bitcoin", "bearish_weight") in found


def test_without_good_prices_nothing_is_proposed_and_a_supposed_price_mends_that() -> None:
    quote = MARKET.quotes["bitcoin"]
    old = replace(quote, at=quote.at - timedelta(days=4))
    stale = replace(MARKET, quotes={**MARKET.quotes, "bitcoin": old})
    made = what_if(analyse(MINE, stale), [f"price.bitcoin={quote.price}"])
    assert made.now.plan is not None
    assert made.now.plan.decision is Decision.WITHHELD
    assert made.then.plan is not None
    assert made.then.plan.decision is Decision.TRADE
    assert "nothing proposed: BTC" in what_if(analyse(MINE, stale), ["cash=5"]).headline


def test_a_word_that_means_nothing_stops_it() -> None:
    with pytest.raises(UsageError):
        what_if(analyse(MINE, MARKET), ["colour=red"])
