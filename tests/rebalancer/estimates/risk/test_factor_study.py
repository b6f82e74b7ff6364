"""The factor model against the dense estimate that it replaced, on markets as they were known.

Skipped where the history is absent. The dense one is the whole market's correlation, pulled halfway
towards structure, of which a portfolio takes its block.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import numpy as np
import pytest

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import Array, Market
from portfolios.model.measures import risk_contributions
from rebalancer.estimates.risk.correlation import market_loading, pairwise, positive, shrunk
from rebalancer.estimates.risk.market_risk import MarketRisk, estimate_market
from rebalancer.estimates.risk.model import HORIZON_DAYS
from rebalancer.estimates.risk.standardise import standardised
from tests.real_history import needs_history
from tests.rebalancer.estimates.risk.history import market_at, weeks

pytestmark = [pytest.mark.campaign, needs_history]
DATES = list(weeks(date(2019, 1, 6), date(2023, 5, 28)))
WORST = {10: 1.0, 20: 2.3, 30: 1.4, 50: -0.3, 100: -3.8}
"""Largest excess of the negative log-likelihood per asset-day, times 1,000, by portfolio size."""
CLIP = 6.0


def by_rank(market: Market, risk: MarketRisk) -> list[str]:
    """The coins with an estimate of their own, the largest first."""
    core = {a for a, i in risk.place.items() if risk.traits.is_core[i]}
    return sorted(core, key=lambda a: (market.assets[a].rank or len(risk.place) + 999, a))


def dense(market: Market, core: list[str], sigma: Array) -> Array:
    """Covariance per day of all coins of a list, shape (n, n)."""
    x = standardised(market.bars.columns(core).close).x
    sample, known, _ = pairwise(x)
    sectors = [market.assets[a].sector for a in core]
    full = shrunk(sample, known, market_loading(sample, known), sectors, 0.5)
    return np.asarray(positive(full) * np.outer(sigma, sigma))


def surprise(covariance: Array, after: Array) -> tuple[float, int]:
    """Negative log-likelihood of the days of shape (7, n), and how many asset-days they are."""
    total, count, sigma = 0.0, 0, np.sqrt(np.diag(covariance))
    for day in after:
        told = np.isfinite(day)
        if told.any():
            bounded = np.clip(day, -CLIP * sigma, CLIP * sigma)[told]
            root = np.linalg.cholesky(covariance[np.ix_(told, told)])
            z = np.linalg.solve(root, bounded)
            total += 0.5 * float(z @ z) + float(np.log(np.diag(root)).sum())
            count += int(told.sum())
    return total, count


def excesses(dates: list[date]) -> dict[int, float]:
    """Factor model less dense estimate by portfolio size, per asset-day, times 1,000."""
    lost: dict[int, float] = defaultdict(float)
    seen: dict[int, int] = defaultdict(int)
    for day in dates:
        market, after = market_at(day)
        risk = estimate_market(market)
        core, every = by_rank(market, risk), sorted(market.assets)
        returns = after[:, [every.index(a) for a in core]]
        model = risk.of(core)
        full = dense(market, core, model.volatility / np.sqrt(HORIZON_DAYS))
        ours = model.covariance / HORIZON_DAYS
        np.testing.assert_allclose(np.diag(ours), np.diag(full), rtol=1e-9)
        for n in (n for n in WORST if n <= len(core)):
            mine, count = surprise(ours[:n, :n], returns[:, :n])
            lost[n] += mine - surprise(full[:n, :n], returns[:, :n])[0]
            seen[n] += count
    return {n: 1000.0 * lost[n] / seen[n] for n in lost}


def test_ten_factors_forecast_as_well_as_the_dense_estimate() -> None:
    found = excesses(DATES)
    print(f"{len(DATES)} dates: " + ", ".join(f"{n}: {x:+.1f}" for n, x in sorted(found.items())))
    assert set(found) == set(WORST)
    assert {n: x for n, x in found.items() if x > WORST[n]} == {}


def test_shares_of_risk_hardly_differ_from_those_of_the_dense_estimate() -> None:
    draw, changes = np.random.default_rng(0), []
    for day in DATES[::10]:
        market, _ = market_at(day)
        risk = estimate_market(market)
        core = by_rank(market, risk)
        model = risk.of(core)
        full = dense(market, core, model.volatility)
        for n in (10, 20, 40):
            rows = np.sort(draw.choice(len(core), n, replace=False))
            w, block = draw.dirichlet(np.ones(n)), np.ix_(rows, rows)
            one, other = (risk_contributions(w, c[block]) for c in (model.covariance, full))
            changes.extend(np.abs(one - other).tolist())
    points = 100.0 * np.array(changes)
    print(f"{len(points)} holdings: median {np.median(points):.3f} points, most {points.max():.2f}")
    assert np.median(points) < 0.12


def test_bitcoin_against_wrapped_bitcoin_keeps_a_tracking_error_of_a_basis() -> None:
    errors = []
    for day in DATES[::20]:
        market, _ = market_at(day)
        token = Asset("wbtc", "WBTC", "wbtc", "wrapped", kind=AssetKind.WRAPPED, underlying="BTC")
        model = estimate_market(market, [token]).of(["BTC", "wbtc"])
        apart = np.array([1.0, -1.0])
        errors.append(float(np.sqrt(apart @ model.covariance @ apart * 365 / HORIZON_DAYS)))
    print(f"tracking error a year: {np.median(errors):.1%}, {min(errors):.1%} to {max(errors):.1%}")
    assert 0.07 < np.median(errors) < 0.12
