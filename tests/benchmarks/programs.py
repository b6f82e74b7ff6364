"""Programs that every candidate can state: one market, many portfolios, all of them feasible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portfolios.model.market import Array
from rebalancer.optimiser.inputs import Inputs, PenaltyPrices

FACTORS, SECTORS = 10, 8
TURNOVER, RISK_AVERSION, TRACKING = 0.25, 5.0, 0.1


@dataclass(frozen=True)
class MarketModel:
    """What all portfolios of one size share.

    Attributes:
        B: loadings, shape (n, k); d: own volatility, shape (n,).
        home: sector of each asset, shape (n,).
    """

    B: Array
    d: Array
    home: Array

    @property
    def members(self) -> Array:
        """Membership, shape (n, s)."""
        return np.asarray(self.home[:, None] == np.arange(SECTORS), dtype=float)

    @property
    def covariance(self) -> Array:
        """Covariance with the price of tracking in its diagonal, shape (n, n)."""
        own = self.d**2 + TRACKING / RISK_AVERSION
        return np.asarray(self.B @ self.B.T + np.diag(own))


def market_model(n: int) -> MarketModel:
    """Return one market of n assets."""
    rng = np.random.default_rng(n)
    loadings = rng.normal(0, 0.05, (n, FACTORS))
    loadings[:, 0] = rng.uniform(0.1, 0.3, n)
    return MarketModel(loadings, rng.uniform(0.05, 0.3, n), rng.integers(0, SECTORS, n))


def program(market: MarketModel, seed: int) -> Inputs:
    """Return one portfolio's program: some holdings locked, some over their caps."""
    rng, n = np.random.default_rng((seed, len(market.d))), len(market.d)
    w0 = 0.9 * rng.dirichlet(np.full(n, 0.7))
    over = rng.random(n) < 0.1
    w_max = np.where(over, 0.9 * w0, np.maximum(1.5 * w0, 3.0 / n))
    locked = (rng.random(n) < 0.1) & ~over
    exposure = market.members.T @ w0
    none = np.zeros(n)
    kappa = rng.uniform(0.0002, 0.006, n)
    return Inputs(
        assets=tuple(f"a{i}" for i in range(n)), alpha=rng.normal(0, 0.01, n),
        B=market.B, d=market.d, lam=RISK_AVERSION, theta=TRACKING,
        r=0.9 * rng.dirichlet(np.full(n, 2.0)), w0=w0, c0=float(1 - w0.sum()), flow=0.0,
        kappa_buy=kappa, kappa_sell=kappa, u_lo=none, u_hi=np.where(locked, 0.0, 1.0), v_lo=none,
        v_hi=np.where(locked, 0.0, w0), w_lock=np.where(locked, w0, 0.0), w_max=w_max,
        sector_names=tuple(f"s{j}" for j in range(SECTORS)), M=market.members,
        S_lo=np.zeros(SECTORS), S_hi=np.maximum(exposure + 0.02, 0.1), m_stable=none, b_min=0.0,
        turnover_max=TURNOVER, vol_max=None, c_hard=0.0, min_trade=0.0,
        prices=PenaltyPrices(asset=2.0, sector_hi=2.0, sector_lo=1.0, buffer=2.0),
    )  # fmt: skip


def bounds(p: Inputs) -> tuple[Array, Array]:
    """Return the least and the most weight of each asset: locks, caps, and nothing below 0."""
    high = np.minimum(p.w0 + p.u_hi, np.maximum(p.w_max, p.w_lock))
    return np.minimum(p.w0 - p.v_hi, high), high


def worst_violation(p: Inputs, w: Array) -> float:
    """Return by how much weights, shape (n,), break the worst of the limits."""
    low, high = bounds(p)
    bought, sold = np.maximum(w - p.w0, 0.0), np.maximum(p.w0 - w, 0.0)
    paid = p.kappa_buy @ bought + p.kappa_sell @ sold
    limits = [
        low - w, w - high, p.M.T @ w - p.S_hi,
        [bought.sum() - p.turnover_max, sold.sum() - p.turnover_max, w.sum() + paid - 1.0],
    ]  # fmt: skip
    return float(max(np.max(each) for each in limits))


def objective(p: Inputs, w: Array) -> float:
    """Return what is maximised, shape (n,) weights."""
    bought, sold, away = np.maximum(w - p.w0, 0.0), np.maximum(p.w0 - w, 0.0), w - p.r
    y, own = p.B.T @ away, p.d * away
    risk = 0.5 * p.lam * (y @ y + own @ own) + 0.5 * p.theta * away @ away
    return float(p.alpha @ w - risk - p.kappa_buy @ bought - p.kappa_sell @ sold)
