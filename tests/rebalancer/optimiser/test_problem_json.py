"""The dumped problem is all that another solver needs."""

from __future__ import annotations

import json

import pytest

from rebalancer.optimiser.problem_json import to_problem_json
from rebalancer.optimiser.solve import solve
from tests.rebalancer.optimiser.programs import program, referee

KEYS = {
    "schema", "assets", "alpha", "B", "d", "lam", "theta", "r", "w0", "c0", "flow",
    "kappa_buy", "kappa_sell", "u_lo", "u_hi", "v_lo", "v_hi", "w_lock", "w_max", "sector_names",
    "M", "S_lo", "S_hi", "m_stable", "b_min", "turnover_max", "vol_max", "c_hard", "prices",
    "extra_rows", "min_trade", "exit_least", "leg_cost", "solution",
    "certificate", "digest",
}  # fmt: skip


def test_the_document_has_every_key_and_survives_json() -> None:
    inputs = program("rows", 4, 5, min_trade=0.01)
    document = to_problem_json(inputs, solve(inputs))
    assert set(document) == KEYS
    assert json.loads(json.dumps(document, allow_nan=False)) == document


@pytest.mark.parametrize("kind", ["plain", "rows", "volatility", "withdrawal"])
def test_the_relaxed_objective_is_what_anybody_finds_from_the_document(kind: str) -> None:
    inputs = program(kind, 6, 7, min_trade=0.02)
    document = to_problem_json(inputs, solve(inputs))
    found = document["solution"]["relaxed_objective"]  # type: ignore[index]
    assert referee(document, tight=1e-10) == pytest.approx(found, abs=1e-8)
