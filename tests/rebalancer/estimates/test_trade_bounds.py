from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from portfolios.model.market import Market
from portfolios.model.policy import Mode, Policy, Signals
from portfolios.model.portfolio import Holding, Lock, LockKind, Portfolio, Restrictions, StatedPrice
from portfolios.model.valuation import value_portfolio
from rebalancer.estimates.trade_bounds import TradeBounds, bounds_of
from tests.rebalancer.estimates.markets import AS_OF, coin, graded, market_of, paths, portfolio_of

LATER = date(2027, 3, 1)


def boxes_in(
    market: Market, portfolio: Portfolio, *, flow: int = 0, mode: Mode = Mode.FULL,
    signals: Signals = Signals.TILT,
) -> TradeBounds:  # fmt: skip
    valuation = value_portfolio(portfolio, market, flow=Decimal(flow))
    policy = replace(portfolio.policy, mode=mode, signals=signals)
    return bounds_of(valuation, portfolio, market, policy=policy)


def one(lock: Lock | None = None, *, market: Market | None = None, **more: object) -> TradeBounds:
    """The box of a single holding of 40%."""
    market = market or market_of([coin("x")])
    portfolio = portfolio_of(market, {"x": 0.4})
    held = replace(portfolio.holdings[0], locks=(lock,) if lock else ())
    return boxes_in(market, replace(portfolio, holdings=(held,)), **more)  # type: ignore[arg-type]


def figures(bounds: TradeBounds) -> list[float]:
    """u_hi, v_hi, w_lock, frozen of the only asset."""
    rows = (bounds.u_hi, bounds.v_hi, bounds.w_lock, bounds.frozen)
    return [round(float(row[0]), 9) for row in rows]


@pytest.mark.parametrize(
    ("lock", "expected", "why"),
    [
        (None, [1, 0.4, 0, 0], ""),
        (Lock(LockKind.NO_BUY, reason="delisting"), [0, 0.4, 0, 0], "delisting"),
        (Lock(LockKind.NO_SELL), [1, 0, 0.4, 0], "may not be sold"),
        (Lock(LockKind.FROZEN, LATER, "staked"), [0, 0, 0.4, 1], "staked until 2027-03-01"),
        (
            Lock(LockKind.FROZEN, LATER, "vesting", Decimal(100)),
            [1, 0.3, 0.1, 0],
            "100 of it vesting until 2027-03-01",
        ),
        (Lock(LockKind.FROZEN, date(2026, 6, 1), "staked"), [1, 0.4, 0, 0], ""),
    ],
)
def test_a_lock_is_a_box(lock: Lock | None, expected: list[float], why: str) -> None:
    found = one(lock)
    assert figures(found) == expected
    assert found.why == (why,)


def test_an_asset_without_a_price_is_left_alone() -> None:
    market = market_of([coin("x"), coin("y")])
    portfolio = portfolio_of(market, {"x": 0.4, "y": 0.2})
    quotes = {"y": market.quotes["y"]}
    found = boxes_in(replace(market, quotes=quotes), portfolio)
    assert (found.u_hi[0], found.v_hi[0], found.frozen[0]) == (0.0, 0.0, 1.0)
    assert found.why[0] == "no price"


def test_a_restricted_token_is_frozen_for_who_may_not_trade_it() -> None:
    market = market_of([coin("x")])
    held = Holding(
        "house", Decimal(10), kind="security_token", sector="rwa",
        restrictions=Restrictions(accredited_only=True, transferable=None),
        stated=StatedPrice(Decimal(1000), AS_OF.date()),
    )  # fmt: skip
    portfolio = Portfolio("p", holdings=(held,), cash=Decimal(1000))
    found = boxes_in(market, portfolio)
    assert figures(found)[0::3] == [0, 1]
    assert found.why == ("transfer rule unknown; accredited investors only",)


