"""What has lost its peg, or what it stands for, is not bought and not aimed at above its weight."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.model.market import Market
from portfolios.model.plan import Plan, Zone
from portfolios.model.policy import Policy, Signals
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.examples import examples
from tests.rebalancer.decision.example_portfolios import book, ignoring, sides

MARKET = sample_market()
USDC, WBTC, STETH = "usd-coin", "wrapped-bitcoin", "staked-ether"
HELD = {"bitcoin": 0.50, "ethereum": 0.30, USDC: 0.03, WBTC: 0.03, STETH: 0.03}
WISH = {"bitcoin": 0.30, "ethereum": 0.20, USDC: 0.15, WBTC: 0.15, STETH: 0.15}


def fallen(asset_id: str, share: float) -> Market:
    quote = MARKET.quotes[asset_id]
    fell = replace(quote, price=quote.price * Decimal(str(round(1 - share, 6))))
    return replace(MARKET, quotes={**MARKET.quotes, asset_id: fell})


def proposed(market: Market, policy: Policy | None = None) -> Plan:
    return propose(analyse(book(market, HELD, targets=WISH, policy=policy), market)).plan


@pytest.mark.parametrize("asset_id", [USDC, WBTC, STETH])
def test_while_a_peg_holds_its_asset_is_bought(asset_id: str) -> None:
    assert sides(proposed(MARKET))[asset_id] == "buy"


@pytest.mark.parametrize("count", examples(always=8, campaign=500))
def test_what_is_red_for_its_peg_is_never_bought_or_aimed_at_above_its_weight(count: int) -> None:
    @settings(max_examples=count)
    @given(
        asset_id=st.sampled_from([USDC, WBTC, STETH]),
        share=st.floats(0.0, 0.9),
        signals=st.sampled_from(list(Signals)),
    )
    def holds(asset_id: str, share: float, signals: Signals) -> None:
        plan = proposed(fallen(asset_id, share), ignoring(signals=signals))
        own = [f for f in plan.zones if (f.rule, f.subject) == ("depeg", asset_id)]
        if own[0].zone is not Zone.RED:
            return
        position = next(p for p in plan.positions if p.asset_id == asset_id)
        assert sides(plan).get(asset_id) != "buy"
        assert position.reference_weight <= position.weight + 1e-9
        assert plan.reason.startswith(f"{position.symbol} is {own[0].text} and is not bought. ")

    holds()


@pytest.mark.parametrize(
    ("asset_id", "text"),
    [(USDC, "away from its peg"), (STETH, "below its usual price in ETH")],
)
def test_a_plan_leads_with_a_lost_peg_and_says_why_nothing_is_bought(
    asset_id: str, text: str
) -> None:
    plan = proposed(fallen(asset_id, 0.19))
    assert text in plan.reason.split(". ")[0]


def test_a_wrapped_coin_is_not_measured_against_a_price_in_doubt() -> None:
    quotes = dict(MARKET.quotes)
    quotes["ethereum"] = replace(quotes["ethereum"], quarantined="three times the last one")
    plan = proposed(replace(MARKET, quotes=quotes))
    own = next(f for f in plan.zones if (f.rule, f.subject) == ("depeg", STETH))
    assert own.zone is Zone.GREY
    assert own.text == "cannot tell: ETH, for which it stands, has no price to trust"


def test_a_staked_coin_that_earns_is_not_below_what_it_stands_for() -> None:
    grown = fallen(STETH, -0.30)
    own = [f for f in proposed(grown).zones if (f.rule, f.subject) == ("depeg", STETH)]
    assert [f.zone for f in own] == [Zone.GREEN]
