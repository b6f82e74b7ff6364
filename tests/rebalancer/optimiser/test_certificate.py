"""The proof of an answer holds for programs of every kind, and for hostile ones there is no answer.

A hostile program has a figure that is not finite, no curvature, limits that contradict each other,
more factors than assets, or no asset at all.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from portfolios.errors import RebalancerError, SolverError, VerificationError
from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.problem_json import inputs_from_json, to_problem_json
from rebalancer.optimiser.solve import solve
from rebalancer.verification.program import check_program
from tests.examples import examples
from tests.rebalancer.optimiser.programs import KINDS, program

ARRAYS = ("alpha", "B", "d", "r", "w0", "kappa_buy", "kappa_sell", "u_lo", "u_hi", "v_lo",
          "v_hi", "w_lock", "w_max", "M", "S_lo", "S_hi")  # fmt: skip
NUMBERS = ("lam", "theta", "c0", "flow", "b_min", "turnover_max", "c_hard", "min_trade", "leg_cost")
STRANGE = (np.nan, np.inf, -np.inf, 1e300, -1e300, 1e-300, -1.0, 0.0, 1e9, 2.0)


def honest(seed: int) -> Inputs:
    """A program of any kind, with and without a minimum trade and fixed costs."""
    least = (0.0, 0.01, 0.03)[seed % 3]
    made = program(KINDS[seed % len(KINDS)], seed, 1 + seed * 7 % 25, min_trade=least)
    return replace(made, leg_cost=0.0005) if seed % 5 == 0 else made


def document_of(inputs: Inputs) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(
        json.dumps(to_problem_json(inputs, solve(inputs)), allow_nan=False)
    )
    return made


@pytest.mark.parametrize("count", examples(always=28, campaign=2000))
def test_every_answer_is_proved_by_arithmetic_of_its_own(count: int) -> None:
    gaps: Counter[str] = Counter()
    for seed in range(count):
        document = document_of(honest(seed))
        assert list(check_program(document))
        proof = document["certificate"]["relaxed"]
        gaps["relaxed"] = max(gaps["relaxed"], proof["gap_bps"])
        gaps["leaf"] = max(gaps["leaf"], (document["certificate"]["leaf"] or proof)["gap_bps"])
    print(f"{count} programs; largest gaps in basis points: {dict(gaps)}")
    assert gaps["relaxed"] < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_the_program_is_read_back_from_its_document(kind: str) -> None:
    document = document_of(program(kind, 8, 6, min_trade=0.01))
    again = document_of(inputs_from_json(document))
    assert again == document


def test_a_document_that_still_has_the_uncertainty_of_zero_is_read() -> None:
    document = document_of(program("plain", 8, 6, min_trade=0.01))
    old = {**document, "rho": [0.0] * 6}
    assert document_of(inputs_from_json(old)) == document
    assert list(check_program(old)) == list(check_program(document))


def test_a_document_with_an_uncertainty_that_is_charged_no_longer_is_refused() -> None:
    old = {**document_of(program("plain", 8, 6)), "rho": [0.0] * 5 + [0.001]}
    with pytest.raises(SolverError, match="rho"):
        inputs_from_json(old)
    with pytest.raises(VerificationError, match="rho"):
        list(check_program(old))


def _strange(p: Inputs, chance: random.Random) -> Inputs:
    name, value = chance.choice(ARRAYS + NUMBERS), chance.choice(STRANGE)
    if name in NUMBERS:
        return replace(p, **{name: value})
    array = getattr(p, name).copy()
    if array.size:
        array.flat[chance.randrange(array.size)] = value
    return replace(p, **{name: array})


def _flat(p: Inputs, _: random.Random) -> Inputs:
    return replace(p, theta=0.0, d=np.zeros(p.n))


def _contradicting(p: Inputs, chance: random.Random) -> Inputs:
    ends = chance.choice([(0.9, 0.1), (2.0, 0.0)])
    most = chance.choice([p.c_hard, 0.99, 1.5])
    return replace(p, S_lo=0 * p.S_lo + ends[0], S_hi=0 * p.S_hi + ends[1], c_hard=most)


def _many_factors(p: Inputs, chance: random.Random) -> Inputs:
    wide = np.random.default_rng(chance.randrange(10**9)).normal(0, 0.1, (p.n, 3 * p.n + 2))
    return replace(p, B=wide)


def _empty(p: Inputs, _: random.Random) -> Inputs:
    none = {name: np.zeros(0) for name in (*ARRAYS, "m_stable")}
    none |= {"B": np.zeros((0, 0)), "M": np.zeros((0, 0))}
    return replace(p, assets=(), sector_names=(), extra_rows=(), c0=1.0, **none)


HOSTILE: dict[str, Callable[[Inputs, random.Random], Inputs]] = {
    "strange figure": _strange, "no curvature": _flat, "contradicting": _contradicting,
    "many factors": _many_factors, "no asset": _empty,
}  # fmt: skip


def outcome(inputs: Inputs) -> str:
    """Answered and proved, or refused by an error of our own; anything else fails."""
    try:
        document = document_of(inputs)
    except RebalancerError as error:
        return f"refused: {type(error).__name__}"
    lines = list(check_program(document))
    return "not proved" if any("not proved" in line for line in lines) else "proved"


@pytest.mark.parametrize("count", examples(always=100, campaign=5000))
def test_a_hostile_program_is_refused_or_answered_right(count: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(count):
        kind = list(HOSTILE)[seed % len(HOSTILE)]
        made = honest(seed // len(HOSTILE))
        plain = replace(made, min_trade=0.0, leg_cost=0.0) if seed % 10 else made
        hostile = HOSTILE[kind](plain, random.Random(seed))  # noqa: S311
        seen[f"{kind}: {outcome(hostile)}"] += 1
    print(f"{count} hostile programs: {dict(sorted(seen.items()))}")
