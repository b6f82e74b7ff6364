"""What one program is given and what it answers: plain arrays, no cvxpy.

All weights are fractions of the value after the cash flow and before the trades; alpha, variance
and one-off costs are per 30 days, so they may be added. Assets are sorted by id. n assets,
k factors, s sectors, q further priced rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from portfolios.model.market import Array
from portfolios.model.measures import forced_sales, turnover

if TYPE_CHECKING:
    import cvxpy as cp

    from rebalancer.optimiser.variables import Variables


class Term(Protocol):
    """A further convex term to be minimised; hashable, and equal only where it costs the same."""

    @property
    def name(self) -> str:
        """Under which it is known."""

    def expression(self, x: Variables) -> cp.Expression:
        """Return the term for the solver."""

    def value(self, w: Array, u: Array, v: Array, c: float) -> float:
        """Return the term in numpy, by which answers are checked; `w`, `u`, `v` of shape (n,)."""


Shape = tuple[int, int, int, int, bool, tuple[Term, ...]]
"""n, k, s, rows, whether there is a volatility limit, and the further terms."""


@dataclass(frozen=True, slots=True)
class Row:
    """A further priced limit: `a @ w + cash * c <= hi + slack`, charged `price * slack`."""

    name: str
    a: Array
    cash: float
    hi: float
    price: float


@dataclass(frozen=True, slots=True)
class PenaltyPrices:
    """What one unit of violation of each soft limit costs."""

    asset: float | Array = 0.10
    sector_hi: float = 0.10
    sector_lo: float = 0.05
    buffer: float = 0.10
    vol: float = 0.5  # divided by sqrt(lam / 2) in the program, where the norm is scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """One portfolio's program."""

    assets: tuple[str, ...]  # (n,) sorted ids
    alpha: Array  # (n,) expected residual return
    B: Array  # (n, k) factor loadings; covariance = B @ B.T + diag(d**2)
    d: Array  # (n,) own volatility, >= 0
    lam: float  # risk aversion of the active bet
    theta: float  # tracking in weight units
    r: Array  # (n,) reference, brought inside the limits
    w0: Array  # (n,) weights held
    c0: float  # cash weight after the flow; 1 - sum(w0)
    flow: float  # F / V; deposit positive
    kappa_buy: Array  # (n,) cost of a unit bought, fee and half spread
    kappa_sell: Array  # (n,) cost of a unit sold
    u_lo: Array  # (n,) bounds of buys
    u_hi: Array
    v_lo: Array  # (n,) bounds of sells
    v_hi: Array
    w_lock: Array  # (n,) weight that may not be sold
    w_max: Array  # (n,) asset caps, soft
    sector_names: tuple[str, ...]  # (s,)
    M: Array  # (n, s) membership, rows sum to 1
    S_lo: Array  # (s,) sector floors, 0 where none
    S_hi: Array  # (s,) sector caps, 1 where none
    m_stable: Array  # (n,) 1 for healthy stablecoins
    b_min: float  # buffer of cash and stables
    turnover_max: float  # most that is bought, and most that is sold, beside the flow; hard
    vol_max: float | None  # 30-day volatility; None when off
    c_hard: float  # least cash; hard
    min_trade: float  # smallest trade as a fraction of value
    exit_least: Array | None = None  # (n,) smallest sale of all that is free; None: min_trade
    leg_cost: float = 0.0  # fixed cost of one trade as a fraction of value
    prices: PenaltyPrices = field(default_factory=PenaltyPrices)
    extra_rows: tuple[Row, ...] = ()
    extra_terms: tuple[Term, ...] = ()

    @property
    def n(self) -> int:
        """Number of assets."""
        return len(self.assets)

    @property
    def least_sale(self) -> Array:
        """The smallest sale of each asset, shape (n,): the minimum trade, or an exit below it."""
        if self.exit_least is None:
            return np.full(self.n, self.min_trade)
        is_exit = (self.v_hi < self.min_trade) & (self.v_hi >= self.exit_least)
        return np.where(is_exit, self.v_hi, self.min_trade)

    @property
    def most_bought(self) -> float:
        """What may be bought in all: the turnover, and what a deposit pays for."""
        return self.turnover_max + max(0.0, self.flow)

    @property
    def most_sold(self) -> float:
        """What may be sold in all: the turnover, and what a lack of cash forces."""
        return self.turnover_max + self.forced_sales

    @property
    def forced_sales(self) -> float:
        """What a lack of cash forces to be sold, costs included."""
        return forced_sales(self.c_hard - self.c0, self.kappa_sell)

    def turnover_to(self, after: Array) -> float:
        """Return the turnover of the way to other weights, shape (n,)."""
        deposit = max(0.0, self.flow)
        return turnover(self.w0, after, deposit=deposit, forced=self.forced_sales)

    @property
    def shape(self) -> Shape:
        """What decides which compiled problem fits."""
        rows, has_cone = len(self.extra_rows), self.vol_max is not None
        k, s = self.B.shape[1], len(self.sector_names)
        return (self.n, k, s, rows, has_cone, self.extra_terms)


@dataclass(frozen=True, slots=True)
class Duals:
    """Prices of the limits at the optimum, all >= 0, in objective per unit of weight."""

    budget: float  # nu; value of a unit of cash
    turnover: float
    asset: Array  # (n,)
    sector_hi: Array  # (s,)
    sector_lo: Array  # (s,)
    buffer: float
    vol: float
    rows: Array  # (q,)
    multipliers: Array = field(default_factory=lambda: np.zeros(0))  # (k + m,) of `exact`, or none


@dataclass(frozen=True, slots=True)
class Solution:
    """An answer that passed the independent check."""

    w: Array  # (n,) weights after
    u: Array  # (n,) buys
    v: Array  # (n,) sells
    c: float  # cash after
    objective: float  # as maximised, evaluated in numpy at this answer
    relaxed_objective: float  # of the program before pruning
    hold_objective: float | None  # of doing nothing; None where holding is not admissible
    solver: str
    status: str
    gap: float | None  # objective stated by the solver against the one measured again
    duals: Duals | None  # of the program without the minimum trade (see problem.py)
    bound: float | None = None  # no answer has a higher objective; equal where it is proved
