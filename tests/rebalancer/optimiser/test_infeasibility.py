"""Contradictions are named: the smallest set, and the smallest relaxation of each."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from portfolios.errors import InfeasibleError
from rebalancer.optimiser.infeasibility import limits_in_force, require_consistent, smallest_fault
from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.solve import solve
from tests.rebalancer.optimiser.programs import program


def three_sectors(floors: list[float], caps: list[float], w_max: float = 1.0) -> Inputs:
    inputs = program("plain", 1, 6)
    members = np.kron(np.eye(3), np.ones((2, 1)))
    return replace(
        inputs, sector_names=("ai", "defi", "meme"), M=members, S_lo=np.array(floors),
        S_hi=np.array(caps), w_max=np.full(6, w_max), b_min=0.0,
    )  # fmt: skip


def fault_of(inputs: Inputs) -> InfeasibleError:
    with pytest.raises(InfeasibleError) as caught:
        solve(inputs)
    return caught.value


def test_a_floor_over_its_cap_names_both_and_what_would_mend_each() -> None:
    error = fault_of(three_sectors([0, 0.4, 0], [1, 0.3, 1]))
    found = {c.limit: (c.bound, round(c.relaxed, 6)) for c in error.conflicts}
    assert found == {"sector.defi.min": (0.4, 0.3), "sector.defi.max": (0.3, 0.4)}
    assert "smallest relaxation" in error.hint


def test_floors_over_the_whole_name_every_floor() -> None:
    error = fault_of(three_sectors([0.5, 0.4, 0.3], [1, 1, 1]))
    assert {c.limit for c in error.conflicts} == {
        "sector.ai.min", "sector.defi.min", "sector.meme.min",
    }  # fmt: skip
    assert [round(c.relaxed, 6) for c in error.conflicts] == [0.3, 0.2, 0.1]


def test_a_floor_above_what_its_members_may_be_names_them() -> None:
    error = fault_of(three_sectors([0, 0.4, 0], [1, 1, 1], w_max=0.15))
    assert {c.limit for c in error.conflicts} == {
        "sector.defi.min", "asset.asset-02.max", "asset.asset-03.max",
    }  # fmt: skip


def test_limits_that_only_locks_break_are_no_contradiction() -> None:
    assert solve(program("locked_above_cap", 3, 6)).status == "optimal"


@pytest.mark.parametrize("kind", ["locked_above_cap", "zero_turnover", "floors"])
def test_limits_that_cash_or_the_reference_keeps_need_no_linear_program(kind: str) -> None:
    code = (
        "import sys; from rebalancer.optimiser.solve import solve;"
        "from tests.rebalancer.optimiser.programs import program;"
        "from dataclasses import replace; import numpy as np;"
        f"p = program({kind!r}, 3, 6);"
        "solve(replace(p, r=np.minimum(p.w_max, 0.9 / 6), S_hi=0.0 * p.S_hi + 0.9, b_min=0.05));"
        "sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0


def test_a_withdrawal_beyond_what_may_be_sold_says_by_how_much() -> None:
    inputs = program("withdrawal", 3, 6)
    locked = replace(inputs, v_hi=np.zeros(6), w_lock=inputs.w0)
    assert "exceeds what may be sold by 15.0%" in str(fault_of(locked))


def check_irreducible(seed: int) -> bool:
    """Draw limits; where they contradict each other, without any one of those named they do not."""
    rng = np.random.default_rng(seed)
    floors, caps = rng.uniform(0.1, 0.6, 3), rng.uniform(0.1, 0.7, 3)
    inputs = three_sectors(floors.tolist(), caps.tolist(), w_max=float(rng.uniform(0.1, 0.5)))
    limits = tuple(limits_in_force(inputs))
    assert contradictory(limits, inputs.n) == raises(inputs)
    if not contradictory(limits, inputs.n):
        return False
    fault = smallest_fault(limits, inputs.n)
    assert contradictory(fault, inputs.n)
    for limit in fault:
        assert not contradictory([other for other in fault if other is not limit], inputs.n)
    return True


def raises(inputs: Inputs) -> bool:
    try:
        require_consistent(inputs)
    except InfeasibleError:
        return True
    return False


@pytest.mark.parametrize("seed", range(12))
def test_the_named_set_is_at_fault_and_irreducible(seed: int) -> None:
    check_irreducible(seed)


@pytest.mark.campaign
def test_five_hundred_named_sets_are_at_fault_and_irreducible() -> None:
    found = sum(check_irreducible(seed) for seed in range(500))
    print(f"contradictions named: {found} of 500 draws")
    assert found > 100


def contradictory(limits: object, n: int) -> bool:
    """Ask a linear program of another library whether any weights meet the limits."""
    import highspy

    solver = highspy.Highs()
    solver.silent()
    x = [solver.addVariable(lb=0.0, ub=1.0) for _ in range(n + 1)]
    solver.addConstr(sum(x) == 1.0)
    for limit in limits:  # type: ignore[attr-defined]
        solver.addConstr(sum(float(a) * v for a, v in zip(limit.a, x, strict=True)) <= limit.hi)
    solver.run()
    return solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible
