"""Random programs of every kind, and a referee that shares no code with the optimiser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rebalancer.optimiser.inputs import Inputs, Row

KINDS = (
    "plain", "cash_flow", "all_locked", "one_asset", "zero_variance", "twins", "zero_turnover",
    "floors", "locked_above_cap", "deposit", "withdrawal", "rows", "volatility", "costless",
)  # fmt: skip


def plain_program(rng: np.random.Generator, n: int, *, min_trade: float = 0.0) -> Inputs:
    """A portfolio of n assets in a few sectors, some limits binding."""
    s = int(rng.integers(1, min(n, 6) + 1))
    home = rng.integers(0, s, n)
    members = np.zeros((n, s))
    members[np.arange(n), home] = 1.0
    if n > 2 and s > 1:  # one asset stands in two sectors
        members[0] = 0.0
        members[0, [0, 1]] = (0.6, 0.4)
    weights = rng.dirichlet(np.full(n + 1, 0.7))
    wish = rng.dirichlet(np.full(n + 1, 0.7))[:n]
    market = rng.uniform(0.05, 0.2, n)
    return Inputs(
        assets=tuple(f"asset-{i:02d}" for i in range(n)),
        alpha=rng.normal(0, 0.004, n),
        B=np.column_stack([market, rng.normal(0, 0.05, n)]),
        d=rng.uniform(0.02, 0.2, n),
        lam=float(rng.choice([2.5, 5.0, 10.0])),
        theta=0.1,
        r=wish,
        w0=weights[:n],
        c0=float(1.0 - weights[:n].sum()),
        flow=0.0,
        kappa_buy=rng.uniform(0.001, 0.006, n),
        kappa_sell=rng.uniform(0.001, 0.006, n),
        u_lo=np.zeros(n),
        u_hi=np.ones(n),
        v_lo=np.zeros(n),
        v_hi=weights[:n].copy(),
        w_lock=np.zeros(n),
        w_max=rng.uniform(0.1, 0.6, n),
        sector_names=tuple(f"sector-{j}" for j in range(s)),
        M=members,
        S_lo=np.zeros(s),
        S_hi=rng.uniform(0.3, 1.0, s),
        m_stable=(np.arange(n) == n - 1).astype(float) if n > 1 else np.zeros(n),
        b_min=float(rng.choice([0.0, 0.1])),
        turnover_max=float(rng.choice([0.1, 0.2, 1.0])),
        vol_max=None,
        c_hard=0.0,
        min_trade=min_trade,
    )


def program(kind: str, seed: int, n: int, *, min_trade: float = 0.0) -> Inputs:
    """A program of one of `KINDS`."""
    rng = np.random.default_rng(seed)
    made = plain_program(rng, 1 if kind == "one_asset" else n, min_trade=min_trade)
    return _TURNED.get(kind, lambda inputs, _: inputs)(made, rng)


def of_one_shape(kind: str, n: int, count: int) -> list[Inputs]:
    """Different programs that one compiled problem fits."""
    first = program(kind, 1, n)
    same = {name: getattr(first, name) for name in ("sector_names", "M", "S_lo", "S_hi")}
    return [replace(program(kind, seed, n), **same) for seed in range(1, count + 1)]


def _all_locked(p: Inputs, _: np.random.Generator) -> Inputs:
    none = np.zeros(p.n)
    return replace(p, u_hi=none, v_hi=none, w_lock=p.w0)


def _cash_flow(p: Inputs, _: np.random.Generator) -> Inputs:
    return replace(p, v_hi=np.zeros(p.n), w_lock=p.w0)


def _zero_variance(p: Inputs, _: np.random.Generator) -> Inputs:
    return replace(p, B=np.zeros_like(p.B), d=np.zeros(p.n))


def _twins(p: Inputs, _: np.random.Generator) -> Inputs:
    loadings, own = p.B.copy(), p.d.copy()
    loadings[-1], own[-1], own[0] = loadings[0], 0.0, 0.0
    return replace(p, B=loadings, d=own)


def _floors(p: Inputs, rng: np.random.Generator) -> Inputs:
    top = np.minimum(p.S_hi, p.M.T @ p.w_max)
    return replace(p, S_lo=0.5 * top * rng.uniform(0, 1) / max(1.0, top.sum()))


def _locked_above_cap(p: Inputs, _: np.random.Generator) -> Inputs:
    locked = np.zeros(p.n)
    i = int(np.argmax(p.w0))
    locked[i] = p.w0[i]
    caps = p.w_max.copy()
    caps[i] = 0.5 * p.w0[i]
    return replace(p, w_lock=locked, v_hi=p.w0 - locked, w_max=caps)


def _deposit(p: Inputs, _: np.random.Generator) -> Inputs:
    held = 0.8 * p.w0
    return replace(p, w0=held, v_hi=held, c0=float(1 - held.sum()), flow=0.2)


def _withdrawal(p: Inputs, _: np.random.Generator) -> Inputs:
    grown = p.w0 / p.w0.sum() * 1.15
    return replace(p, w0=grown, v_hi=grown, c0=float(1 - grown.sum()), flow=-0.2)


def _rows(p: Inputs, rng: np.random.Generator) -> Inputs:
    a = rng.uniform(0, 1, p.n)
    rows = (Row("first", a, 0.0, 0.3, 0.1), Row("second", -p.m_stable, -1.0, -0.05, 0.1))
    return replace(p, extra_rows=rows)


def _volatility(p: Inputs, _: np.random.Generator) -> Inputs:
    return replace(p, vol_max=0.08)


def _costless(p: Inputs, _: np.random.Generator) -> Inputs:
    return replace(p, kappa_buy=np.zeros(p.n), kappa_sell=np.zeros(p.n))


_TURNED: dict[str, Any] = {
    "all_locked": _all_locked,
    "cash_flow": _cash_flow,
    "zero_variance": _zero_variance,
    "twins": _twins,
    "zero_turnover": lambda p, _: replace(p, turnover_max=0.0),
    "floors": _floors,
    "locked_above_cap": _locked_above_cap,
    "deposit": _deposit,
    "withdrawal": _withdrawal,
    "rows": _rows,
    "volatility": _volatility,
    "costless": _costless,
}


def referee(problem: dict[str, Any], *, solver: str = "CLARABEL", tight: float = 1e-12) -> float:
    """Rebuild a dumped problem from its JSON alone and return its best objective.

    Written straight from the objective, with the covariance as one dense matrix and no parameter.
    """
    import cvxpy as cp

    g = {k: np.array(v, dtype=float) if isinstance(v, list) and k not in _WORDS else v
         for k, v in problem.items()}  # fmt: skip
    n, lam = len(problem["assets"]), problem["lam"]
    members = g["M"].reshape(n, len(problem["sector_names"]))
    loadings = g["B"].reshape(n, -1)
    sigma = loadings @ loadings.T + np.diag(g["d"] ** 2)
    root = np.linalg.cholesky(sigma + 1e-18 * np.eye(n)) if np.all(g["d"] > 0) else _root(sigma)
    u, v, c = cp.Variable(n), cp.Variable(n), cp.Variable()
    w = g["w0"] + u - v
    a = w - g["r"]
    pos, prices = cp.pos, problem["prices"]
    loss = -g["alpha"] @ w + lam / 2 * cp.sum_squares(root.T @ a)
    loss += problem["theta"] / 2 * cp.sum_squares(a)
    loss += g["kappa_buy"] @ u + g["kappa_sell"] @ v
    loss += cp.sum(cp.multiply(np.broadcast_to(prices["asset"], (n,)), pos(w - g["w_max"])))
    loss += prices["sector_hi"] * cp.sum(pos(members.T @ w - g["S_hi"]))
    loss += prices["sector_lo"] * cp.sum(pos(g["S_lo"] - members.T @ w))
    loss += prices["buffer"] * pos(problem["b_min"] - c - g["m_stable"] @ w)
    for row in problem["extra_rows"]:
        loss += row["price"] * pos(np.array(row["a"]) @ w + row["cash"] * c - row["hi"])
    if problem["vol_max"] is not None:
        half = np.sqrt(lam / 2)
        loss += prices["vol"] * pos(half * cp.norm(root.T @ w, 2) - half * problem["vol_max"])
    limits = [
        cp.sum(w) + c + g["kappa_buy"] @ u + g["kappa_sell"] @ v == 1,
        c >= problem["c_hard"], u >= g["u_lo"], u <= g["u_hi"], v >= g["v_lo"], v <= g["v_hi"],
        w >= np.minimum(g["w_lock"], g["w0"]),
        cp.sum(u) <= problem["turnover_max"] + max(0.0, problem["flow"]),
        cp.sum(v) <= problem["turnover_max"]
        + max(0.0, problem["c_hard"] - problem["c0"]) / (1 - max(problem["kappa_sell"])),
    ]  # fmt: skip
    task = cp.Problem(cp.Minimize(loss), limits)
    options = {"tol_gap_abs": tight, "tol_gap_rel": tight, "tol_feas": tight}
    task.solve(solver=solver, **(options if solver == "CLARABEL" else {}))
    return -float(task.value)


_WORDS = ("assets", "sector_names", "extra_rows")


def _root(sigma: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    values, vectors = np.linalg.eigh(sigma)
    root: np.ndarray[Any, Any] = vectors * np.sqrt(np.maximum(values, 0.0))
    return root
