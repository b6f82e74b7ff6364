"""Terms of the objective, each something to minimise.

A term declares its parameters once, so that the problem compiles once; `update` sets their values.
Expected return is a cost with its sign turned: there are no switches between maximise and minimise.
What the methods of every term return is written at `Cost`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import cvxpy as cp
import numpy as np

from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.variables import Variables


class Cost(Protocol):
    """A convex term to be minimised."""

    def expression(self, x: Variables) -> cp.Expression:
        """Return the term, a convex scalar."""

    def update(self, inputs: Inputs) -> None:
        """Set the parameters to the values of a problem of the same shape."""


class ExpectedReturn:
    """Minus the expected residual return: `-alpha @ w`."""

    def __init__(self, inputs: Inputs) -> None:
        self.alpha = cp.Parameter(inputs.n)

    def expression(self, x: Variables) -> cp.Expression:
        return -(self.alpha @ x.w)

    def update(self, inputs: Inputs) -> None:
        self.alpha.value = inputs.alpha


class ActiveRisk:
    """Half lambda times the variance of `w - r`, in factor form."""

    def __init__(self, inputs: Inputs) -> None:
        self.y_r = cp.Parameter(inputs.B.shape[1])
        self.e_r = cp.Parameter(inputs.n)

    def expression(self, x: Variables) -> cp.Expression:
        return cp.sum_squares(x.y - self.y_r) + cp.sum_squares(x.e - self.e_r)

    def update(self, inputs: Inputs) -> None:
        scale = np.sqrt(inputs.lam / 2.0)
        self.y_r.value = scale * (inputs.B.T @ inputs.r)
        self.e_r.value = scale * inputs.d * inputs.r


class Tracking:
    """Half theta times the squared distance from the reference in weights."""

    def __init__(self, inputs: Inputs) -> None:
        del inputs
        self.half_theta = cp.Parameter(nonneg=True)

    def expression(self, x: Variables) -> cp.Expression:
        return self.half_theta * cp.sum_squares(x.a)

    def update(self, inputs: Inputs) -> None:
        self.half_theta.value = inputs.theta / 2.0


class TradingCost:
    """Fees and half spreads: `kappa_buy @ u + kappa_sell @ v`."""

    def __init__(self, inputs: Inputs) -> None:
        self.buy = cp.Parameter(inputs.n, nonneg=True)
        self.sell = cp.Parameter(inputs.n, nonneg=True)

    def expression(self, x: Variables) -> cp.Expression:
        return self.buy @ x.u + self.sell @ x.v

    def update(self, inputs: Inputs) -> None:
        self.buy.value, self.sell.value = inputs.kappa_buy, inputs.kappa_sell


COSTS: tuple[Callable[[Inputs], Cost], ...] = (
    ExpectedReturn, ActiveRisk, Tracking, TradingCost
)  # fmt: skip
"""Terms of every problem; a new one is a class and its name here."""
