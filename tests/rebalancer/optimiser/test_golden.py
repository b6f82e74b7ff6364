"""Answers that can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.solve import solve

COST = 0.002


def pair(*, alpha: float = 0.0, cost: float = 0.0, drift: float = 0.0) -> Inputs:
    """Two assets in one sector, the first with a wish of 40%; risk of its own only."""
    w0 = np.array([0.4 + drift, 0.3])
    return Inputs(
        assets=("one", "two"), alpha=np.array([alpha, 0.0]),
        B=np.zeros((2, 1)), d=np.array([0.2, 0.3]), lam=5.0, theta=0.1, r=np.array([0.4, 0.3]),
        w0=w0, c0=float(1 - w0.sum()), flow=0.0,
        kappa_buy=np.full(2, cost), kappa_sell=np.full(2, cost),
        u_lo=np.zeros(2), u_hi=np.ones(2), v_lo=np.zeros(2), v_hi=w0, w_lock=np.zeros(2),
        w_max=np.ones(2), sector_names=("all",), M=np.ones((2, 1)), S_lo=np.zeros(1),
        S_hi=np.ones(1), m_stable=np.zeros(2), b_min=0.0, turnover_max=1.0, vol_max=None,
        c_hard=0.0, min_trade=0.0,
    )  # fmt: skip


def test_without_costs_the_tilt_is_alpha_over_curvature() -> None:
    answer = solve(pair(alpha=0.01))
    assert answer.w[0] - 0.4 == pytest.approx(0.01 / (5 * 0.2**2 + 0.1), abs=1e-7)


@pytest.mark.parametrize("side", [1, -1])
def test_trading_starts_exactly_at_the_edge_of_the_no_trade_region(side: int) -> None:
    edge = COST / (5 * 0.2**2 + 0.1)  # the pull back at this drift just pays the cost
    inside, outside = (
        pair(cost=COST, drift=side * (edge - 1e-4)),
        pair(cost=COST, drift=side * (edge + 1e-4)),
    )
    assert abs(solve(inside).w[0] - inside.w0[0]) < 1e-6
    assert solve(outside).w[0] == pytest.approx(0.4 + side * edge, abs=2e-6)


def test_no_alpha_and_no_drift_mean_no_trade() -> None:
    answer = solve(pair(cost=COST))
    assert not answer.u.any()
    assert not answer.v.any()


def test_the_price_of_a_binding_sector_cap_is_what_moving_it_gains() -> None:
    inputs = replace(pair(alpha=0.01), S_hi=np.array([0.68]), M=np.ones((2, 1)))
    dual = solve(inputs).duals.sector_hi[0]
    step = 1e-4
    looser = solve(replace(inputs, S_hi=np.array([0.68 + step]))).objective
    tighter = solve(replace(inputs, S_hi=np.array([0.68 - step]))).objective
    assert dual > 1e-4
    assert (looser - tighter) / (2 * step) == pytest.approx(dual, rel=1e-3)


def test_a_frozen_asset_over_its_cap_stays_and_the_rest_is_solved() -> None:
    inputs = pair()
    frozen = replace(
        inputs, w_max=np.array([0.2, 1.0]), u_hi=np.array([0.0, 1.0]),
        v_hi=np.array([0.0, 0.3]), w_lock=np.array([0.4, 0.0]),
    )  # fmt: skip
    answer = solve(frozen)
    assert answer.w[0] == 0.4
    assert answer.status == "optimal"


def test_a_withdrawal_sells_exactly_the_cash_it_needs() -> None:
    w0 = np.array([0.65, 0.45])
    poor = replace(pair(cost=COST), w0=w0, v_hi=w0, r=w0, c0=-0.10, flow=-0.2)
    answer = solve(poor)
    assert answer.c == pytest.approx(0.0, abs=1e-8)
    assert float(answer.v.sum()) * (1 - COST) == pytest.approx(0.10, abs=1e-8)
    assert not answer.u.any()


def test_with_no_turnover_a_deposit_is_spent_and_nothing_is_sold() -> None:
    w0 = np.array([0.30, 0.20])
    rich = replace(pair(), w0=w0, v_hi=w0, c0=0.5, flow=0.2, turnover_max=0.0)
    assert float(solve(rich).u.sum()) == pytest.approx(0.2, abs=1e-4)  # the top is flat
    w0 = np.array([0.50, 0.10])
    heavy = replace(pair(), w0=w0, v_hi=w0, c0=0.4, flow=0.4, turnover_max=0.0)
    found = solve(heavy)
    assert not found.v.any()
    assert 0 < float(found.u.sum()) <= 0.4 + 1e-9


def test_a_sale_to_cash_uses_up_the_turnover_in_full() -> None:
    w0 = np.array([0.80, 0.20])
    heavy = replace(pair(), w0=w0, v_hi=w0, c0=0.0, r=np.array([0.3, 0.2]), turnover_max=0.2)
    assert float(solve(heavy).v.sum()) == pytest.approx(0.2, abs=1e-9)


def test_a_volatility_limit_is_kept_where_it_can_be() -> None:
    inputs = replace(pair(), vol_max=0.08)
    answer = solve(inputs)
    volatility = float(np.sqrt(np.sum((inputs.d * answer.w) ** 2)))
    assert volatility == pytest.approx(0.08, abs=1e-6)
