"""The independent check: every answer is measured again in numpy before anybody sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from portfolios.model.market import Array
from rebalancer.optimiser.inputs import Duals, Inputs

if TYPE_CHECKING:
    from rebalancer.optimiser.exact.volatility import Proved

TOLERANCE = 1e-6
"""Hard limits hold to this, in weights."""
SNAP = 1e-7
"""Buys and sells nearer than this to a bound are meant to be at it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Weights after, buys, sells and cash, with the objective as maximised."""

    w: Array
    u: Array
    v: Array
    c: float
    objective: float


@dataclass(frozen=True, slots=True)
class Solved:
    """One verified answer of one convex program; no solver was asked where nothing may trade."""

    answer: Answer
    duals: Duals | None
    solver: str
    status: str
    gap: float | None
    proof: Proved | None = None  # by the exact method


def snap_to_bounds(inputs: Inputs, u: Array, v: Array) -> Answer:
    """Return a solver's buys and sells, shape (n,), at their exact bounds, netted.

    Cash is what the budget leaves.
    """
    both = np.minimum(np.maximum(u - inputs.u_lo, 0.0), np.maximum(v - inputs.v_lo, 0.0))
    u = snapped(u - both, inputs.u_lo, inputs.u_hi)
    v = snapped(v - both, inputs.v_lo, inputs.v_hi)
    return answer(inputs, u, v)


def answer(inputs: Inputs, u: Array, v: Array) -> Answer:
    """Return the answer that buys and sells make, fractions of value, shape (n,)."""
    w = inputs.w0 + u - v
    w = np.where(np.abs(w) < 1e-15, 0.0, w)
    c = float(1.0 - w.sum() - inputs.kappa_buy @ u - inputs.kappa_sell @ v)
    return Answer(w, u, v, c, objective(inputs, w, u, v, c))


def measured(inputs: Inputs, found: Answer) -> Answer:
    """Return an answer of a related program with the objective of this one."""
    return replace(found, objective=objective(inputs, found.w, found.u, found.v, found.c))


def snapped(x: Array, low: Array, high: Array) -> Array:
    """Return values, shape (n,), inside their bounds, and exactly at one where close to it."""
    x = np.clip(x, low, np.maximum(low, high))
    x = np.where(x - low <= SNAP, low, x)
    at_top: Array = np.where(high - x <= SNAP, np.maximum(low, high), x)
    return at_top


def hold_answer(inputs: Inputs) -> Answer | None:
    """Return the answer of doing nothing; None where that is not allowed."""
    nothing = np.zeros(inputs.n)
    still = answer(inputs, nothing, nothing)
    return still if not faults(inputs, still) else None


def objective(inputs: Inputs, w: Array, u: Array, v: Array, c: float) -> float:
    """Evaluate the objective as maximised, at weights, buys and sells of shape (n,).

    The slacks are what the limits need.
    """
    gain = float(inputs.alpha @ w) - inputs.lam / 2.0 * variance(inputs, w - inputs.r)
    a = w - inputs.r
    gain -= 0.5 * inputs.theta * float(a @ a)
    gain -= float(inputs.kappa_buy @ u + inputs.kappa_sell @ v)
    gain -= sum(term.value(w, u, v, c) for term in inputs.extra_terms)
    return gain - penalty(inputs, w, c) - leg_costs(inputs, u, v)


def leg_costs(inputs: Inputs, u: Array, v: Array) -> float:
    """Return the fixed costs of trades, buys and sells of shape (n,)."""
    return inputs.leg_cost * int(np.count_nonzero(u) + np.count_nonzero(v))


def gap(inputs: Inputs, found: Answer, stated: float) -> float:
    """Return how far an objective is from what its solver states, which knows no fixed costs."""
    return abs(found.objective + leg_costs(inputs, found.u, found.v) - stated)


def variance(inputs: Inputs, w: Array) -> float:
    """Return the 30-day variance of weights, shape (n,)."""
    y, e = inputs.B.T @ w, inputs.d * w
    return float(y @ y + e @ e)


def penalty(inputs: Inputs, w: Array, c: float) -> float:
    """Return what the soft limits cost that weights, shape (n,), and cash break."""
    prices, exposure = inputs.prices, inputs.M.T @ w
    cost = float(np.sum(np.maximum(w - inputs.w_max, 0.0) * prices.asset))
    cost += prices.sector_hi * float(np.maximum(exposure - inputs.S_hi, 0.0).sum())
    cost += prices.sector_lo * float(np.maximum(inputs.S_lo - exposure, 0.0).sum())
    cost += prices.buffer * max(0.0, inputs.b_min - c - float(inputs.m_stable @ w))
    for row in inputs.extra_rows:
        cost += row.price * max(0.0, float(row.a @ w) + row.cash * c - row.hi)
    if inputs.vol_max is not None:
        # The program scales the norm and its price against each other; here neither is scaled.
        cost += prices.vol * max(0.0, float(np.sqrt(variance(inputs, w))) - inputs.vol_max)
    return cost


def faults(inputs: Inputs, found: Answer) -> tuple[str, ...]:
    """Return the hard limits that an answer breaks, in words; empty when it may be shown."""
    u, v, w, c = found.u, found.v, found.w, found.c
    if (
        not all(np.isfinite(x).all() for x in (u, v, w))
        or not np.isfinite([c, found.objective]).all()
    ):
        return ("not finite",)
    lock = np.minimum(inputs.w_lock, inputs.w0)
    measured = {
        "budget": abs(w.sum() + c + inputs.kappa_buy @ u + inputs.kappa_sell @ v - 1.0),
        "cash": inputs.c_hard - c,
        "buys": _most(inputs.u_lo - u, u - inputs.u_hi),
        "sells": _most(inputs.v_lo - v, v - inputs.v_hi),
        "locks": _most(lock - w),
        "weights": _most(np.abs(inputs.w0 + u - v - w)),
        "turnover": max(float(u.sum()) - inputs.most_bought, float(v.sum()) - inputs.most_sold),
    }
    return tuple(name for name, excess in measured.items() if excess > TOLERANCE)


def _most(*excesses: Array) -> float:
    return max((float(e.max(initial=0.0)) for e in excesses), default=0.0)