def test_a_stated_price_that_grew_old_freezes_its_position() -> None:
    market = market_of([coin("x")])
    old = StatedPrice(Decimal(1000), AS_OF.date() - timedelta(days=101))
    held = Holding("house", Decimal(10), kind="security_token", stated=old)
    found = boxes_in(market, Portfolio("p", holdings=(held,), cash=Decimal(1000)))
    assert figures(found)[0] == 0
    assert found.frozen[0] == 1
    assert "days old" in found.why[0]


@pytest.mark.parametrize(
    ("targets", "candidates", "most"),
    [(None, ("y",), 1.0), ({"y": Decimal("0.1")}, (), 1.0), ({"y": Decimal(0)}, (), 0.0)],
)
def test_only_what_is_wanted_may_be_introduced(
    targets: dict[str, Decimal] | None, candidates: tuple[str, ...], most: float
) -> None:
    market = market_of([coin("x"), coin("y")])
    portfolio = portfolio_of(
        market, {"x": 0.4}, targets=targets, policy=Policy(candidates=candidates)
    )
    found = boxes_in(market, portfolio)
    ids = value_portfolio(portfolio, market).asset_ids
    assert dict(zip(ids, found.u_hi, strict=True)).get("y", 0.0) == most
    assert not any(found.why)  # nothing is held of it, so nothing stays as it is


@pytest.mark.parametrize(("bars", "most"), [(29, 0.0), (30, 1.0), (0, 0.0)])
def test_a_new_asset_is_not_bought(bars: int, most: float) -> None:
    close = paths(1)
    close[: 400 - bars] = np.nan
    found = one(market=market_of([coin("x")], close=close))
    assert found.u_hi[0] == most
    assert found.v_hi[0] == pytest.approx(0.4)


@pytest.mark.parametrize("signals", list(Signals))
def test_a_bearish_trend_is_not_added_to_where_signals_trim_or_follow(signals: Signals) -> None:
    market = market_of([coin("x")], grades={"x": graded(trend=-1)})
    found = one(market=market, signals=signals)
    banned = signals in (Signals.TRIM, Signals.FOLLOW)
    assert found.u_hi[0] == (0.0 if banned else 1.0)
    assert ("bearish" in found.why[0]) is banned
    assert found.v_hi[0] == pytest.approx(0.4)


def test_a_bearish_trend_of_last_month_forbids_nothing() -> None:
    dead = graded(trend=-1, age=timedelta(days=30))
    assert one(market=market_of([coin("x")], grades={"x": dead})).u_hi[0] == 1.0


def test_a_cash_flow_run_sells_nothing() -> None:
    for flow in (0, 20_000):
        assert figures(one(mode=Mode.CASH_FLOW, flow=flow))[1] == 0


def test_a_withdrawal_that_cash_covers_sells_nothing_in_a_cash_flow_run() -> None:
    assert figures(one(mode=Mode.CASH_FLOW, flow=-30_000))[1] == 0


def test_a_larger_withdrawal_may_sell_just_what_it_needs() -> None:
    market = market_of([coin("x"), coin("y")])
    portfolio = portfolio_of(market, {"x": 0.6, "y": 0.3})
    found = boxes_in(market, portfolio, flow=-20_000, mode=Mode.CASH_FLOW)
    short = 10_000 / 80_000
    assert found.v_hi.sum() == pytest.approx(1.05 * short)
    assert found.v_hi[0] == pytest.approx(2 * found.v_hi[1])
    assert found.w_lock == pytest.approx([0, 0])  # a mode is no lock


def test_a_withdrawal_never_opens_a_lock() -> None:
    found = one(Lock(LockKind.NO_SELL), mode=Mode.CASH_FLOW, flow=-70_000)
    assert figures(found)[1] == 0


def test_in_a_full_run_a_withdrawal_may_sell_everything_free() -> None:
    assert one(flow=-70_000).v_hi[0] == one(flow=-70_000).w_lock[0] + 40_000 / 30_000
