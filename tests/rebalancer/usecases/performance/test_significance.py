"""Skill and luck: what the judgement must say of records whose answer is known."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebalancer.usecases.performance.significance import LEAST, LEVEL, Significance, sign_flip_test

MONDAY = date(2026, 1, 5)


def weekly(values: list[float]) -> list[tuple[date, float]]:
    return [(MONDAY + timedelta(weeks=i), value) for i, value in enumerate(values)]


def test_too_few_weeks_tell_nothing_however_good_they_are() -> None:
    found = sign_flip_test(weekly([0.5] * (LEAST - 1)))
    assert found == Significance(LEAST - 1, None)
    assert found.words == "too few to tell (7 weeks, of 8 at least)"
    assert sign_flip_test([]).words == "too few to tell (0 weeks, of 8 at least)"


def test_eight_that_all_earn_are_hardly_luck() -> None:
    found = sign_flip_test(weekly([0.01, 0.02, 0.03, 0.01, 0.02, 0.005, 0.04, 0.01]))
    assert found.chance == 2 / 2**8
    assert found.is_told
    assert found.words == "hardly luck (luck alone does so 0.8% of the time)"


def test_one_great_loss_outweighs_many_small_gains() -> None:
    found = sign_flip_test(weekly([0.001] * 9 + [-0.5]))
    assert found.chance == 1
    assert not found.is_told


def test_losses_are_told_as_well_as_gains() -> None:
    values = [0.01, 0.02, 0.03, 0.01, 0.02, 0.005, 0.04, 0.01]
    assert sign_flip_test(weekly([-v for v in values])) == sign_flip_test(weekly(values))


def test_many_proposals_of_one_week_count_as_one() -> None:
    found = sign_flip_test([(MONDAY + timedelta(days=i % 5), 0.02) for i in range(50)])
    assert found == Significance(1, None)


def test_nothing_earned_anywhere_is_no_skill() -> None:
    assert sign_flip_test(weekly([0.0] * 10)).chance == 1


@settings(max_examples=40)
@given(st.lists(st.floats(-0.3, 0.3), min_size=LEAST, max_size=10))
def test_the_chance_is_that_of_counting_every_sign_by_hand(values: list[float]) -> None:
    seen, slack = abs(sum(values)), 1e-12 * sum(map(abs, values))
    every = [
        abs(sum(s * v for s, v in zip(signs, values, strict=True))) >= seen - slack
        for signs in product((1, -1), repeat=len(values))
    ]
    assert sign_flip_test(weekly(values)).chance == pytest.approx(sum(every) / len(every))


def test_lots_are_drawn_alike_each_time_and_near_the_exact_count() -> None:
    values = [0.02, -0.01, 0.03, 0.01, -0.02, 0.015, 0.04, -0.01, 0.01, 0.02, 0.005, -0.03]
    exact = sign_flip_test(weekly(values)).chance
    drawn = sign_flip_test(weekly([*values, 0.0, 0.0, 0.0])).chance
    assert exact is not None
    assert drawn == pytest.approx(exact, abs=0.02)
    assert drawn == sign_flip_test(weekly([*values, 0.0, 0.0, 0.0])).chance


@pytest.mark.parametrize("records", [150, pytest.param(3_000, marks=pytest.mark.campaign)])
def test_luck_alone_is_seldom_taken_for_skill(records: int) -> None:
    lots = np.random.default_rng(7).standard_t(3, (records, 12)) * 0.02
    told = sum(sign_flip_test(weekly(record.tolist())).is_told for record in lots)
    assert told / records <= LEVEL + 3 * (LEVEL / records) ** 0.5


def test_lasting_skill_is_told_in_time() -> None:
    lots = np.random.default_rng(7).normal(0.02, 0.02, (50, 30))
    assert sum(sign_flip_test(weekly(record.tolist())).is_told for record in lots) >= 48
