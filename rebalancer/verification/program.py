"""Checks `rebalancer.problem/1`: the answer keeps the limits, and weak duality proves its value.

Given multipliers, the program falls apart into one function of each weight: a parabola with kinks
at the weight held and the cap. Its least value is at an end, at a kink or where one of its
parabolas has its minimum, so it is the least of eight values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from portfolios.model.market import Array
from rebalancer.verification.fields import require_between, require_close, require_most
from rebalancer.verification.rows import rows_of

Document = Mapping[str, Any]
OPTIMAL = 1e-5
"""Basis points of value, 1e-9 of it: less is rounding."""
WORDS = ("schema", "assets", "sector_names", "prices", "extra_rows", "solution", "certificate")


def check_program(document: Document) -> Iterator[str]:
    """Yield one line for each check that holds.

    Raises:
        VerificationError: naming the first field that differs.
    """
    d = _arrays(document)
    answer, proof = document["solution"], document["certificate"]
    require_most("rho: charged no longer", np.abs(d.get("rho", 0.0)).max(initial=0.0), 0.0, 0.0)
    w, u, v = (np.array(answer[key], dtype=float) for key in "wuv")
    sides = np.sign(u - v)
    require_most("certificate.sides", np.abs(sides - proof["sides"]).max(initial=0.0), 0.0)
    _check_answer(d, answer["c"], w, u, v)
    yield "the answer keeps its budget, bounds, locks, turnover and cash"
    legs = d["leg_cost"] * float(np.abs(sides).sum())
    found = _objective(d, w) - legs
    require_close("solution.objective", answer["objective"], found)
    yield f"its objective is {found:.9f}, computed again"
    if "declined" in proof["relaxed"]:
        yield f"not proved: {proof['relaxed']['declined']}; --again solves it anew"
        return
    best = _proved(d, _own_bounds(d), proof["relaxed"], "relaxed", 0.0)
    if not d["leg_cost"]:
        require_close("solution.relaxed_objective", answer["relaxed_objective"], best, 1e-7)
    require_most("solution.objective", found, best, 1e-9)
    yield f"no answer has more than {best:.9f}: {_within(best - found)}"
    leaf, bound = proof["leaf"], proof["bound"]
    if leaf is not None and "declined" not in leaf:
        bounds = _bounds_of(d, sides)
        _check_minimums(document["assets"], bounds, u, v)
        most = _proved(d, bounds, leaf, "leaf", legs)
        require_close("certificate.leaf.primal", leaf["primal"], found)
        yield f"no trades of these sides have more than {most:.9f}: {_within(most - found)}"
    if bound is not None:
        require_most("solution.objective", found, bound, 1e-9)
        yield f"whatever the sides: {_within(bound - found)}; the search says so, unchecked"


def _within(gap: float) -> str:
    bps = 1e4 * max(0.0, gap)
    return "proved optimal" if bps < OPTIMAL else f"within {bps:.3f} bps of the best there is"


def _arrays(document: Document) -> dict[str, Any]:
    """Return the program with arrays for its lists; factors and sectors may be none."""
    d = {
        key: np.array(value, dtype=float) if isinstance(value, list) and key not in WORDS else value
        for key, value in document.items()
    }
    n = len(d["assets"])
    d["B"], d["M"] = d["B"].reshape(n, -1 if n else 0), d["M"].reshape(n, len(d["sector_names"]))
    d["cap_price"] = np.broadcast_to(np.array(d["prices"]["asset"], dtype=float), (n,))
    d["vol_price"] = d["prices"]["vol"] * np.sqrt(d["lam"] / 2.0) if d["vol_max"] is not None else 0
    d["rows"] = rows_of(d)
    return d


def _check_answer(d: Document, c: float, w: Array, u: Array, v: Array) -> None:
    lock, costs = np.minimum(d["w_lock"], d["w0"]), float(d["kappa_buy"] @ u + d["kappa_sell"] @ v)
    require_close("solution.c", c, 1.0 - float(w.sum()) - costs)
    excesses = {
        "w": np.abs(w - d["w0"] - u + v) + 1e-6 - 1e-12,
        "u": np.maximum(d["u_lo"] - u, u - d["u_hi"]),
        "v": np.maximum(np.maximum(d["v_lo"] - v, v - d["v_hi"]), lock - w),
    }
    for name, excess in excesses.items():
        for asset, each in zip(d["assets"], excess, strict=True):
            require_most(f"solution.{name} of {asset}: beyond its bound", each, 0.0)
    for row in d["rows"]:
        if np.isinf(row.top):
            require_most(f"solution: {row.name}", row.used(w, u, v, costs), row.h)


def _check_minimums(assets: Sequence[str], bounds: Array, u: Array, v: Array) -> None:
    for asset, own, bought, sold in zip(assets, bounds.T, u, v, strict=True):
        require_most(f"solution: trade of {asset}: below the minimum", own[0] - bought, 0.0, 1e-8)
        require_most(f"solution: trade of {asset}: below the minimum", own[2] - sold, 0.0, 1e-8)


def _proved(d: Document, bounds: Array, proof: Document, name: str, legs: float) -> float:
    """Return the dual value that a proof's multipliers give, as maximised."""
    where, nu = f"certificate.{name}", proof["volatility"]
    for row in d["rows"]:
        mu = proof["rows"][row.name]
        require_between(f"{where}.rows.{row.name}", mu, row.top)
    require_between(f"{where}.volatility", nu, d["vol_price"])
    dual = -_dual(d, bounds, proof) - legs
    primal = _objective(d, np.array(proof["w"], dtype=float)) - legs
    require_close(f"{where}.primal", proof["primal"], primal)
    require_close(f"{where}.dual", proof["dual"], dual)
    require_close(f"{where}.gap_bps", proof["gap_bps"], 1e4 * (dual - primal), 1e-7)
    return dual


