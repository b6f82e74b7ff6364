from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import Market
from portfolios.model.policy import Policy, Range
from portfolios.model.valuation import value_portfolio
from rebalancer.estimates.limits import Limits, limits_of
from tests.rebalancer.estimates.markets import coin, market_of, paths, portfolio_of, stable, wrapped

BITCOIN, ETHEREUM = coin("bitcoin", "layer1", rank=1), coin("ethereum", "layer1", rank=2)


def limits_in(market: Market, weights: dict[str, float], **more: object) -> Limits:
    portfolio = portfolio_of(market, weights, **more)
    return limits_of(value_portfolio(portfolio, market), portfolio, market)


def cap_of(asset: Asset, **more: object) -> float:
    market = market_of([asset], **more)  # type: ignore[arg-type]
    return float(limits_in(market, {asset.asset_id: 0.1}).w_max[0])


def stated(**ranges: tuple[str | None, str | None]) -> dict[str, Range]:
    def figure(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return {name: Range(figure(low), figure(high)) for name, (low, high) in ranges.items()}


@pytest.mark.parametrize(
    ("asset", "cap"),
    [
        (BITCOIN, 0.60),
        (ETHEREUM, 0.40),
        (coin("x", rank=20), 0.15),
        (coin("x", rank=21), 0.075),
        (coin("x", rank=None), 0.075),
        (coin("doge", "meme", rank=8), 0.05),
        (stable("usdc"), 1.0),
        (wrapped("wbtc", "bitcoin"), 1.0),
        (coin("house", "rwa", kind=AssetKind.SECURITY_TOKEN, rank=None), 1.0),
    ],
)
def test_an_asset_is_capped_by_what_it_is(asset: Asset, cap: float) -> None:
    assert cap_of(asset) == cap


def test_a_young_asset_may_be_three_percent() -> None:
    close = paths(1)
    close[:-179] = np.nan
    assert cap_of(coin("x", rank=3), close=close) == 0.03
    close = paths(1)
    close[:-180] = np.nan
    assert cap_of(coin("x", rank=3), close=close) == 0.15


def test_history_that_is_missing_or_cut_short_forces_no_sale() -> None:
    assert cap_of(BITCOIN, close=np.full((400, 1), np.nan)) == 0.60
    assert cap_of(BITCOIN, close=paths(1, days=90)) == 0.60


def test_an_asset_is_capped_by_what_three_days_of_a_tenth_of_its_volume_can_sell() -> None:
    volume = np.full((400, 1), 1e9)
    volume[-30:] = 10_000.0
    volume[-5:] = np.nan
    volume[-6] = 1e12  # one wild day is no liquidity
    assert cap_of(BITCOIN, volume=volume) == pytest.approx(3 * 0.10 * 10_000 / 100_000)


def test_unknown_volume_caps_nothing() -> None:
    assert cap_of(BITCOIN, volume=np.nan) == 0.60


def test_a_target_raises_a_default_cap_and_says_so() -> None:
    market = market_of([BITCOIN, coin("x")])
    found = limits_in(market, {"x": 0.1}, targets={"x": Decimal("0.5"), "bitcoin": Decimal("0.3")})
    assert found.w_max.tolist() == [0.60, 0.55]
    assert found.S_hi[found.sector_names.index("defi")] == 0.55
    assert found.raised == {"asset.x.max", "sector.defi.max"}
    assert not found.stated


def test_a_stated_cap_wins_over_a_target() -> None:
    policy = Policy(assets=stated(x=(None, "0.2")), sectors=stated(defi=(None, "0.1")))
    found = limits_in(
        market_of([coin("x")]), {"x": 0.1}, targets={"x": Decimal("0.5")}, policy=policy
    )
    assert found.w_max.tolist() == [0.2]
    assert found.S_hi.tolist() == [0.1]
    assert found.stated == {"asset.x.max", "sector.defi.max"}
    assert not found.raised


@pytest.mark.parametrize(
    ("sector", "cap"),
    [("layer1", 0.80), ("meme", 0.10), ("stablecoin", 1.0), ("wrapped_staked", 1.0), ("ai", 0.35)],
)
def test_a_sector_is_capped_by_its_name(sector: str, cap: float) -> None:
    assert limits_in(market_of([coin("x", sector)]), {"x": 0.1}).S_hi.tolist() == [cap]


def test_floors_are_the_stated_ones_and_lift_a_default_cap_below_them() -> None:
    policy = Policy(
        sectors=stated(defi=("0.5", None), ai=("0.1", None)), cash_buffer=Decimal("0.2")
    )
    found = limits_in(market_of([coin("x"), coin("y")]), {"x": 0.1, "y": 0.1}, policy=policy)
    assert found.sector_names == ("ai", "defi")  # a sector that is only wished is there too
    assert found.S_lo.tolist() == [0.1, 0.5]
    assert found.S_hi.tolist() == [0.35, 0.55]
    inner = found.inner(found)
    assert inner.S_lo.tolist() == [0.1125, 0.525]
    assert inner.w_max.sum() >= inner.S_lo[1]
    assert found.b_min == 0.2
    assert found.stated == {"sector.ai.min", "sector.defi.min", "buffer"}
    assert {"sector.defi.max", "asset.x.max", "asset.y.max"} <= found.raised


def test_an_asset_in_two_sectors_counts_in_both_by_its_share() -> None:
    both = replace(coin("x"), membership={"ai": 0.25, "defi": 0.75})
    found = limits_in(market_of([both]), {"x": 0.1})
    assert found.sector_names == ("ai", "defi")
    assert found.M.tolist() == [[0.25, 0.75]]


@pytest.mark.parametrize(
    ("price", "counts"), [("1", 1.0), ("0.98", 1.0), ("0.979", 0.0), ("1.02", 1.0), ("1.021", 0.0)]
)
def test_only_a_stablecoin_near_its_peg_is_a_reserve(price: str, counts: float) -> None:
    market = market_of([stable("usdc", "circle")], prices={"usdc": price})
    found = limits_in(market, {"usdc": 0.1})
    assert found.m_stable.tolist() == [counts]
    assert found.issuers == ("circle",)


@pytest.mark.parametrize(("price", "counts"), [("0.92", 1.0), ("0.905", 1.0), ("0.89", 0.0)])
def test_a_dollar_stablecoin_is_a_reserve_in_a_euro_book_by_its_own_peg(
    price: str, counts: float
) -> None:
    peers = [stable(name) for name in ("usdc", "tether", "dai")]
    market = market_of(peers, prices={"usdc": price, "tether": "0.92", "dai": "0.921"})
    euros = replace(market, currency="eur")
    made = replace(portfolio_of(euros, {"usdc": 0.1}), currency="eur")
    found = limits_of(value_portfolio(made, euros), made, euros)
    assert found.m_stable.tolist() == [counts]


def test_a_quarantined_stablecoin_is_no_reserve_and_a_coin_never_is() -> None:
    market = market_of([stable("usdc"), coin("x")], prices={"x": "1"})
    bad = replace(market.quotes["usdc"], quarantined="two sources disagree")
    market = replace(market, quotes={**market.quotes, "usdc": bad})
    found = limits_in(market, {"usdc": 0.1, "x": 0.1})
    assert found.m_stable.tolist() == [0.0, 0.0]
    assert found.issuers == ("usdc", "")


def test_an_empty_portfolio_has_limits_without_assets() -> None:
    found = limits_in(market_of([coin("x")]), {})
    assert found.w_max.shape == (0,)
    assert found.M.shape == (0, 0)
