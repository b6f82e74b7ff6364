"""The optimiser against a referee, in degenerate cases, and when solvers fail."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from cvxpy.reductions.solvers.solving_chain import SolvingChain
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.errors import SolverError
from rebalancer.optimiser.inputs import Inputs, Solution
from rebalancer.optimiser.problem import Attempt, Problem, Raw
from rebalancer.optimiser.problem_json import to_problem_json
from rebalancer.optimiser.problem_pool import ProblemPool, compiled
from rebalancer.optimiser.solve import (
    CHAIN,
    GAP,
    REFEREES,
    best_objective,
    solve,
    solve_convex,
)
from rebalancer.optimiser.verify import Answer, faults
from tests.rebalancer.optimiser.programs import KINDS, program, referee


def gap_to_referee(inputs: Inputs) -> float:
    answer = solve(inputs)
    found = Answer(answer.w, answer.u, answer.v, answer.c, answer.objective)
    assert faults(inputs, found) == ()
    return abs(referee(json.loads(json.dumps(to_problem_json(inputs, answer)))) - answer.objective)


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [2, 5, 14])
def test_the_answer_is_the_referees(kind: str, n: int) -> None:
    assert gap_to_referee(program(kind, seed=11 * n, n=n)) < 1e-6


@pytest.mark.campaign
@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
def test_five_hundred_random_answers_are_the_referees() -> None:
    worst = max(
        gap_to_referee(program(KINDS[seed % len(KINDS)], seed, 2 + seed * 7 % 59))
        for seed in range(500)
    )
    print(f"worst gap over 500 problems: {worst:.2e}")
    assert worst < 1e-6


@pytest.mark.parametrize("vol_max", [None, 0.1])
def test_the_problem_stays_compiled_for_every_portfolio_of_its_shape(
    vol_max: float | None,
) -> None:
    inputs = replace(program("rows", 3, 5), vol_max=vol_max)
    compiled = Problem(inputs).program
    assert compiled.is_dcp(dpp=True)
    assert compiled.is_qp() is (vol_max is None)


def test_asking_another_solver_compiles_the_problem_once_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled_for, apply = [], SolvingChain.apply

    def counted(chain: SolvingChain, *given: object, **named: object) -> object:
        compiled_for.append(chain.solver.name())
        return apply(chain, *given, **named)

    monkeypatch.setattr(SolvingChain, "apply", counted)
    inputs = program("plain", 1, 6)
    problem = Problem(inputs)
    answers = [problem.solve(inputs, attempt) for attempt in REFEREES * 3]
    assert sorted(compiled_for) == ["CLARABEL", "PIQP"]
    assert {each.u.tobytes() for each in answers[::3]} == {answers[0].u.tobytes()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_objective_is_found_by_solving_once(kind: str) -> None:
    inputs = program(kind, seed=3, n=5, min_trade=0.02)
    solved: list[Inputs] = []

    class Counted(Problem):
        def solve(self, inputs: Inputs, attempt: Attempt) -> Raw:
            solved.append(inputs)
            return super().solve(inputs, attempt)

    found = best_objective(inputs, chain=REFEREES[:1], pool=ProblemPool(Counted))
    assert found == solve(inputs, chain=REFEREES).relaxed_objective
    assert len(solved) == (kind != "all_locked")


def test_a_second_portfolio_of_one_shape_gets_its_own_answer() -> None:
    first, second = program("plain", 1, 6), program("plain", 2, 6)
    alone = solve(second)
    solve(replace(first, sector_names=second.sector_names, M=second.M, S_lo=second.S_lo,
                  S_hi=second.S_hi))  # fmt: skip
    again = solve(second)
    assert alone.w.tolist() == again.w.tolist()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.permutations(range(6)))
def test_the_order_of_assets_does_not_matter(seed: int, order: list[int]) -> None:
    inputs = program("plain", seed, 6, min_trade=0.01)
    straight, turned = solve(inputs), solve(permuted(inputs, order))
    assert turned.w == pytest.approx(straight.w[order], abs=1e-6)


def permuted(inputs: Inputs, order: list[int]) -> Inputs:
    names = (
        "alpha", "B", "d", "r", "w0", "kappa_buy", "kappa_sell", "u_lo", "u_hi", "v_lo",
        "v_hi", "w_lock", "w_max", "M", "m_stable",
    )  # fmt: skip
    turned = {name: getattr(inputs, name)[order] for name in names}
    return replace(inputs, assets=tuple(inputs.assets[i] for i in order), **turned)


FAILS = ("CLARABEL", {"max_iter": 1})


def test_an_answer_that_hit_its_limit_is_never_used() -> None:
    with pytest.raises(SolverError, match="CLARABEL ended with user_limit"):
        solve_convex(program("plain", 5, 8), [FAILS])


def test_the_next_solver_is_asked_when_one_fails() -> None:
    inputs = program("plain", 5, 8)
    second = solve_convex(inputs, [FAILS, CHAIN[-1]])
    assert second.solver == "PIQP"
    assert second.answer.objective == pytest.approx(solve_convex(inputs).answer.objective, abs=1e-7)


class Misstating:
    """A problem whose solvers state an objective that is off, Clarabel's alone or all."""

    def __init__(self, inputs: Inputs, by: float, solvers: tuple[str, ...]) -> None:
        self.problem, self.by, self.solvers = compiled(inputs), by, solvers

    def solve(self, inputs: Inputs, attempt: Attempt) -> Raw:
        raw = self.problem.solve(inputs, attempt)
        return replace(raw, value=raw.value + self.by) if raw.solver in self.solvers else raw


