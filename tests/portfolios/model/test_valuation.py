"""A portfolio at a market's prices: what counts, what is grey, what withholds, what may be sold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from portfolios.errors import InputError
from portfolios.model.market import Market
from portfolios.model.portfolio import (
    Holding,
    Investor,
    Lock,
    LockKind,
    Portfolio,
    Restrictions,
    StatedPrice,
)
from portfolios.model.valuation import after_trades, value_portfolio
from portfolios.providers.sample.market import sample_market


@pytest.fixture(scope="module")
def market() -> Market:
    return sample_market()


def held(**changes: object) -> Portfolio:
    return Portfolio("p", holdings=(replace(Holding("bitcoin", Decimal(3)), **changes),))


def test_weights_and_cash_sum_to_one_after_a_flow(market: Market) -> None:
    portfolio = Portfolio("p", cash=Decimal(100), holdings=(Holding("solana", Decimal(2)),))
    valuation = value_portfolio(portfolio, market, flow=Decimal(50))
    price = market.quotes["solana"].price
    assert valuation.value == 2 * price + 150
    assert valuation.weights().sum() + valuation.cash_weight() == pytest.approx(1)


def test_two_coins_with_one_symbol_are_called_by_their_ids(market: Market) -> None:
    lunas = ("terra-luna", "terra-luna-2")
    held = tuple(Holding(asset_id, Decimal(9)) for asset_id in ("bitcoin", *lunas))
    both = value_portfolio(Portfolio("p", holdings=held), market)
    assert [p.asset.symbol for p in both.positions] == ["BTC", *lunas]
    one = value_portfolio(Portfolio("p", holdings=held[:2]), market)
    assert [p.asset.symbol for p in one.positions] == ["BTC", "LUNA"]


def test_what_nobody_knows_is_called_by_its_whole_id(market: Market) -> None:
    (position,) = value_portfolio(held(asset_id="bitconnect"), market).positions
    assert position.asset.symbol == "BITCONNECT"


def test_what_is_only_wished_stands_in_the_valuation_with_nothing(market: Market) -> None:
    portfolio = replace(held(), targets={"uniswap": Decimal("0.2"), "nobody": Decimal("0.1")})
    assert value_portfolio(portfolio, market).asset_ids == ("bitcoin", "uniswap")


@pytest.mark.parametrize(
    ("locks", "free"),
    [
        ((), 3),
        ((Lock(LockKind.FROZEN),), 0),
        ((Lock(LockKind.NO_BUY),), 3),
        (
            (
                Lock(LockKind.FROZEN, quantity=Decimal(1)),
                Lock(LockKind.NO_SELL, quantity=Decimal(2)),
            ),
            1,
        ),
        ((Lock(LockKind.FROZEN, quantity=Decimal(9)),), 0),
        ((Lock(LockKind.FROZEN, until=date(2026, 11, 22)),), 3),
        ((Lock(LockKind.FROZEN, until=date(2026, 11, 23)),), 0),
    ],
)
def test_what_locks_leave_to_sell(market: Market, locks: tuple[Lock, ...], free: int) -> None:
    (position,) = value_portfolio(held(locks=locks), market).positions
    assert position.free == free


@pytest.mark.parametrize(("days", "grey"), [(99, False), (102, True)])
def test_an_old_stated_price_makes_the_total_unknown_and_withholds_nothing(
    market: Market, days: int, grey: bool
) -> None:
    stated = StatedPrice(Decimal("12.5"), market.as_of.date() - timedelta(days=days))
    token = held(asset_id="acme", kind="security_token", stated=stated)
    valuation = value_portfolio(token, market)
    assert bool(valuation.positions[0].grey) is grey
    assert valuation.withheld == ()
    assert valuation.value == Decimal("37.5")
    assert valuation.total.is_known is not grey


def test_the_market_knows_better_than_a_stated_price(market: Market) -> None:
    stated = StatedPrice(Decimal(1000), market.as_of.date())
    (position,) = value_portfolio(held(stated=stated), market).positions
    assert position.price == market.quotes["bitcoin"].price


def test_no_stated_price_stands_in_for_one_that_was_not_pulled_yet(market: Market) -> None:
    quotes = {a: q for a, q in market.quotes.items() if a != "bitcoin"}
    early = replace(market, quotes=quotes, awaited=frozenset({"bitcoin"}))
    stated = StatedPrice(Decimal(1000), market.as_of.date())
    assert value_portfolio(held(stated=stated), early).withheld == ("BTC: no price pulled yet",)


def test_an_asset_stands_in_the_sectors_where_the_user_put_it(market: Market) -> None:
    (moved_,) = value_portfolio(held(sector="infra"), market).positions
    assert moved_.asset.sectors == {"infra": 1.0}
    shares = {"infra": Decimal("0.25"), "layer1": Decimal("0.75")}
    (split,) = value_portfolio(held(membership=shares), market).positions
    assert split.asset.sectors == {"infra": 0.25, "layer1": 0.75}
    assert split.asset.sector == "layer1"


@pytest.mark.parametrize(("hours", "withheld"), [(49, False), (51, True)])
def test_an_old_market_price_withholds(market: Market, hours: int, withheld: bool) -> None:
    quote = replace(market.quotes["bitcoin"], at=market.as_of - timedelta(hours=hours))
    old = replace(market, quotes={**market.quotes, "bitcoin": quote})
    assert bool(value_portfolio(held(), old).withheld) is withheld


def test_trades_move_quantities_at_the_same_prices(market: Market) -> None:
    before = value_portfolio(held(), market)
    after = after_trades(before, {"bitcoin": Decimal(1)}, Decimal(7))
    assert after.value == market.quotes["bitcoin"].price + 7


@pytest.mark.parametrize(
    ("rules", "investor", "kinds"),
    [
        (Restrictions(), Investor(), []),
        (Restrictions(accredited_only=True), Investor(accredited=True), []),
        (Restrictions(accredited_only=True), Investor(), [LockKind.NO_BUY]),
        (Restrictions(countries_allowed=("DE",)), Investor(country="DE"), []),
        (Restrictions(countries_allowed=("DE",)), Investor(country="US"), [LockKind.NO_BUY]),
        (Restrictions(countries_allowed=("DE",)), Investor(), [LockKind.FROZEN]),
        (Restrictions(transferable=None), Investor(), [LockKind.FROZEN]),
        (Restrictions(lockup_until=date(2027, 1, 1)), Investor(), [LockKind.FROZEN]),
        (Restrictions(max_holders_reached=True), Investor(), [LockKind.NO_BUY]),
    ],
)
def test_restrictions_become_locks_and_what_is_unknown_freezes(
    rules: Restrictions, investor: Investor, kinds: list[LockKind]
) -> None:
    assert [lock.kind for lock in rules.locks(investor)] == kinds


@pytest.mark.parametrize(("is_sample", "setting"), [(False, True), (True, False)])
def test_no_figure_is_made_of_prices_in_another_currency(
    market: Market, is_sample: bool, setting: bool
) -> None:
    with pytest.raises(InputError, match="p is in eur, the market in usd") as refused:
        value_portfolio(replace(held(), currency="eur"), replace(market, is_sample=is_sample))
    assert 'currency = "usd"' in refused.value.hint
    assert ("REBALANCER_CURRENCY=eur" in refused.value.hint) is setting


@pytest.mark.parametrize(("ahead", "is_known"), [(0, True), (1, True), (3, False), (200, False)])
def test_a_stated_price_of_a_day_to_come_is_no_price(
    market: Market, ahead: int, is_known: bool
) -> None:
    day = market.as_of.date() + timedelta(days=ahead)
    house = Holding("house", Decimal(1), stated=StatedPrice(Decimal(500), day))
    total = value_portfolio(Portfolio("p", holdings=(house,)), market).total
    assert total.is_known is is_known
