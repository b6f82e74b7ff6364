"""The loops that are compiled where numba is installed answer as the reference does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rebalancer.optimiser.exact import compiled, dual_newton
from rebalancer.optimiser.exact.separable import separable
from tests.examples import examples
from tests.rebalancer.optimiser.programs import KINDS, program

SEPARABLE = [kind for kind in KINDS if kind != "volatility"]


@pytest.mark.parametrize("count", examples(always=2, campaign=200))
@pytest.mark.parametrize("kind", SEPARABLE)
def test_the_loops_find_the_answer_of_the_reference(kind: str, count: int) -> None:
    for seed in range(count):
        programs = separable([program(kind, seed, 3 + seed % 12)])
        one, other = dual_newton.solve(programs), compiled.solve(programs)
        assert (one.steps >= 0).all() == (other.steps >= 0).all()
        np.testing.assert_allclose(other.w, one.w, atol=1e-12)
        np.testing.assert_allclose(other.value, one.value, atol=1e-12)


def test_the_loops_take_a_start() -> None:
    first = program("plain", 1, 6)
    programs = separable([first])
    x = dual_newton.solve(programs).x
    again = compiled.solve(separable([replace(first, alpha=first.alpha * 1.01)]), x)
    cold = compiled.solve(separable([replace(first, alpha=first.alpha * 1.01)]))
    np.testing.assert_allclose(again.w, cold.w, atol=1e-12)
    assert again.steps[0] <= cold.steps[0]