def _dual(d: Document, bounds: Array, proof: Document) -> float:
    """Return the dual value, as minimised: no answer within the bounds costs less."""
    z, rows = np.array(proof["factors"], dtype=float), d["rows"]
    mu = np.array([proof["rows"][row.name] for row in rows])
    e, b, s, h = (mu @ [getattr(row, name) for row in rows] for name in "ebsh")
    slope = d["B"] @ z - d["alpha"] + sum(m * row.a for m, row in zip(mu, rows, strict=True))
    total = -z @ (d["B"].T @ d["r"]) - z @ z / (2.0 * d["lam"]) - h
    if proof["slope_at"] is not None:  # the volatility is at least its tangent anywhere
        at = np.array(proof["slope_at"], dtype=float)
        tilt = d["B"] @ (d["B"].T @ at) + d["d"] ** 2 * at
        slope += proof["volatility"] * tilt / np.sqrt(_variance(d, at))
        total -= proof["volatility"] * d["vol_max"]
    buy, sell = d["kappa_buy"] * (1.0 + e) + b, d["kappa_sell"] * (1.0 + e) + s
    return float(total + _least(d, slope, buy, sell, bounds).sum())


def _least(d: Document, g: Array, buy: Array, sell: Array, bounds: Array) -> Array:
    """Return the least of each weight's function on its interval, shape (n,)."""
    w0, r, cap, price = (d[key] for key in ("w0", "r", "w_max", "cap_price"))
    q = d["lam"] * d["d"] ** 2 + d["theta"]
    low = np.maximum(w0 + bounds[0] - bounds[3], np.minimum(d["w_lock"], w0))
    high = np.maximum(w0 + bounds[1] - bounds[2], low)
    slopes = product((buy, -sell), (price, 0.0 * price))
    w = np.clip([low, high, w0, cap, *(r - (g + sum(each)) / q for each in slopes)], low, high)
    cost = g * w + 0.5 * q * (w - r) ** 2 + price * np.maximum(w - cap, 0.0)
    cost += np.where(w > w0, buy * (w - w0), sell * (w0 - w))
    return np.asarray(cost.min(axis=0))


def _objective(d: Document, w: Array) -> float:
    """Return the objective of weights, shape (n,), as maximised, without fixed costs."""
    a, u, v = w - d["r"], np.maximum(w - d["w0"], 0.0), np.maximum(d["w0"] - w, 0.0)
    costs = float(d["kappa_buy"] @ u + d["kappa_sell"] @ v)
    loss = d["lam"] / 2.0 * _variance(d, a) + d["theta"] / 2.0 * a @ a
    loss += costs + d["cap_price"] @ np.maximum(w - d["w_max"], 0.0)
    soft = (row for row in d["rows"] if not np.isinf(row.top))
    loss += sum(row.top * max(0.0, row.used(w, u, v, costs) - row.h) for row in soft)
    if d["vol_max"] is not None:
        loss += d["vol_price"] * max(0.0, np.sqrt(_variance(d, w)) - d["vol_max"])
    return float(d["alpha"] @ w - loss)


def _own_bounds(d: Document) -> Array:
    return np.stack([d["u_lo"], d["u_hi"], d["v_lo"], d["v_hi"]])


def _bounds_of(d: Document, sides: Array) -> Array:
    """Return bounds of buys and sells, shape (4, n), in which trades reach the minimum."""
    _, bought, _, sold = _own_bounds(d)
    exits = d["min_trade"] if d["exit_least"] is None else d["exit_least"]
    is_exit = (exits <= sold) & (sold < d["min_trade"])
    least = np.where(is_exit, sold, np.minimum(d["min_trade"], sold))
    buy = np.stack([np.minimum(d["min_trade"], bought), bought]) * (sides > 0)
    return np.concatenate([buy, np.stack([least, sold]) * (sides < 0)])


def _variance(d: Document, w: Array) -> float:
    y, own = d["B"].T @ w, d["d"] * w
    return float(y @ y + own @ own)
