from __future__ import annotations

import numpy as np
import pytest

from portfolios.model.assets import AssetKind
from portfolios.model.market import Array
from rebalancer.estimates.risk.market_risk import MarketRisk, estimate_market
from rebalancer.estimates.risk.proxies import (
    BASIS,
    PEER_QUANTILE,
    PRIOR_DAYS,
    STABLE_FLOOR,
    underlying_places,
)
from tests.rebalancer.estimates.markets import coin, market_of, paths, stable, wrapped

PEERS = [coin(f"p{i}") for i in range(5)]


def peers_and(*more: object, close: Array, others: tuple[object, ...] = ()) -> MarketRisk:
    """Five seasoned assets of one sector of different volatility, and others beside them."""
    scale = np.array([0.5, 0.8, 1.0, 1.4, 2.0])
    calm = np.exp(np.log(paths(5) / 100) * scale)
    both = np.column_stack([calm, close]) if close.shape[1] else calm
    return estimate_market(market_of([*PEERS, *more], close=both), list(others))  # type: ignore[list-item]


def daily(found: MarketRisk, asset_id: str) -> float:
    return float(found.of([asset_id]).volatility[0] / np.sqrt(30))


def correlation(found: MarketRisk, a: str, b: str) -> float:
    block = found.of([a, b]).covariance
    return float(block[0, 1] / np.sqrt(block[0, 0] * block[1, 1]))


def upper_quartile(found: MarketRisk) -> float:
    return float(np.quantile([daily(found, p.asset_id) for p in PEERS], PEER_QUANTILE))


def since(days: int, path: Array) -> Array:
    out = path.copy()
    out[: len(out) - days] = np.nan
    return out[:, None]


def test_a_calm_stablecoin_is_not_riskless_and_moves_with_nothing_else() -> None:
    found = peers_and(stable("usdc"), stable("dai"), close=np.ones((400, 2)))
    assert daily(found, "usdc") == pytest.approx(STABLE_FLOOR)
    assert correlation(found, "usdc", "dai") == pytest.approx(0.5)
    assert correlation(found, "usdc", "p0") == pytest.approx(0.0, abs=1e-12)


def test_a_stablecoin_that_moves_keeps_its_own_volatility() -> None:
    shaky = 1 + 0.02 * (np.arange(400) % 2)
    found = peers_and(stable("shaky"), close=shaky[:, None])
    assert daily(found, "shaky") > 10 * STABLE_FLOOR


def test_a_wrapped_asset_follows_its_underlying_with_a_basis() -> None:
    found = peers_and(wrapped("wp2", "p2"), close=np.full((400, 1), np.nan))
    assert daily(found, "wp2") == pytest.approx(np.hypot(daily(found, "p2"), BASIS))
    assert correlation(found, "wp2", "p2") == pytest.approx(0.99, abs=1e-6)


def test_what_wraps_a_wrapped_asset_goes_down_to_the_last_one() -> None:
    found = peers_and(
        wrapped("a-outer", "m-inner"), wrapped("m-inner", "p2"), close=np.full((400, 2), np.nan)
    )
    assert daily(found, "a-outer") == daily(found, "m-inner")
    assert correlation(found, "a-outer", "p2") == pytest.approx(0.99, abs=1e-6)
    assert correlation(found, "a-outer", "m-inner") == pytest.approx(0.99**2, abs=1e-6)


def test_assets_that_wrap_each_other_stand_for_nobody() -> None:
    assert underlying_places([wrapped("a", "b"), wrapped("b", "a"), wrapped("c", "c")]) == {}


def test_a_new_asset_takes_the_upper_quartile_of_its_sector() -> None:
    sleepy = 100 + 0.01 * np.arange(400.0)
    found = peers_and(coin("new"), close=since(20, sleepy))
    assert daily(found, "new") == pytest.approx(upper_quartile(found))
    assert found.of(["new"]).history_days.tolist() == [19]


def test_a_young_asset_is_blended_with_its_peers_by_its_days() -> None:
    calm = 100 * np.exp(0.01 * (np.arange(400) % 2))  # 1% up and down every day
    found = peers_and(coin("young"), close=since(91, calm))
    n, peer = 90, upper_quartile(found)
    expected = np.sqrt((n * 0.01**2 + PRIOR_DAYS * peer**2) / (n + PRIOR_DAYS))
    assert daily(found, "young") == pytest.approx(expected, rel=1e-9)


def test_a_young_assets_own_beta_counts_beside_the_prior() -> None:
    draw = np.random.default_rng(2)
    market = np.log(paths(5) / 100).mean(axis=1)
    alike = 100 * np.exp(market + np.cumsum(draw.normal(0, 0.002, 400)))
    apart = 100 * np.exp(np.cumsum(draw.normal(0, 0.03, 400)))
    found = peers_and(
        coin("alike"), coin("apart"), close=np.hstack([since(150, alike), since(150, apart)])
    )
    assert correlation(found, "alike", "p2") > correlation(found, "apart", "p2") + 0.2


def test_a_security_token_without_bars_is_no_calmer_than_its_peers() -> None:
    token = coin("house", kind=AssetKind.SECURITY_TOKEN, rank=None)
    found = peers_and(close=np.zeros((400, 0)), others=(token,))
    assert daily(found, "house") == pytest.approx(upper_quartile(found))


def test_a_sector_nobody_knows_is_measured_by_the_whole_market() -> None:
    lonely = coin("lonely", "nowhere")
    found = peers_and(close=np.zeros((400, 0)), others=(lonely,))
    assert daily(found, "lonely") == pytest.approx(upper_quartile(found))


def test_a_price_that_stands_still_is_at_least_as_wild_as_the_middle_of_its_peers() -> None:
    still = np.full(400, 7.0)
    still[100:] = 7.5
    found = peers_and(coin("still"), close=still[:, None])
    middle = np.median([daily(found, p.asset_id) for p in PEERS])
    assert daily(found, "still") == pytest.approx(middle)
    assert correlation(found, "still", "p2") > 0.3
