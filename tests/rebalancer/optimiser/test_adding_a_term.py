"""A further limit or a further cost goes into the inputs; no file of the optimiser changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from portfolios.model.market import Array
from rebalancer.optimiser.inputs import Inputs, Row
from rebalancer.optimiser.problem_json import to_problem_json
from rebalancer.optimiser.solve import GAP, solve
from rebalancer.optimiser.variables import Variables
from tests.rebalancer.optimiser.programs import plain_program


@dataclass(frozen=True)
class TaxOnSales:
    """A cost that the product does not know: so much of everything that is sold, squared."""

    rate: float
    name: str = "tax"

    def expression(self, x: Variables) -> Any:
        import cvxpy as cp

        return self.rate * cp.sum_squares(x.v)

    def value(self, w: Array, u: Array, v: Array, c: float) -> float:
        return self.rate * float(v @ v)


def some_program() -> Inputs:
    return replace(plain_program(np.random.default_rng(5), 6), turnover_max=1.0)


def test_a_limit_is_a_row_that_is_kept_priced_and_verified() -> None:
    inputs = some_program()
    pair = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    most = float(pair @ solve(inputs).w) / 2
    limited = replace(inputs, extra_rows=(Row("pair", pair, 0.0, most, 1.0),))
    found = solve(limited)
    assert float(pair @ found.w) <= most + 1e-6
    assert found.duals is not None
    assert found.duals.rows[0] > 0


def test_a_cost_is_weighed_and_every_answer_measured_with_it() -> None:
    inputs = some_program()
    free, taxed = solve(inputs), solve(replace(inputs, extra_terms=(TaxOnSales(5.0),)))
    assert 0 < taxed.v.sum() < 0.9 * free.v.sum()
    assert taxed.gap is not None
    assert taxed.gap < GAP
    assert taxed.objective < free.objective


def test_the_document_of_a_problem_names_the_terms_that_it_cannot_hold() -> None:
    inputs = replace(some_program(), extra_terms=(TaxOnSales(5.0),))
    assert to_problem_json(inputs, solve(inputs))["extra_terms"] == ["tax"]


def test_a_problem_compiled_for_one_cost_is_not_used_for_another() -> None:
    inputs = some_program()
    low = solve(replace(inputs, extra_terms=(TaxOnSales(1.0),)))
    high = solve(replace(inputs, extra_terms=(TaxOnSales(5.0),)))
    again = solve(replace(inputs, extra_terms=(TaxOnSales(1.0),)))
    assert high.v.sum() < low.v.sum()
    np.testing.assert_allclose(again.w, low.w, atol=1e-7)