def misstating(by: float, *solvers: str) -> ProblemPool:
    return ProblemPool(lambda inputs: Misstating(inputs, by, solvers))


@pytest.mark.parametrize("by", [2 * GAP, -2 * GAP, np.nan])
def test_an_answer_with_another_objective_than_stated_is_not_used(by: float) -> None:
    inputs = program("plain", 5, 8)
    second = solve_convex(inputs, REFEREES, pool=misstating(by, "CLARABEL"))
    assert second.solver == "PIQP"
    assert second.gap is not None
    assert second.gap < GAP
    with pytest.raises(SolverError, match="CLARABEL answered, but the objective is not what"):
        solve_convex(inputs, REFEREES, pool=misstating(by, "CLARABEL", "PIQP"))


def test_an_answer_with_nearly_the_stated_objective_is_used() -> None:
    pool = misstating(GAP / 2, "CLARABEL")
    assert solve_convex(program("plain", 5, 8), REFEREES, pool=pool).solver == "CLARABEL"


def test_fixed_costs_of_trades_are_no_gap() -> None:
    solved = solve_convex(replace(program("plain", 5, 8), leg_cost=0.001))
    assert np.count_nonzero(solved.answer.u - solved.answer.v) > 0
    assert solved.gap is not None
    assert solved.gap < 1e-8


@pytest.mark.campaign
def test_the_objectives_of_two_thousand_answers_are_those_stated() -> None:
    gaps = {}
    for seed in range(2100):
        kind = KINDS[seed % len(KINDS)]
        inputs = program(kind, seed, 2 + seed * 7 % 59)
        chain = CHAIN[(0, 1, 3)[seed % 3] :] if inputs.vol_max is None else CHAIN
        gaps[kind, seed] = solve_convex(inputs, chain).gap or 0.0
    worst = max(gaps, key=lambda each: gaps[each])
    print(f"largest gap of {len(gaps)} answers: {gaps[worst]:.1e} at {worst}")
    assert gaps[worst] < GAP / 10


TOO_TIGHT = ("CLARABEL", {"tol_gap_abs": 1e-30, "tol_gap_rel": 1e-30, "tol_feas": 1e-30})


def test_an_inaccurate_answer_is_refused_without_a_warning() -> None:
    with pytest.raises(SolverError, match="CLARABEL ended with optimal_inaccurate"):
        solve_convex(program("plain", 5, 8), [TOO_TIGHT])


def test_the_second_solver_is_not_asked_for_a_cone() -> None:
    with pytest.raises(SolverError):
        solve_convex(program("volatility", 5, 8), [FAILS, CHAIN[-1]])


@pytest.mark.parametrize("name", ["alpha", "B", "w0", "S_hi"])
def test_a_figure_that_is_no_number_is_refused_by_name(name: str) -> None:
    inputs = program("plain", 5, 4)
    broken = getattr(inputs, name).copy()
    broken.flat[0] = np.nan
    with pytest.raises(SolverError, match=name):
        solve(replace(inputs, **{name: broken}))


@pytest.mark.parametrize("cost", [1.0, 2.0])
def test_a_sale_that_costs_all_that_it_brings_is_refused_by_name(cost: float) -> None:
    inputs = program("withdrawal", 5, 4)
    with pytest.raises(SolverError, match="kappa_sell"):
        solve(replace(inputs, kappa_sell=np.append(inputs.kappa_sell[1:], cost)))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300, -1.0])
@pytest.mark.parametrize("name", ["lam", "theta", "min_trade", "leg_cost", "vol_max"])
def test_a_number_that_means_nothing_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(SolverError, match=name):
        solve(replace(program("plain", 5, 4), **{name: value}))


def test_figures_scaled_to_nothing_do_not_make_a_wrong_answer() -> None:
    """With alpha and risk near zero, solvers may stop anywhere and call it optimal."""
    inputs = program("plain", 5, 8)
    tiny = replace(inputs, alpha=inputs.alpha * 1e-12, B=inputs.B * 1e-6, d=inputs.d * 1e-6)
    assert gap_to_referee(tiny) < 1e-7


def test_nothing_tradable_needs_no_solver() -> None:
    answer = solve(program("all_locked", 5, 8), chain=[FAILS])
    assert answer.solver == "none needed"
    assert answer.u.tolist() == answer.v.tolist() == [0.0] * 8


def test_no_asset_at_all_is_no_error() -> None:
    empty = np.zeros(0)
    inputs = replace(
        program("plain", 1, 2),
        assets=(), alpha=empty, B=np.zeros((0, 0)), d=empty, r=empty, w0=empty, c0=1.0,
        kappa_buy=empty, kappa_sell=empty, u_lo=empty, u_hi=empty, v_lo=empty, v_hi=empty,
        w_lock=empty, w_max=empty, sector_names=(), M=np.zeros((0, 0)), S_lo=empty, S_hi=empty,
        m_stable=empty,
    )  # fmt: skip
    assert solve(inputs).c == 1.0


def test_the_same_input_gives_the_same_bytes() -> None:
    def face(answer: Solution) -> str:
        return json.dumps([answer.w.tolist(), answer.c, answer.objective])

    inputs = program("floors", 9, 12, min_trade=0.01)
    assert face(solve(inputs)) == face(solve(inputs))


def test_importing_the_optimiser_loads_no_solver() -> None:
    code = (
        "import sys, rebalancer.optimiser.solve, rebalancer.optimiser.problem_json;"
        "sys.exit(any(m in sys.modules for m in ('cvxpy', 'scipy', 'clarabel')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
