"""Whether bounds leave any trades that keep cash and turnover is known without solving."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from portfolios.errors import SolverError
from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.reach import is_reachable
from rebalancer.optimiser.roles import with_roles
from rebalancer.optimiser.solve import REFEREES, solve_convex
from tests.examples import examples
from tests.rebalancer.optimiser.programs import KINDS, program


def narrowed(inputs: Inputs, rng: np.random.Generator) -> Inputs:
    """The program with trades forced and forbidden at random, as a search for trades does."""
    roles = rng.integers(-1, 2, inputs.n).astype(np.int8)
    return with_roles(replace(inputs, min_trade=float(rng.choice([0.01, 0.05, 0.2]))), roles)


@pytest.mark.parametrize("count", examples(always=60, campaign=2000))
def test_what_is_said_to_be_out_of_reach_is_what_no_solver_answers(count: int) -> None:
    said = []
    for seed in range(count):
        kind = KINDS[seed % len(KINDS)]
        inputs = narrowed(program(kind, seed, 2 + seed % 9), np.random.default_rng(seed))
        try:
            solve_convex(inputs, REFEREES)
            can = True
        except SolverError:
            can = False
        said.append(is_reachable(inputs))
        assert said[-1] == can, (seed, kind)
    assert {True, False} == set(said)
