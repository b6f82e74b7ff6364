from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.model.market import Array
from rebalancer.optimiser.explain.attribution import Attribution, attribute, limit_rows, volatility
from rebalancer.optimiser.inputs import Inputs, PenaltyPrices, Row, Solution

few = settings(max_examples=200, deadline=None)
many = settings(max_examples=10_000, deadline=None)


def solution(inputs: Inputs, w: Array) -> Solution:
    z = w - inputs.w0
    u, v = np.maximum(z, 0.0), np.maximum(-z, 0.0)
    c = inputs.c0 - z.sum() - inputs.kappa_buy @ u - inputs.kappa_sell @ v
    return Solution(w, u, v, float(c), 0.0, 0.0, None, "test", "optimal", None, None)


def random_program(seed: int) -> tuple[Inputs, Solution, Array]:
    """A program with every kind of limit broken or met by chance, any answer, alpha by trend."""
    rng = np.random.default_rng(seed)
    n, k, s = rng.integers(1, 9), rng.integers(1, 4), rng.integers(1, 4)
    w0 = rng.dirichlet(np.ones(n + 1))[:n] * rng.uniform(0.3, 1.2)
    r, w = (rng.dirichlet(np.ones(n + 1))[:n] for _ in range(2))
    keep = rng.random(n) < 0.3
    trend, grade = rng.normal(0, 0.005, n), rng.normal(0, 0.005, n)
    M = rng.dirichlet(np.ones(s) * 0.4, n)
    rows = (Row("extra", rng.normal(size=n), float(rng.choice([0.0, -1.0, 1.0])), 0.1, 0.07),)
    inputs = Inputs(
        assets=tuple(f"a{i}" for i in range(n)),
        alpha=trend + grade,
        B=rng.normal(0, 0.2, (n, k)),
        d=rng.uniform(0.0, 0.3, n),
        lam=float(rng.choice([2.5, 5.0, 10.0])),
        theta=0.1,
        r=r,
        w0=w0,
        c0=1.0 - w0.sum(),
        flow=float(rng.choice([0.0, 0.2, -0.3])),
        kappa_buy=rng.uniform(0, 0.01, n),
        kappa_sell=rng.uniform(0, 0.01, n),
        u_lo=np.zeros(n),
        u_hi=np.ones(n),
        v_lo=np.zeros(n),
        v_hi=w0,
        w_lock=np.zeros(n),
        w_max=rng.uniform(0.0, 0.6, n),
        sector_names=tuple(f"s{j}" for j in range(s)),
        M=M,
        S_lo=rng.uniform(0, 0.3, s) * (rng.random(s) < 0.5),
        S_hi=np.where(rng.random(s) < 0.3, 1.0, rng.uniform(0, 0.8, s)),
        m_stable=(rng.random(n) < 0.3).astype(float),
        b_min=float(rng.choice([0.0, 0.2])),
        turnover_max=1.0,
        vol_max=None if rng.random() < 0.3 else float(rng.uniform(0.0, 0.25)),
        c_hard=0.0,
        min_trade=0.0,
        leg_cost=float(rng.choice([0.0, 1e-4])),
        prices=PenaltyPrices(asset=rng.uniform(0.05, 0.2, n) if rng.random() < 0.5 else 0.1),
        extra_rows=rows,
    )
    return inputs, solution(inputs, np.where(keep, w0, w)), trend


def objective(inputs: Inputs, w: Array, c: float) -> float:
    """The program's objective, written out a second time from its definition."""
    a, p = w - inputs.r, inputs.prices
    z = w - inputs.w0
    sigma = inputs.B @ inputs.B.T + np.diag(inputs.d**2)
    value = inputs.alpha @ w - 0.5 * inputs.lam * a @ sigma @ a - 0.5 * inputs.theta * a @ a
    value -= inputs.kappa_buy @ np.maximum(z, 0) + inputs.kappa_sell @ np.maximum(-z, 0)
    value -= inputs.leg_cost * np.count_nonzero(z)

    def over(x: Array | float) -> Array:
        return np.maximum(x, 0.0)

    sectors = inputs.M.T @ w
    value -= np.sum(p.asset * over(w - inputs.w_max))
    value -= p.sector_hi * over(sectors - inputs.S_hi).sum()
    value -= p.sector_lo * over(inputs.S_lo - sectors).sum()
    value -= p.buffer * over(inputs.b_min - c - inputs.m_stable @ w)
    value -= sum(q.price * over(q.a @ w + q.cash * c - q.hi) for q in inputs.extra_rows)
    if inputs.vol_max is not None:
        value -= p.vol * over(np.sqrt(w @ sigma @ w) - inputs.vol_max)
    return float(value)


def _error(seed: int) -> float:
    inputs, answer, trend = random_program(seed)
    got = attribute(inputs, answer, trend, inputs.alpha - trend)
    gain = objective(inputs, answer.w, answer.c) - objective(inputs, inputs.w0, inputs.c0)
    return abs(got.total - gain)


@given(st.integers(0, 2**32 - 1))
@few
def test_the_parts_sum_to_the_gain(seed: int) -> None:
    assert _error(seed) < 1e-8


@pytest.mark.campaign
@given(st.integers(0, 2**32 - 1))
@many
def test_the_parts_sum_to_the_gain_in_a_long_campaign(seed: int) -> None:
    assert _error(seed) < 1e-8


