"""Solves a program with a limit of volatility by the exact method, one multiplier from outside.

With `nu` times the variance added to the objective, the program stays separable: only curvatures,
slopes and the weight of the factors change. The charge for each unit of volatility above the limit
is then 2 nu sigma. So nu is the number at which the volatility is at its limit, or at which that
charge is all that the limit may cost; volatility falls as nu grows, so it is found by bracketing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from portfolios.errors import SolverError
from portfolios.model.market import Array
from rebalancer.optimiser.exact import dual_newton, method
from rebalancer.optimiser.exact.dual_newton import Optimum
from rebalancer.optimiser.exact.separable import Separable, separable
from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.verify import variance

MOST_TRIES = 100
EXACT = 1e-14
"""Of volatility, and of the charge relative to the most that it may be."""


@dataclass(frozen=True, slots=True)
class Proved:
    """One program's optimum, and the dual that proves it.

    Attributes:
        program: whose dual it is: a limit of volatility stands in it as its slope at the optimum.
        w: weights, shape (n,).
        x: multipliers of that dual, shape (k + m,).
        value: of the dual, as minimised.
        vol_price: charge for a unit of volatility.
    """

    program: Separable
    w: Array
    x: Array
    value: float
    vol_price: float = 0.0


def solve_limited(inputs: Inputs) -> Proved:
    """Return the optimum of a program with a limit of volatility.

    Raises:
        SolverError: the program is not separable otherwise, or the method does not end.
    """
    search = _Search(inputs)
    nu = 0.0 if search.excess(0.0) <= 0 else _root(search.excess, *search.ends())
    found, sigma = search.at(nu)
    price = min(inputs.prices.vol, 2.0 * nu * sigma)
    return _proved(inputs, search.plain, found, price, sigma)


class _Search:
    """Optima by the variance added; each begins where the last one ended."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.plain = separable([replace(inputs, vol_max=None)])
        self.most, self.price = float(inputs.vol_max or 0.0), inputs.prices.vol
        self._last: tuple[float, Optimum] | None = None

    def at(self, nu: float) -> tuple[Optimum, float]:
        """Return the optimum with so much of the variance added, and its volatility."""
        if self._last is None or self._last[0] != nu:
            start = self._last[1].x if self._last else None
            found = method.solve(_with_variance(self.inputs, self.plain, nu), start)
            if found.steps[0] < 0:
                raise SolverError("the exact method did not end at the limit of volatility")
            self._last = (nu, found)
        found = self._last[1]
        return found, float(np.sqrt(variance(self.inputs, found.w[0])))

    def ends(self) -> tuple[float, float]:
        """Return between which numbers the one that is looked for is.

        The volatility is below that of adding nothing, and above the limit where it is charged in
        full. A limit of nothing has no second end: what is added then only outgrows all figures.
        """
        half = 0.5 * self.price
        return half / self.at(0.0)[1], half / max(self.most, EXACT)

    def excess(self, nu: float) -> float:
        """Return what falls through zero at the number that is looked for."""
        sigma = self.at(nu)[1]
        return min(sigma - self.most, 1.0 - 2.0 * nu * sigma / self.price)


def _with_variance(inputs: Inputs, p: Separable, nu: float) -> Separable:
    """Return the program with `nu` times the variance of the weights added."""
    own = 2.0 * nu * inputs.d**2
    lam = p.lam + 2.0 * nu
    target = p.target * (p.lam / lam)[:, None]
    return replace(p, linear=p.linear + own * p.r, q=p.q + own, lam=lam, target=target)


def _root(excess: Callable[[float], float], first: float, end: float) -> float:
    """Return where a falling function, positive at 0, passes zero before the end (Illinois).

    It grows towards the root from the first place where that may be, so that a far end costs
    nothing.
    """
    low, high = 0.0, min(first, end)
    above, below = excess(low), excess(high)
    while below > EXACT and high < end:
        low, above, high = high, below, min(8.0 * high, end)
        below = excess(high)
    for _ in range(MOST_TRIES):
        if below > -EXACT:
            return high
        middle = high - below * (high - low) / (below - above)
        if not low < middle < high:
            break
        value = excess(middle)
        if abs(value) <= EXACT:
            return middle
        if value > 0:
            low, above, below = middle, value, 0.5 * below
        else:
            high, below, above = middle, value, 0.5 * above
    return high


def _proved(inputs: Inputs, p: Separable, found: Optimum, price: float, sigma: float) -> Proved:
    """Return an optimum with the dual of the program itself, its volatility held by its slope."""
    w = found.w[0]
    slope = inputs.B @ (inputs.B.T @ w) + inputs.d**2 * w
    tilted = replace(p, linear=p.linear + (price / sigma if sigma > 0 else 0.0) * slope)
    factors = inputs.lam * (inputs.B.T @ (w - inputs.r))
    x = np.concatenate([factors, found.x[0, p.k :]])
    bound = float(dual_newton.value(tilted, x[None, :])[0]) - price * float(inputs.vol_max or 0.0)
    return Proved(tilted, w, x, bound, price)
