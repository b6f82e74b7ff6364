"""A program whose assets fall apart once the multipliers of its factors and rows are known.

With `z` for the k factors and `mu` for the m rows, each weight is the minimum of a convex function
of its own: a parabola with kinks at the weight held and the cap. Locks, bans and
modes are intervals, a soft limit is a multiplier with an upper bound, and cash is what the others
leave. N programs of one shape stand side by side in arrays.

A limit of volatility joins all weights and is left out: `volatility` adds it from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from portfolios.errors import SolverError
from portfolios.model.market import Array
from rebalancer.optimiser.inputs import Inputs

Flags = npt.NDArray[np.bool_]
CASH, BOUGHT, SOLD, BUFFER = "cash", "bought", "sold", "buffer"
ROUNDING = 1e-9
"""Bounds that cross by less are meant to meet."""
LEAST_CURVATURE = 1e-9
"""Below this a weight is not determined by its own function."""


@dataclass(frozen=True, slots=True)
class LinearRow:
    """`a @ w + e * costs + b * bought + s * sold <= h`, its multiplier at most `top`.

    A hard limit has an infinite one.
    """

    name: str
    a: Array
    e: float
    b: float
    s: float
    h: float
    top: float


@dataclass(frozen=True, slots=True)
class Separable:
    """N programs in n assets, k factors and m rows.

    Attributes:
        linear: slope of each weight before any multiplier, shape (N, n).
        q: curvature of each weight, positive.
        r: where each parabola is centred.
        w0, cap: where the kinks are.
        cap_price: kink at the cap.
        buy, sell: costs of a unit bought and sold.
        low, high: interval of each weight.
        columns: loadings on the factors and coefficients in the rows, shape (N, n, k + m).
        target: loadings of the reference, shape (N, k).
        lam: risk aversion, shape (N,).
        e, b, s, h: of the rows, shape (N, m).
        least, most: bounds of the multipliers, factors first, shape (N, k + m).
    """

    linear: Array
    q: Array
    r: Array
    w0: Array
    cap: Array
    cap_price: Array
    buy: Array
    sell: Array
    low: Array
    high: Array
    columns: Array
    target: Array
    lam: Array
    e: Array
    b: Array
    s: Array
    h: Array
    least: Array
    most: Array

    @property
    def k(self) -> int:
        """Number of factors."""
        return int(self.target.shape[1])

    def take(self, places: Flags) -> Separable:
        """Return some of the programs."""
        return Separable(*(getattr(self, f.name)[places] for f in fields(self)))


def high(sector: str) -> str:
    """Return the name of the row that caps a sector."""
    return f"sector.{sector}.max"


def low(sector: str) -> str:
    """Return the name of the row that is a sector's floor."""
    return f"sector.{sector}.min"


def rows_of(inputs: Inputs) -> tuple[LinearRow, ...]:
    """Return the limits that join assets, cash written as what the weights and costs leave."""
    return tuple(_rows(inputs))


def _rows(p: Inputs) -> Iterator[LinearRow]:
    ones, prices = np.ones(p.n), p.prices
    yield LinearRow(CASH, ones, 1.0, 0.0, 0.0, 1.0 - p.c_hard, np.inf)
    yield LinearRow(BOUGHT, 0.0 * ones, 0.0, 1.0, 0.0, p.most_bought, np.inf)
    yield LinearRow(SOLD, 0.0 * ones, 0.0, 0.0, 1.0, p.most_sold, np.inf)
    yield _of_weights(BUFFER, 1.0 - p.m_stable, 1.0, 1.0 - p.b_min, prices.buffer)
    for j, name in enumerate(p.sector_names):
        yield _of_weights(high(name), p.M[:, j], 0.0, float(p.S_hi[j]), prices.sector_hi)
        yield _of_weights(low(name), -p.M[:, j], 0.0, -float(p.S_lo[j]), prices.sector_lo)
    for row in p.extra_rows:
        a, hi = row.a - row.cash, row.hi - row.cash
        yield _of_weights(f"row {row.name}", a, -row.cash, hi, row.price)


def _of_weights(name: str, a: Array, e: float, h: float, top: float) -> LinearRow:
    return LinearRow(name, a, e, 0.0, 0.0, h, top)


def separable(programs: Sequence[Inputs]) -> Separable:
    """Return programs of one shape side by side.

    Raises:
        SolverError: for a program that does not fall apart, saying why.
    """
    for inputs in programs:
        if why := why_not(inputs):
            raise SolverError(f"the program is not separable: {why}")
    rows = [rows_of(inputs) for inputs in programs]
    loadings = np.stack([p.B for p in programs])
    a = np.stack([np.stack([row.a for row in own], axis=1) for own in rows])
    e, b, s, h, top = (np.array([[getattr(r, f) for r in own] for own in rows]) for f in _FIGURES)
    reference = _stacked(programs, "r")
    free = np.full((len(programs), loadings.shape[2]), np.inf)
    w0 = _stacked(programs, "w0")
    return Separable(
        linear=-_stacked(programs, "alpha"),
        q=np.array([p.lam * p.d**2 + p.theta for p in programs]),
        r=reference,
        w0=w0,
        cap=_stacked(programs, "w_max"),
        cap_price=np.array([np.broadcast_to(p.prices.asset, (p.n,)) for p in programs]),
        buy=_stacked(programs, "kappa_buy"),
        sell=_stacked(programs, "kappa_sell"),
        low=np.array([lowest(p) for p in programs]),
        high=np.array([np.maximum(highest(p), lowest(p)) for p in programs]),
        columns=np.concatenate([loadings, a], axis=2),
        target=np.matmul(reference[:, None, :], loadings)[:, 0, :],
        lam=np.array([p.lam for p in programs]),
        e=e,
        b=b,
        s=s,
        h=h,
        least=np.concatenate([-free, np.zeros_like(top)], axis=1),
        most=np.concatenate([free, top], axis=1),
    )


_FIGURES = ("e", "b", "s", "h", "top")


def why_not(inputs: Inputs) -> str:
    """Say why a program does not fall apart; empty when it does."""
    if inputs.extra_terms:
        return "it has a term of another kind"
    if np.any(inputs.lam * inputs.d**2 + inputs.theta < LEAST_CURVATURE) or inputs.lam <= 0:
        return "a weight has no cost of its own"
    if sum(row.price * max(0.0, row.cash) for row in inputs.extra_rows) >= 1:
        return "a row pays for costs"
    if np.any((inputs.u_lo > 0) & (inputs.v_hi > 0) | (inputs.v_lo > 0) & (inputs.u_hi > 0)):
        return "an asset must be traded both ways"
    is_empty = bool(np.any(lowest(inputs) > highest(inputs) + ROUNDING))
    return "its bounds contradict each other" if is_empty else ""


def lowest(inputs: Inputs) -> Array:
    """Return the least weight of each asset, shape (n,)."""
    lock = np.minimum(inputs.w_lock, inputs.w0)
    return np.maximum(inputs.w0 + inputs.u_lo - inputs.v_hi, lock)


def highest(inputs: Inputs) -> Array:
    """Return the most weight of each asset, shape (n,)."""
    return inputs.w0 + inputs.u_hi - inputs.v_lo


def _stacked(programs: Sequence[Inputs], name: str) -> Array:
    return np.stack([getattr(inputs, name) for inputs in programs])
