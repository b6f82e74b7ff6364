"""Limits of the program, each one expression that is <= 0 when the limit is met.

`violation(x) <= 0` is the hard limit; `violation(x) <= slack`, with the slack charged at a price,
is the soft one. Locks, cash and turnover are hard; whatever a lock can make impossible is soft.
What the methods of every limit return is written at `Constraint`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import cvxpy as cp
import numpy as np

from portfolios.model.market import Array
from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.variables import Variables


class Constraint(Protocol):
    """A convex limit of `size` rows; `price` is None for a hard one."""

    name: str
    size: int
    price: cp.Parameter | None

    def violation(self, x: Variables) -> cp.Expression:
        """Return what must not be positive, `size` rows."""

    def update(self, inputs: Inputs) -> None:
        """Set the parameters to the values of a problem of the same shape."""


NONE: cp.Parameter | None = None
"""The price of a hard limit."""


class BoundedTrades:
    """Bounds of buys and sells, and weights that locks keep."""

    name, price = "boxes", NONE

    def __init__(self, inputs: Inputs) -> None:
        n = self.n = inputs.n
        self.size = 5 * n
        self.u_lo, self.u_hi = cp.Parameter(n), cp.Parameter(n)
        self.v_lo, self.v_hi, self.lock = cp.Parameter(n), cp.Parameter(n), cp.Parameter(n)

    def violation(self, x: Variables) -> cp.Expression:
        return cp.hstack(
            [self.u_lo - x.u, x.u - self.u_hi, self.v_lo - x.v, x.v - self.v_hi, self.lock - x.w]
        )

    def update(self, inputs: Inputs) -> None:
        self.u_lo.value, self.u_hi.value = inputs.u_lo, inputs.u_hi
        self.v_lo.value, self.v_hi.value = inputs.v_lo, inputs.v_hi
        self.lock.value = np.minimum(inputs.w_lock, inputs.w0)


class LeastCash:
    """Cash never falls below its floor."""

    name, price, size = "cash", NONE, 1

    def __init__(self, inputs: Inputs) -> None:
        del inputs
        self.least = cp.Parameter()

    def violation(self, x: Variables) -> cp.Expression:
        return self.least - x.c

    def update(self, inputs: Inputs) -> None:
        self.least.value = inputs.c_hard


class Turnover:
    """What is bought, and what is sold, beside what the cash flow takes."""

    name, price, size = "turnover", NONE, 2

    def __init__(self, inputs: Inputs) -> None:
        del inputs
        self.most = cp.Parameter(2)

    def violation(self, x: Variables) -> cp.Expression:
        return cp.hstack([cp.sum(x.u), cp.sum(x.v)]) - self.most

    def update(self, inputs: Inputs) -> None:
        self.most.value = np.array([inputs.most_bought, inputs.most_sold])


class Priced:
    """What soft limits share: `size` rows, at a price each."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.price: cp.Parameter = cp.Parameter(size, nonneg=True)

    def charge(self, price: float | Array) -> None:
        """Set the price of each row, one for all or shape (size,)."""
        self.price.value = np.broadcast_to(np.asarray(price, dtype=float), (self.size,)).copy()


class AssetCaps(Priced):
    """Caps on single assets."""

    name = "asset"

    def __init__(self, inputs: Inputs) -> None:
        super().__init__(inputs.n)
        self.w_max = cp.Parameter(inputs.n)

    def violation(self, x: Variables) -> cp.Expression:
        return x.w - self.w_max

    def update(self, inputs: Inputs) -> None:
        self.w_max.value = inputs.w_max
        self.charge(inputs.prices.asset)


class SectorCaps(Priced):
    """Caps on sectors, with fractional membership."""

    name = "sector_hi"

    def __init__(self, inputs: Inputs) -> None:
        super().__init__(len(inputs.sector_names))
        self.members = cp.Parameter((self.size, inputs.n))
        self.cap = cp.Parameter(self.size)

    def violation(self, x: Variables) -> cp.Expression:
        return self.members @ x.w - self.cap

    def update(self, inputs: Inputs) -> None:
        self.members.value, self.cap.value = inputs.M.T, inputs.S_hi
        self.charge(inputs.prices.sector_hi)


class SectorFloors(Priced):
    """Floors of sectors."""

    name = "sector_lo"

    def __init__(self, inputs: Inputs) -> None:
        super().__init__(len(inputs.sector_names))
        self.members = cp.Parameter((self.size, inputs.n))
        self.floor = cp.Parameter(self.size)

    def violation(self, x: Variables) -> cp.Expression:
        return self.floor - self.members @ x.w

    def update(self, inputs: Inputs) -> None:
        self.members.value, self.floor.value = inputs.M.T, inputs.S_lo
        self.charge(inputs.prices.sector_lo)


class Buffer(Priced):
    """Cash and healthy stablecoins together."""

    name = "buffer"

    def __init__(self, inputs: Inputs) -> None:
        super().__init__(1)
        self.stable = cp.Parameter(inputs.n)
        self.least = cp.Parameter()

    def violation(self, x: Variables) -> cp.Expression:
        return self.least - x.c - self.stable @ x.w

    def update(self, inputs: Inputs) -> None:
        self.stable.value, self.least.value = inputs.m_stable, inputs.b_min
        self.charge(inputs.prices.buffer)


class ExtraRows(Priced):
    """Further priced rows: `a @ w + cash * c <= hi`."""

    name = "rows"

    def __init__(self, inputs: Inputs) -> None:
        super().__init__(len(inputs.extra_rows))
        self.a = cp.Parameter((self.size, inputs.n))
        self.cash, self.hi = cp.Parameter(self.size), cp.Parameter(self.size)

    def violation(self, x: Variables) -> cp.Expression:
        return self.a @ x.w + self.cash * x.c - self.hi

    def update(self, inputs: Inputs) -> None:
        rows = inputs.extra_rows
        self.a.value = np.array([row.a for row in rows])
        self.cash.value = np.array([row.cash for row in rows])
        self.hi.value = np.array([row.hi for row in rows])
        self.charge(np.array([row.price for row in rows]))


class Volatility(Priced):
    """Volatility of the whole portfolio, in the scale of the risk term; a cone, no QP."""

    name = "vol"

    def __init__(self, inputs: Inputs) -> None:
        del inputs
        super().__init__(1)
        self.cap = cp.Parameter()

    def violation(self, x: Variables) -> cp.Expression:
        return cp.norm(cp.hstack([x.y, x.e]), 2) - self.cap

    def update(self, inputs: Inputs) -> None:
        scale = np.sqrt(inputs.lam / 2.0)
        self.cap.value = scale * (inputs.vol_max or 0.0)
        self.charge(inputs.prices.vol / scale)


CONSTRAINTS: tuple[Callable[[Inputs], Constraint], ...] = (
    BoundedTrades, LeastCash, Turnover, AssetCaps, SectorCaps, SectorFloors, Buffer
)  # fmt: skip
"""Limits of every problem; a new one is a class and its name here."""


def constraints_for(inputs: Inputs) -> list[Constraint]:
    """Return the limits of problems of this shape."""
    found = [make(inputs) for make in CONSTRAINTS]
    if inputs.extra_rows:
        found.append(ExtraRows(inputs))
    if inputs.vol_max is not None:
        found.append(Volatility(inputs))
    return found
