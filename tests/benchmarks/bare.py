"""Solvers called directly, with the program written as arrays by hand; and cvxpy with parameters.

The variables are what is bought and what is sold, and for the factor form `y = B.T @ (w - r)` too.
The factor form keeps the quadratic part diagonal; the dense one is smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import clarabel
import daqp
import numpy as np
import piqp
import scipy.sparse as sp

from portfolios.model.market import Array
from rebalancer.optimiser.inputs import Inputs
from tests.benchmarks.programs import RISK_AVERSION, TRACKING, MarketModel, bounds

Solver = Callable[[Inputs], Array]
TIGHT = 1e-9
FREE = 1e30


@dataclass(frozen=True)
class Dense:
    """`min x'P x / 2 + c'x` with `G x <= h` and `low <= x <= high`, x = (bought, sold)."""

    c: Array
    G: Array
    h: Array
    low: Array
    high: Array


def dense(p: Inputs, covariance: Array) -> Dense:
    """Return the program without its quadratic part, which all portfolios share."""
    slope = p.lam * covariance @ (p.w0 - p.r) - p.alpha
    least, most = bounds(p)
    ones, none = np.ones(p.n), np.zeros(p.n)
    rows = [
        np.concatenate([1.0 + p.kappa_buy, p.kappa_sell - 1.0]),
        np.concatenate([ones, none]),
        np.concatenate([none, ones]),
        *np.hstack([p.M.T, -p.M.T]),
    ]
    ends = [p.c0, p.turnover_max, p.turnover_max, *(p.S_hi - p.M.T @ p.w0)]
    return Dense(
        np.concatenate([slope + p.kappa_buy, p.kappa_sell - slope]), np.array(rows), np.array(ends),
        np.concatenate([none, np.maximum(p.w0 - most, 0.0)]),
        np.concatenate([np.maximum(most - p.w0, 0.0), p.w0 - least]),
    )  # fmt: skip


def quadratic(covariance: Array) -> Array:
    """Return P of `Dense`, strictly convex by a hair, shape (2n, 2n)."""
    part = RISK_AVERSION * covariance
    return np.block([[part, -part], [-part, part]]) + 1e-9 * np.eye(2 * len(part))


def _ends(d: Dense) -> tuple[Array, Array]:
    """Return upper and lower ends, of the variables first and then of the rows."""
    none = np.full(len(d.h), -FREE)
    return np.concatenate([d.high, d.h]), np.concatenate([d.low, none])


def daqp_cold(market: MarketModel) -> Solver:
    """DAQP, a dual active-set method, from nothing."""
    covariance = market.covariance
    shared = quadratic(covariance)

    def solve(p: Inputs) -> Array:
        d = dense(p, covariance)
        upper, lower = _ends(d)
        x, *_ = daqp.solve(shared, d.c, d.G, upper, lower, primal_tol=TIGHT)
        return np.asarray(p.w0 + x[: p.n] - x[p.n :])

    return solve


def daqp_warm(market: MarketModel) -> Solver:
    """DAQP that keeps its matrices and active set from one portfolio to the next."""
    covariance, model = market.covariance, daqp.Model()
    made: list[Array] = []

    def solve(p: Inputs) -> Array:
        d = dense(p, covariance)
        upper, lower = _ends(d)
        if not made:
            model.setup(quadratic(covariance), d.c, d.G, upper, lower)
            made.append(d.G)
        else:
            model.update(f=d.c, A=d.G, bupper=upper, blower=lower)
        x, *_ = model.solve()
        return np.asarray(p.w0 + x[: p.n] - x[p.n :])

    return solve


class _FactorForm:
    """The sparse matrices that all portfolios share, and what changes from one to the next.

    `P` and `A x = b`, which defines the factors, are the same for all; in `G x <= h` only the row
    of cash differs, by its costs.
    """

    def __init__(self, market: MarketModel, first: Inputs) -> None:
        n, k = market.B.shape
        self.market, self.risk = market, np.diag(market.d**2 + TRACKING / RISK_AVERSION)
        part = sp.diags(RISK_AVERSION * market.d**2 + TRACKING)
        own = sp.bmat([[part, -part], [-part, part]]) + 1e-9 * sp.eye(2 * n)
        self.P = sp.block_diag([own, RISK_AVERSION * sp.eye(k)], format="csc")
        loadings = sp.csc_matrix(market.B.T)
        self.A = sp.hstack([loadings, -loadings, -sp.eye(k)], format="csc")
        rows = dense(first, self.risk).G
        self.G = sp.csc_matrix(np.hstack([rows, np.zeros((len(rows), k))]))

    def filled(self, p: Inputs) -> tuple[Dense, Array, Array, sp.csc_matrix]:
        """Return the program in dense form, `c` and `b` with the factors, and `G`."""
        d, k = dense(p, self.risk), self.market.B.shape[1]
        self.G.data[self.G.indices == 0] = d.G[0]
        return d, np.concatenate([d.c, np.zeros(k)]), self.market.B.T @ (p.r - p.w0), self.G


def piqp_update(market: MarketModel) -> Solver:
    """PIQP, a proximal interior-point method, in factor form, its structure kept."""
    solver, made = piqp.SparseSolver(), []
    solver.settings.eps_abs = solver.settings.eps_rel = TIGHT
    free = np.full(market.B.shape[1], FREE)

    def solve(p: Inputs) -> Array:
        is_first = not made
        if is_first:
            made.append(_FactorForm(market, p))
        form = made[0]
        d, c, b, G = form.filled(p)
        low, high = np.concatenate([d.low, -free]), np.concatenate([d.high, free])
        none = np.full(len(d.h), -FREE)
        if is_first:
            solver.setup(form.P, c, form.A, b, G, none, d.h, low, high)
        else:
            solver.update(c=c, b=b, G=G, h_l=none, h_u=d.h, x_l=low, x_u=high)
        solver.solve()
        x = np.asarray(solver.result.x)
        return np.asarray(p.w0 + x[: p.n] - x[p.n : 2 * p.n])

    return solve


def clarabel_factor(market: MarketModel) -> Solver:
    """Clarabel, an interior-point method, in factor form, from nothing but its matrices."""
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    n, k = market.B.shape
    made: list[tuple[_FactorForm, sp.csc_matrix, sp.csc_matrix, Array]] = []

    def make(p: Inputs) -> None:
        form = _FactorForm(market, p)
        eye, pad = sp.eye(2 * n), sp.csc_matrix((2 * n, k))
        sides = [form.A, form.G, sp.hstack([eye, pad]), sp.hstack([-eye, pad])]
        inside = sp.vstack(sides, format="csc")
        made.append((form, sp.triu(form.P, format="csc"), inside, inside.indices == k))

    def solve(p: Inputs) -> Array:
        if not made:
            make(p)
        form, upper, inside, of_cash = made[0]
        d, c, b, _ = form.filled(p)
        inside.data[of_cash] = d.G[0]
        ends = np.concatenate([b, d.h, d.high, -d.low])
        cones = [clarabel.ZeroConeT(k), clarabel.NonnegativeConeT(len(ends) - k)]
        found = clarabel.DefaultSolver(upper, c, inside, ends, cones, settings).solve()
        x = np.array(found.x)
        return np.asarray(p.w0 + x[:n] - x[n : 2 * n])

    return solve


def cvxpy_parametrised(market: MarketModel) -> Solver:
    """cvxpy with Clarabel, compiled once and refilled: what a careful user of cvxpy writes."""
    import cvxpy as cp

    n, k = market.B.shape
    u, v, y = cp.Variable(n, nonneg=True), cp.Variable(n, nonneg=True), cp.Variable(k)
    names = ("slope_u", "slope_v", "u_hi", "v_lo", "v_hi")
    par = {name: cp.Parameter(n) for name in names}
    rows, ends, b = cp.Parameter((2, n)), cp.Parameter(3 + market.members.shape[1]), cp.Parameter(k)
    lam = RISK_AVERSION
    own = np.sqrt(lam * market.d**2 + TRACKING)
    cost = 0.5 * cp.sum_squares(cp.multiply(own, u - v)) + 0.5 * lam * cp.sum_squares(y)
    cost += par["slope_u"] @ u + par["slope_v"] @ v
    limits = [
        y == market.B.T @ (u - v) - b, u <= par["u_hi"], v <= par["v_hi"], v >= par["v_lo"],
        rows[0] @ u + rows[1] @ v <= ends[0], cp.sum(u) <= ends[1], cp.sum(v) <= ends[2],
        market.members.T @ (u - v) <= ends[3:],
    ]  # fmt: skip
    problem = cp.Problem(cp.Minimize(cost), limits)

    def solve(p: Inputs) -> Array:
        d = dense(p, np.diag(market.d**2 + p.theta / p.lam))
        par["slope_u"].value, par["slope_v"].value = d.c[:n], d.c[n:]
        par["u_hi"].value, par["v_lo"].value, par["v_hi"].value = d.high[:n], d.low[n:], d.high[n:]
        rows.value, ends.value = d.G[0].reshape(2, n), d.h
        b.value = market.B.T @ (p.r - p.w0)
        problem.solve(solver="CLARABEL")
        return np.asarray(p.w0 + u.value - v.value)

    return solve
