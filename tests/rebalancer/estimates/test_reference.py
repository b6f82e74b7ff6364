from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from portfolios.model.market import Grade, Market
from portfolios.model.policy import Policy, Signals
from portfolios.model.portfolio import Holding, Lock, LockKind, Portfolio
from portfolios.model.valuation import value_portfolio
from rebalancer.estimates.bands import band_of
from rebalancer.estimates.limits import limits_of
from rebalancer.estimates.reference import Reference, reference_of, wished_reference
from rebalancer.estimates.trade_bounds import bounds_of
from tests.rebalancer.estimates.markets import coin, graded, market_of, portfolio_of, stable

ASSETS = [coin("bitcoin", "layer1", rank=1), coin("ethereum", "layer1", rank=2), stable("usdc")]
HELD = {"bitcoin": 0.40, "ethereum": 0.38, "usdc": 0.1}
WEAK = graded(20.0, 50.0, -1)
STRONG = graded(80.0, 50.0, 1)


def reference(portfolio: Portfolio, market: Market, signals: Signals, flow: int = 0) -> Reference:
    policy = replace(portfolio.policy, signals=signals)
    valuation = value_portfolio(portfolio, market, flow=Decimal(flow))
    limits = limits_of(valuation, portfolio, market)
    bounds = bounds_of(valuation, portfolio, market, policy=policy)
    covariance = 0.04 * np.eye(len(limits.w_max))
    return reference_of(
        portfolio, valuation, market, limits, bounds, policy=policy, covariance=covariance
    )


def signalled(ethereum: Grade, signals: Signals, bitcoin: Grade = STRONG) -> list[float]:
    grades = {"bitcoin": bitcoin, "ethereum": ethereum}
    market = market_of(ASSETS, grades=grades)
    return [float(x) for x in reference(portfolio_of(market, HELD), market, signals).signalled]


def test_without_any_wish_the_reference_is_what_is_held_before_the_flow() -> None:
    market = market_of(ASSETS)
    found = reference(portfolio_of(market, HELD), market, Signals.IGNORE, flow=25_000)
    assert found.wished == pytest.approx(list(HELD.values()))
    assert (found.has_targets, found.is_recorded) == (False, False)
    assert found.cash == pytest.approx(0.12)


def test_targets_come_first_and_what_they_do_not_name_is_zero() -> None:
    market = market_of(ASSETS)
    portfolio = portfolio_of(
        market, HELD, targets={"bitcoin": Decimal("0.5")}, recorded={"usdc": Decimal(1)}
    )
    r0, has_targets, is_recorded = wished_reference(portfolio, value_portfolio(portfolio, market))
    assert r0.tolist() == [0.5, 0.0, 0.0]
    assert (has_targets, is_recorded) == (True, False)


def test_recorded_weights_stand_in_for_targets() -> None:
    market = market_of(ASSETS)
    recorded = {"bitcoin": Decimal(0), "ethereum": Decimal("0.4"), "usdc": Decimal(0)}
    portfolio = portfolio_of(market, HELD, recorded=recorded)
    valuation = value_portfolio(portfolio, market)
    r0, has_targets, is_recorded = wished_reference(portfolio, valuation)
    wished = dict(zip(valuation.asset_ids, r0.tolist(), strict=True))
    assert {a: wished[a] for a in recorded if a in wished} == {
        a: float(w) for a, w in recorded.items() if a in wished
    }
    assert (has_targets, is_recorded) == (False, True)


def test_what_had_no_recorded_weight_keeps_its_own_and_the_others_share_the_rest() -> None:
    market = market_of(ASSETS)
    portfolio = portfolio_of(market, HELD, recorded={"ethereum": Decimal("0.5")})
    valuation = value_portfolio(portfolio, market)
    r0, _, _ = wished_reference(portfolio, valuation)
    weights = dict(zip(valuation.asset_ids, valuation.weights(), strict=True))
    kept = sum(weight for asset, weight in weights.items() if asset != "ethereum")
    for asset, wished in zip(valuation.asset_ids, r0, strict=True):
        assert wished == pytest.approx(0.5 * (1 - kept) if asset == "ethereum" else weights[asset])


def test_a_portfolio_of_nothing_wishes_nothing() -> None:
    market = market_of(ASSETS)
    empty = Portfolio("p", holdings=(Holding("bitcoin", Decimal(0)),))
    r0, *_ = wished_reference(empty, value_portfolio(empty, market, flow=Decimal(1000)))
    assert r0.tolist() == [0.0]


@pytest.mark.parametrize(
    ("signals", "ethereum"),
    [(Signals.IGNORE, 0.38), (Signals.TILT, 0.38), (Signals.TRIM, 0.20), (Signals.FOLLOW, 0.0)],
)
def test_signals_lower_a_weak_holding_as_far_as_the_setting_says(
    signals: Signals, ethereum: float
) -> None:
    assert signalled(WEAK, signals) == pytest.approx([0.40, ethereum, 0.1])


@pytest.mark.parametrize("short", [10.0, 90.0, None])
def test_grades_whose_ranks_change_within_days_trim_nothing_and_spare_nothing(
    short: float | None,
) -> None:
    assert signalled(graded(short, 50.0, -1), Signals.TRIM)[1] == pytest.approx(0.20)
    assert signalled(graded(short, 50.0, 1), Signals.TRIM)[1] == pytest.approx(0.38)


@pytest.mark.parametrize("signals", [Signals.TRIM, Signals.FOLLOW])
@pytest.mark.parametrize(("trend", "lasting"), [(-1, False), (-1, None), (1, True), (0, True)])
def test_a_trend_that_turned_lately_lowers_no_aim_below_what_is_held(
    signals: Signals, trend: int, lasting: bool | None
) -> None:
    grade = replace(graded(20.0, 50.0, trend), lasting_bearish=lasting)
    assert signalled(grade, signals)[1] == pytest.approx(0.38)


def test_trimming_never_goes_below_five_percent_nor_above_the_wish() -> None:
    market = market_of(
        [coin("bitcoin", "layer1", rank=1), coin("doge", "meme"), coin("pepe", "meme")],
        grades={"bitcoin": STRONG, "doge": WEAK, "pepe": WEAK},
    )
    portfolio = portfolio_of(market, {"bitcoin": 0.3, "doge": 0.2, "pepe": 0.01})
    found = reference(portfolio, market, Signals.TRIM)
    assert found.signalled == pytest.approx([0.3, 0.05, 0.01])


@pytest.mark.parametrize("signals", [Signals.TRIM, Signals.FOLLOW])
def test_a_trend_or_grade_too_old_lowers_nothing(signals: Signals) -> None:
    old = graded(20.0, 50.0, -1, age=timedelta(days=8))
    undated = replace(WEAK, short_at=None)
    for grade in (old, undated):
        assert signalled(grade, signals) == pytest.approx([0.40, 0.38, 0.1])


@pytest.mark.parametrize("signals", [Signals.TRIM, Signals.FOLLOW])
def test_a_bearish_trend_of_what_is_locked_makes_nothing_else_shrink(signals: Signals) -> None:
    market = market_of(ASSETS, grades={"bitcoin": STRONG, "ethereum": WEAK})
    free = portfolio_of(market, HELD)
    held = tuple(
        replace(h, locks=(Lock(LockKind.NO_SELL),)) if h.asset_id == "ethereum" else h
        for h in free.holdings
    )
    found = reference(replace(free, holdings=held), market, signals)
    assert found.r == pytest.approx([0.40, 0.38, 0.1])


def test_a_stablecoin_is_never_trimmed_for_its_trend() -> None:
    market = market_of(ASSETS, grades={"usdc": WEAK, "bitcoin": STRONG})
    found = reference(portfolio_of(market, HELD), market, Signals.FOLLOW)
    assert found.signalled[2] == pytest.approx(0.1)


def test_what_a_signal_lowers_becomes_cash_and_not_other_coins() -> None:
    market = market_of(ASSETS, grades={"bitcoin": STRONG, "ethereum": WEAK})
    found = reference(portfolio_of(market, HELD), market, Signals.FOLLOW)
    assert found.r == pytest.approx([0.40, 0.0, 0.1])
    assert found.cash == pytest.approx(0.50)


def test_bands_are_a_quarter_between_one_and_five_points_or_the_stated_one() -> None:
    r = np.array([0.0, 0.02, 0.1, 0.2, 0.6])
    assert band_of(r, Policy()) == pytest.approx([0.01, 0.01, 0.025, 0.05, 0.05])
    assert band_of(r, Policy(band=Decimal("0.03"))) == pytest.approx([0.03] * 5)
