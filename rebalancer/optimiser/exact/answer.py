"""Answers one program by the exact method, with the prices of its limits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from portfolios.errors import SolverError
from portfolios.model.market import Array
from rebalancer.optimiser.exact import dual_newton, method
from rebalancer.optimiser.exact.separable import (
    BOUGHT,
    BUFFER,
    SOLD,
    Separable,
    high,
    low,
    rows_of,
    separable,
    why_not,
)
from rebalancer.optimiser.exact.volatility import Proved, solve_limited
from rebalancer.optimiser.inputs import Duals, Inputs
from rebalancer.optimiser.verify import Solved, answer, gap

NAME = "DUAL_NEWTON"


def solve_exactly(inputs: Inputs, near: Duals | None = None) -> Solved:
    """Return the optimum of the convex program; the caller checks it like any other answer.

    Args:
        inputs: the program.
        near: prices of the limits of a program much like it, from which fewer steps lead.

    Raises:
        SolverError: the program is not separable, or the method does not end, which it does not
            where hard limits contradict each other.
    """
    try:
        found = proved(inputs, near)
    except np.linalg.LinAlgError as error:
        raise SolverError(f"{NAME} met a singular system") from error
    return _solved(inputs, found)


def solve_side_by_side(
    programs: Sequence[Inputs], near: Duals | None = None
) -> list[Solved | None]:
    """Return the optimum of each program of one shape; None for what `solve_exactly` has to say."""
    if any(p.vol_max is not None or why_not(p) for p in programs):
        return [None] * len(programs)
    stacked = separable(programs)
    try:
        found = method.solve(stacked, _start(stacked, near))
    except np.linalg.LinAlgError:
        return [None] * len(programs)
    own = (stacked.take(np.arange(len(programs)) == i) for i in range(len(programs)))
    each = [Proved(*parts) for parts in zip(own, found.w, found.x, found.value, strict=True)]
    return [
        _solved(p, one) if steps >= 0 else None
        for p, one, steps in zip(programs, each, found.steps, strict=True)
    ]


def _solved(inputs: Inputs, found: Proved) -> Solved:
    moved = found.w - inputs.w0
    moved[np.abs(moved) <= dual_newton.EXACT] = 0.0  # rounding is no trade
    best = answer(inputs, np.maximum(moved, 0.0), np.maximum(-moved, 0.0))
    off = gap(inputs, best, -found.value)
    return Solved(best, duals_of(inputs, found), NAME, "optimal", off, found)


def proved(inputs: Inputs, near: Duals | None = None) -> Proved:
    """Return the optimum with its multipliers; takes and raises what `solve_exactly` does."""
    if inputs.vol_max is not None and inputs.prices.vol > 0:
        return solve_limited(inputs)
    program = separable([inputs])
    found = method.solve(program, _start(program, near))
    if found.steps[0] < 0:
        raise SolverError(f"{NAME} did not end")
    return Proved(program, found.w[0], found.x[0], float(found.value[0]))


def _start(programs: Separable, near: Duals | None) -> Array | None:
    """Return the multipliers to begin from; None for zeros."""
    shape = programs.least.shape
    if near is None or near.multipliers.shape != shape[1:]:
        return None
    return np.broadcast_to(near.multipliers, shape)


def duals_of(inputs: Inputs, found: Proved) -> Duals:
    """Return the prices of the limits of a program at its optimum."""
    rows, mu = rows_of(inputs), found.x[found.program.k :]
    price = dict(zip((row.name for row in rows), mu.tolist(), strict=True))
    sectors = inputs.sector_names
    return Duals(
        budget=float(sum(m * row.e for m, row in zip(mu, rows, strict=True))),
        turnover=price[BOUGHT] + price[SOLD],
        asset=_cap_prices(found.program, found.w, found.x),
        sector_hi=np.array([price[high(name)] for name in sectors]),
        sector_lo=np.array([price[low(name)] for name in sectors]),
        buffer=price[BUFFER],
        vol=found.vol_price,
        rows=mu[len(mu) - len(inputs.extra_rows) :].copy(),
        multipliers=found.x,
    )


def _cap_prices(p: Separable, w: Array, x: Array) -> Array:
    """Return what holds each weight at its cap, shape (n,): the least price that does.

    A weight at its cap has a slope that the kink of the cap takes up; another kink at the same
    place takes up what it can first.
    """
    mu = x[p.k :]
    dearer = 1.0 + float(mu @ p.e[0])
    per_bought, per_sold = float(mu @ p.b[0]), float(mu @ p.s[0])
    is_bought = w >= p.w0[0]
    slope = p.linear[0] + p.columns[0] @ x + p.q[0] * (w - p.r[0])
    slope += np.where(is_bought, p.buy[0], -p.sell[0]) * dearer
    slope += np.where(is_bought, per_bought, -per_sold)
    at_cap = (w >= p.cap[0]) & (w < p.high[0])
    return np.where(at_cap, np.clip(-slope, 0.0, p.cap_price[0]), 0.0)
