"""The rules on the sample portfolios, through the real estimates."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from portfolios.loaders import load
from portfolios.model.assets import AssetKind
from portfolios.model.market import Market
from portfolios.model.measures import portfolio_volatility
from portfolios.model.plan import Zone
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import value_portfolio
from portfolios.providers.sample.market import sample_market
from portfolios.samples import SAMPLES, read_sample
from rebalancer.estimates.limits import limits_of
from rebalancer.estimates.reference import reference_of
from rebalancer.estimates.risk.market_risk import estimate_market
from rebalancer.estimates.trade_bounds import bounds_of
from rebalancer.zones import Situation, judge, overall


@cache
def market() -> Market:
    return sample_market()


@cache
def situation(name: str) -> Situation:
    portfolio: Portfolio = load(
        read_sample(name), source=f"{name}.toml", index=market().index()
    ).portfolio
    policy, valuation = portfolio.policy, value_portfolio(portfolio, market())
    limits = limits_of(valuation, portfolio, market())
    bounds = bounds_of(valuation, portfolio, market(), policy=policy)
    others = [position.asset for position in valuation.positions]
    risk = estimate_market(market(), others).of(valuation.asset_ids)
    return Situation(
        valuation=valuation,
        w=valuation.weights(),
        cash=valuation.cash_weight(),
        r=reference_of(
            portfolio,
            valuation,
            market(),
            limits,
            bounds,
            policy=policy,
            covariance=risk.covariance,
        ).r,
        limits=limits,
        bounds=bounds,
        risk=risk,
        market=market(),
        policy=policy,
    )


def alarms(name: str) -> set[tuple[str, str, str]]:
    return {
        (f.zone.value, f.code, f.subject)
        for f in judge(situation(name))
        if f.zone is not Zone.GREEN
    }


def test_the_orderly_sample_is_green() -> None:
    assert overall(judge(situation("core"))) is Zone.GREEN


def test_the_runaway_sample_breaks_its_sector_limit_and_holds_a_bearish_coin() -> None:
    found = alarms("growth")
    assert ("amber", "S1", "ai") in found
    assert ("amber", "H1", "solana") in found
    assert ("red", "H6", "solana") in found


def test_the_staked_sample_says_what_is_out_of_reach() -> None:
    found = alarms("staked")
    assert {zone for zone, code, _ in found if code == "P8"} == {"amber"}
    assert not [subject for zone, _, subject in found if zone == "grey"]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_quick_volatility_of_the_reference_is_near_that_of_the_risk_model(name: str) -> None:
    sit = situation(name)
    listed = sit.r * sit.listed  # the model also knows what has no prices
    model = portfolio_volatility(listed, sit.covariance)
    assert sit.usual.now == pytest.approx(model, rel=0.10)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_text_carries_a_figure_or_says_why_not(name: str) -> None:
    for finding in judge(situation(name)):
        assert finding.text
        assert 0.0 <= finding.severity <= 100.0
        if finding.value is not None and finding.code not in ("H1", "H10"):
            assert any(ch.isdigit() for ch in finding.text), finding


def test_only_stablecoins_have_a_peg() -> None:
    stables = {
        p.asset.asset_id
        for p in situation("core").valuation.positions
        if p.asset.kind is AssetKind.STABLE
    }
    assert {f.subject for f in judge(situation("core")) if f.code == "H8"} == stables
    assert np.isfinite(situation("core").covariance).all()
