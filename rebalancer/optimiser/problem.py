"""The program of one shape: assembled once, filled with values, solved again and again.

Markowitz with a reference, linear costs and soft priced limits (Boyd et al., "Markowitz portfolio
construction at seventy", 2024). The covariance enters in factor form, the n x k loadings once;
no two parameters are ever multiplied, so the compiled form stays valid for every portfolio of the
same shape (disciplined parametrised programming).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np

from portfolios.errors import SolverError
from portfolios.model.market import Array
from rebalancer.optimiser.constraints import constraints_for
from rebalancer.optimiser.inputs import Duals, Inputs
from rebalancer.optimiser.objective import COSTS
from rebalancer.optimiser.variables import Variables

Attempt = tuple[str, Mapping[str, float | int]]
"""A solver's name and its options."""


@dataclass(frozen=True, slots=True)
class Raw:
    """What a solver answered with status `optimal`; unchecked."""

    u: Array
    v: Array
    duals: Duals
    solver: str
    status: str
    value: float  # the objective as the solver states it, maximised


class Problem:
    """One compiled program; `solve` fills in the values of some inputs of the same shape.

    It holds the values of one solve, so threads must not share it: see `problem_pool`.
    """

    def __init__(self, inputs: Inputs) -> None:
        n, k = inputs.B.shape
        new = cp.Variable
        self.x = Variables(new(n), new(n), new(n), new(n), new(k), new(n), new())
        self.costs = [make(inputs) for make in COSTS]
        self.extra_terms = inputs.extra_terms
        self.limits = constraints_for(inputs)
        self.w0, self.r = cp.Parameter(n), cp.Parameter(n)
        self.loadings, self.own = cp.Parameter((k, n)), cp.Parameter(n)
        self.kappa_buy, self.kappa_sell = cp.Parameter(n), cp.Parameter(n)
        self.rows: dict[str, cp.Constraint] = {}
        self.program = self._assembled()
        self._by_solver: dict[str, cp.Problem] = {}

    def _assembled(self) -> cp.Problem:
        cost = sum(term.expression(self.x) for term in self.costs)
        cost += sum(term.expression(self.x) for term in self.extra_terms)
        for limit in self.limits:
            slack = 0.0
            if limit.price is not None:
                slack = cp.Variable(limit.size, nonneg=True)
                cost += limit.price @ slack
            self.rows[limit.name] = limit.violation(self.x) <= slack
        self.rows["budget"] = self._budget()
        return cp.Problem(cp.Minimize(cost), [*self._definitions(), *self.rows.values()])

    def _budget(self) -> cp.Constraint:
        x = self.x
        spent = self.kappa_buy @ x.u + self.kappa_sell @ x.v
        return cp.sum(x.w) + x.c + spent == 1.0

    def _definitions(self) -> list[cp.Constraint]:
        x = self.x
        return [
            x.w == self.w0 + x.u - x.v,
            x.a == x.w - self.r,
            x.y == self.loadings @ x.w,
            x.e == cp.multiply(self.own, x.w),
        ]

    def fill(self, inputs: Inputs) -> None:
        """Set every parameter."""
        scale = np.sqrt(inputs.lam / 2.0)
        self.w0.value, self.r.value = inputs.w0, inputs.r
        self.loadings.value, self.own.value = scale * inputs.B.T, scale * inputs.d
        self.kappa_buy.value, self.kappa_sell.value = inputs.kappa_buy, inputs.kappa_sell
        for term in self.costs:
            term.update(inputs)
        for limit in self.limits:
            limit.update(inputs)

    def _program_for(self, solver: str) -> cp.Problem:
        """Return the program for one solver: cvxpy keeps what it compiled for the last one only."""
        if solver not in self._by_solver:
            program = cp.Problem(self.program.objective, self.program.constraints)
            self._by_solver[solver] = program
        return self._by_solver[solver]

    def solve(self, inputs: Inputs, attempt: Attempt) -> Raw:
        """Solve once with one solver.

        Raises:
            SolverError: for anything but the status `optimal`.
        """
        name, options = attempt
        self.fill(inputs)
        try:
            found = self._asked(name, dict(options))
        except (cp.SolverError, ValueError, ArithmeticError) as error:
            raise SolverError(f"{name} failed: {error}") from error
        if found.status != "optimal":
            raise SolverError(f"{name} ended with {found.status}")
        self.program.unpack(found)
        value = -float(found.opt_val)
        return Raw(self.x.u.value, self.x.v.value, self._duals(), name, found.status, value)

    def _asked(self, name: str, options: dict[str, float | int]) -> Any:
        """Return cvxpy's solution, by the steps of `cp.Problem.solve` without its warning.

        It warns of an inaccurate answer; the status says the same and is acted on. Silencing it
        would change the warning filters of the whole process under the other threads.
        """
        program = self._program_for(name)
        data, chain, inverse = program.get_problem_data(name, solver_opts=options)
        found = chain.solve_via_data(
            program, data, warm_start=False, verbose=False, solver_opts=options
        )
        return chain.invert(found, inverse)

    def _duals(self) -> Duals:
        def price(name: str) -> Array:
            row = self.rows.get(name)
            return np.zeros(1 if name == "vol" else 0) if row is None else _dual(row)

        return Duals(
            budget=-float(self.rows["budget"].dual_value),
            turnover=float(price("turnover").sum()),
            asset=price("asset"),
            sector_hi=price("sector_hi"),
            sector_lo=price("sector_lo"),
            buffer=float(price("buffer")[0]),
            vol=float(price("vol")[0]),
            rows=price("rows"),
        )


def _dual(row: cp.Constraint) -> Array:
    return np.maximum(np.atleast_1d(np.asarray(row.dual_value, dtype=float)), 0.0)
