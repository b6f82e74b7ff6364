"""The exact method: the referee's answer or better, proved, repeatable, alone or side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.errors import SolverError
from rebalancer.optimiser.exact import dual_newton
from rebalancer.optimiser.exact.answer import NAME, solve_exactly
from rebalancer.optimiser.exact.separable import separable, why_not
from rebalancer.optimiser.inputs import Inputs, Row
from rebalancer.optimiser.solve import REFEREES, solve_convex
from rebalancer.optimiser.verify import Answer, faults, variance
from tests.examples import examples
from tests.rebalancer.optimiser.programs import KINDS, of_one_shape, program
from tests.together import together

HARD = 1e-12
PROVED = 1e-9


def breach(inputs: Inputs, found: Answer) -> float:
    """By how much an answer breaks the worst of the hard limits that join assets."""
    bought = float(found.u.sum()) - inputs.most_bought
    return max(0.0, inputs.c_hard - found.c, bought, float(found.v.sum()) - inputs.most_sold)


def worst_of(count: int) -> dict[str, float]:
    """The largest gap, breach of a hard limit and loss against the referee of many programs."""
    worst = {"gap": 0.0, "loss": 0.0, "breach": 0.0, "declined": 0}
    for seed in range(count):
        inputs = program(KINDS[seed % len(KINDS)], seed, 1 + seed * 7 % 60)
        try:
            found = solve_exactly(inputs)
        except SolverError:
            worst["declined"] += 1
            continue
        best = found.answer
        assert faults(inputs, best) == ()
        worst["breach"] = max(worst["breach"], breach(inputs, best))
        worst["gap"] = max(worst["gap"], found.gap or 0.0)
        if seed % 10 == 0 or count > 1000:
            other = solve_convex(inputs, REFEREES).answer
            # A general solver gains by breaking limits a little, less than what it breaks.
            kept = other.objective - breach(inputs, other)
            worst["loss"] = max(worst["loss"], kept - best.objective)
    return worst


@pytest.mark.parametrize("count", examples(always=130, campaign=10_000))
def test_every_answer_is_proved_and_no_worse_than_the_referees(count: int) -> None:
    worst = worst_of(count)
    print(f"{count} programs: {worst}")
    assert worst["gap"] < PROVED
    assert worst["loss"] < PROVED
    assert worst["breach"] < HARD
    assert worst["declined"] <= count / 1000


@pytest.mark.parametrize("count", examples(always=28, campaign=2000))
def test_a_limit_of_volatility_is_met_or_charged_in_full(count: int) -> None:
    for seed in range(count):
        most = (0.02, 0.05, 0.08, 0.15)[seed % 4]
        inputs = replace(program(KINDS[seed % len(KINDS)], seed, 1 + seed * 7 % 40), vol_max=most)
        found = solve_exactly(inputs)
        assert found.gap is not None
        assert found.gap < PROVED
        assert found.duals is not None
        sigma = float(np.sqrt(variance(inputs, found.answer.w)))
        assert sigma <= most + HARD or found.duals.vol == pytest.approx(inputs.prices.vol)
        assert sigma >= most - 1e-10 or found.duals.vol == 0


@pytest.mark.parametrize("most", [0.0, 1e-12, 1e-6])
@pytest.mark.parametrize("kind", KINDS)
def test_next_to_no_volatility_is_proved_as_well(kind: str, most: float) -> None:
    found = solve_exactly(replace(program(kind, 7, 5), vol_max=most))
    assert found.gap is not None
    assert found.gap < PROVED


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2, 200])
def test_the_fewest_and_many_assets_are_solved(kind: str, n: int) -> None:
    found = solve_exactly(program(kind, 7, n))
    assert found.gap is not None
    assert found.gap < PROVED


@pytest.mark.parametrize("kind", KINDS)
def test_no_byte_depends_on_what_is_solved_beside_it(kind: str) -> None:
    programs = of_one_shape(kind, 9, 12)
    alone = [dual_newton.solve(separable([each])) for each in programs]
    for order in (range(12), range(11, -1, -1), (3, 3, 0)):
        found = dual_newton.solve(separable([programs[i] for i in order]))
        for place, i in enumerate(order):
            assert found.w[place].tobytes() == alone[i].w[0].tobytes()
            assert found.x[place].tobytes() == alone[i].x[0].tobytes()


def test_threads_get_the_answers_that_they_get_alone() -> None:
    programs = [program(kind, 5, 12) for kind in KINDS]
    alone = [solve_exactly(each).answer.w.tobytes() for each in programs]

    def call() -> list[bytes]:
        return [solve_exactly(each).answer.w.tobytes() for each in programs]

    assert together([call] * 8) == [alone] * 8


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_from_another_answer_leads_to_the_same_one(kind: str) -> None:
    first, second = of_one_shape(kind, 8, 2)
    x = dual_newton.solve(separable([first])).x
    warm, cold = dual_newton.solve(separable([second]), x), dual_newton.solve(separable([second]))
    np.testing.assert_allclose(warm.w, cold.w, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_multipliers_are_the_prices_of_the_limits(kind: str) -> None:
    """Moving a limit a little changes the objective by its price."""
    inputs, nudge = program(kind, 3, 8), 1e-6
    found = solve_exactly(inputs)
    assert found.duals is not None
    for name, at, price in (
        ("turnover_max", inputs.turnover_max, found.duals.turnover),
        ("b_min", -inputs.b_min, found.duals.buffer),
    ):
        up, down = (
            solve_exactly(replace(inputs, **{name: abs(at + by)})).answer.objective
            for by in (nudge, -nudge)
        )
        if abs(at) > nudge:
            sides = sorted(
                ((up - found.answer.objective) / nudge, (found.answer.objective - down) / nudge)
            )
            assert sides[0] - 1e-4 <= price <= sides[1] + 1e-4


@given(
    seed=st.integers(0, 10_000),
    what=st.sampled_from(["alpha", "B", "d", "w_max", "S_hi", "r", "kappa_buy"]),
    by=st.sampled_from([0.0, 1e-9, 1e-3, 1e3, 1e6, -1.0]),
)
@settings(max_examples=150)
def test_hostile_figures_end_in_a_proved_answer_or_a_refusal(
    seed: int, what: str, by: float
) -> None:
    inputs = program("plain", seed, 1 + seed % 12)
    hostile = replace(inputs, **{what: getattr(inputs, what) * by})
    try:
        found = solve_exactly(hostile)
    except SolverError:
        return
    if not faults(hostile, found.answer):
        scale = max(1.0, abs(found.answer.objective))
        assert found.gap is not None
        assert found.gap < 1e-6 * scale


@pytest.mark.parametrize("seed", range(8))
def test_rows_that_say_the_same_twice_end_in_an_answer_or_a_refusal(seed: int) -> None:
    inputs = program("plain", seed, 6)
    row = Row("one", np.random.default_rng(seed).uniform(0, 1, 6), 0.0, 0.2, 0.1)
    twice = replace(inputs, extra_rows=(row, replace(row, name="two")), d=np.zeros(6), theta=1e-6)
    try:
        found = solve_exactly(twice)
    except SolverError:
        return
    assert found.gap is not None


def test_a_limit_of_volatility_that_costs_nothing_is_none() -> None:
    inputs = program("volatility", 3, 6)
    free = replace(inputs, prices=replace(inputs.prices, vol=0.0))
    plain = solve_exactly(replace(inputs, vol_max=None)).answer.w
    assert solve_exactly(free).answer.w.tolist() == plain.tolist()


class Odd:
    """A term that is not separable."""

    name = "odd"


CASES: dict[str, Callable[[Inputs], Inputs]] = {
    "it has a term of another kind": lambda p: replace(p, extra_terms=(Odd(),)),  # type: ignore[arg-type]
    "a weight has no cost of its own": lambda p: replace(p, theta=0.0, d=0.0 * p.d),
    "a row pays for costs": lambda p: replace(
        p, extra_rows=(Row("a", np.zeros(p.n), 20.0, 0.1, 0.1),)
    ),
    "an asset must be traded both ways": lambda p: replace(p, u_lo=0.01 + 0.0 * p.w0),
    "its bounds contradict each other": lambda p: replace(
        p, v_hi=0.0 * p.w0, u_hi=-0.1 + 0.0 * p.w0
    ),
}


@pytest.mark.parametrize("why", CASES)
def test_what_does_not_fall_apart_is_declined_with_a_word(why: str) -> None:
    inputs = CASES[why](program("plain", 3, 5))
    assert why_not(inputs) == why
    with pytest.raises(SolverError, match=why):
        solve_exactly(inputs)


def test_a_general_solver_answers_what_is_declined() -> None:
    flat = replace(program("plain", 3, 5), theta=0.0, d=np.zeros(5))
    assert solve_convex(flat).solver == "CLARABEL"
    assert solve_convex(program("plain", 3, 5)).solver == NAME