@given(st.integers(0, 2**32 - 1))
@few
def test_order_of_assets_does_not_change_what_each_contributes(seed: int) -> None:
    inputs, answer, trend = random_program(seed)
    order = np.random.default_rng(seed).permutation(inputs.n)
    names = ("alpha", "B", "d", "r", "w0", "kappa_buy", "kappa_sell", "w_max", "M")
    shuffled = replace(inputs, **{name: getattr(inputs, name)[order] for name in names})
    shuffled = replace(
        shuffled,
        assets=tuple(inputs.assets[i] for i in order),
        m_stable=inputs.m_stable[order],
        prices=replace(
            inputs.prices, asset=np.broadcast_to(inputs.prices.asset, (inputs.n,))[order]
        ),
        extra_rows=tuple(replace(row, a=row.a[order]) for row in inputs.extra_rows),
    )
    one = attribute(inputs, answer, trend, inputs.alpha - trend)
    other = attribute(
        shuffled, solution(shuffled, answer.w[order]), trend[order], (inputs.alpha - trend)[order]
    )
    for part in ("trend", "grade", "risk", "drift", "cost"):
        np.testing.assert_allclose(getattr(other, part), getattr(one, part)[order], atol=1e-12)
    assert set(one.limits) == set(other.limits)
    for name, gain in one.limits.items():
        np.testing.assert_allclose(other.limits[name], gain[order], atol=1e-9)


@given(st.integers(0, 2**32 - 1))
@few
def test_what_does_not_trade_contributes_nothing(seed: int) -> None:
    inputs, answer, trend = random_program(seed)
    got = attribute(inputs, answer, trend, inputs.alpha - trend)
    still = answer.w == inputs.w0
    for part in (got.trend, got.grade, got.risk, got.drift, got.cost):
        assert not part[still].any()
    assert not any(gain[still].any() for gain in got.limits.values())


def two_coins(**changes: object) -> Inputs:
    base = Inputs(
        assets=("a", "b"),
        alpha=np.zeros(2),
        B=np.zeros((2, 1)),
        d=np.array([0.3, 0.2]),
        lam=5.0,
        theta=0.1,
        r=np.array([0.3, 0.5]),
        w0=np.array([0.5, 0.3]),
        c0=0.2,
        flow=0.0,
        kappa_buy=np.full(2, 0.002),
        kappa_sell=np.full(2, 0.004),
        u_lo=np.zeros(2),
        u_hi=np.ones(2),
        v_lo=np.zeros(2),
        v_hi=np.array([0.5, 0.3]),
        w_lock=np.zeros(2),
        w_max=np.ones(2),
        sector_names=("x", "y"),
        M=np.eye(2),
        S_lo=np.zeros(2),
        S_hi=np.ones(2),
        m_stable=np.zeros(2),
        b_min=0.0,
        turnover_max=1.0,
        vol_max=None,
        c_hard=0.0,
        min_trade=0.0,
    )
    return replace(base, **changes)


def attributed(inputs: Inputs, w: list[float]) -> Attribution:
    zero = np.zeros(inputs.n)
    return attribute(inputs, solution(inputs, np.array(w)), zero, inputs.alpha)


def test_a_step_to_the_reference_gains_half_theta_and_half_lambda_by_hand() -> None:
    got = attributed(two_coins(), [0.3, 0.3])
    assert got.drift[0] == pytest.approx(0.5 * 0.1 * 0.2**2)
    assert got.risk[0] == pytest.approx(0.5 * 5.0 * 0.3**2 * 0.2**2)
    assert got.cost[0] == pytest.approx(-0.004 * 0.2)
    assert got.limits == {}


def test_a_cap_is_credited_only_while_it_is_broken() -> None:
    inputs = two_coins(S_hi=np.array([0.45, 1.0]))
    got = attributed(inputs, [0.3, 0.3])
    assert set(got.limits) == {"sector.x.max"}
    assert got.limits["sector.x.max"] == pytest.approx([0.10 * 0.05, 0.0])


def test_two_trades_that_cancel_in_a_row_share_it_without_blowing_up() -> None:
    inputs = two_coins(M=np.array([[1.0, 0.0], [1.0, 0.0]]), S_hi=np.array([0.7, 1.0]))
    got = attributed(inputs, [0.4, 0.4])
    assert got.limits["sector.x.max"] == pytest.approx([0.10 * 0.1, -0.10 * 0.1])


def test_cash_raised_is_credited_to_the_sale_that_raised_it() -> None:
    got = attributed(two_coins(b_min=0.35), [0.3, 0.3])
    raised = 0.2 * (1 - 0.004)
    assert got.limits["buffer"] == pytest.approx([0.10 * 0.15, 0.0], abs=1e-9)
    assert raised > 0.15


def test_volatility_over_its_limit_is_credited_to_sales() -> None:
    inputs = two_coins(vol_max=0.10)
    got = attributed(inputs, [0.2, 0.3])
    before, after = volatility(inputs, inputs.w0), volatility(inputs, np.array([0.2, 0.3]))
    fall = 0.5 * (before - max(after, 0.10))
    assert got.limits["volatility"].sum() == pytest.approx(fall, abs=1e-9)
    assert got.limits["volatility"][1] == 0.0


def test_alpha_that_does_not_sum_is_refused() -> None:
    inputs = two_coins(alpha=np.array([0.01, 0.0]))
    with pytest.raises(ValueError, match="sum"):
        attribute(inputs, solution(inputs, inputs.r), np.zeros(2), np.zeros(2))


def test_limits_are_named_as_in_plans() -> None:
    names = [row.name for row in limit_rows(two_coins())]
    assert names == [
        "asset.a.max",
        "asset.b.max",
        "sector.x.max",
        "sector.x.min",
        "sector.y.max",
        "sector.y.min",
        "buffer",
    ]
