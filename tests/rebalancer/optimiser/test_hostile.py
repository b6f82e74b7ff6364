"""Programs that mean nothing end soon, in a typed error or in an answer that is right."""

from __future__ import annotations

import time

import pytest

from portfolios.errors import RebalancerError
from rebalancer.optimiser.certificate import certificate
from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.solve import solve
from rebalancer.optimiser.verify import answer, faults
from tests.examples import examples
from tests.rebalancer.optimiser.hostile import hostile

MOST_SECONDS = 20.0
"""Of processor time for one program, loading cvxpy included: more is a hang."""
ROUNDING = 1e-7


def wrong(inputs: Inputs) -> str:
    """Say what is wrong with the answer to a program; empty where it is right or refused."""
    try:
        found = solve(inputs)
    except RebalancerError:
        return ""
    if broken := faults(inputs, answer(inputs, found.u, found.v)):
        return f"breaks {broken}"
    scale = max(1.0, abs(found.relaxed_objective))
    if found.objective > found.bound + ROUNDING * scale:
        return "is better than its bound"
    proof = certificate(inputs, found)["relaxed"]
    assert isinstance(proof, dict)
    if "declined" in proof or inputs.leg_cost:  # fixed costs are no part of the relaxed proof
        return ""
    off = abs(float(proof["dual"]) - found.relaxed_objective)
    return "" if off <= ROUNDING * scale else f"is {off} from its dual"


@pytest.mark.parametrize("count", examples(always=60, campaign=100_000))
def test_a_hostile_program_is_refused_or_answered_right_and_soon(count: int) -> None:
    bad, slowest = {}, 0.0
    for seed in range(count):
        start = time.process_time()
        if why := wrong(hostile(seed)):
            bad[seed] = why
        slowest = max(slowest, time.process_time() - start)
    print(f"{count} hostile programs: {len(bad)} wrong, the slowest took {slowest:.1f} s: {bad}")
    assert not bad
    assert slowest < MOST_SECONDS
