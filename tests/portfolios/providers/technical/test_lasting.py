"""Which state of a trend lasted: the one that moves weights."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from portfolios.model.market import TREND_LASTS, Array
from portfolios.providers.technical.lasting import lasting_bearish

DAYS = TREND_LASTS.days


def states(seed: int, length: int = 300) -> Array:
    """Runs of states, most of them for some days and some of them for weeks."""
    draw = np.random.default_rng(seed)
    runs = [np.full(int(draw.geometric(0.08)), draw.choice([-1.0, 0.0, 1.0])) for _ in range(60)]
    return np.concatenate(runs)[:length]


@pytest.mark.parametrize("seed", range(8))
def test_what_lasts_never_turns_and_turns_back_within_two_weeks(seed: int) -> None:
    trend = states(seed)
    lasting = [lasting_bearish(trend[: day + 1]) for day in range(len(trend))]
    turns = [day for day in range(1, len(trend)) if lasting[day] != lasting[day - 1]]
    assert turns
    assert all(later - sooner > 14 for sooner, later in pairwise(turns))


@pytest.mark.parametrize(
    ("runs", "lasting"),
    [
        (((-1, DAYS),), None),
        (((-1, DAYS + 1),), True),
        (((1, DAYS + 1), (-1, DAYS)), False),
        (((1, DAYS + 1), (-1, DAYS + 1)), True),
        (((-1, DAYS + 1), *((1, 7), (-1, 7)) * 5), True),
        (((1, DAYS + 1), *((-1, 7), (1, 7)) * 5), False),
        (((-1, DAYS + 1), *((0, 7), (1, 7)) * 5), False),
        ((), None),
    ],
)
def test_the_last_state_that_lasted_counts(
    runs: tuple[tuple[int, int], ...], lasting: bool | None
) -> None:
    trend = np.array([float(state) for state, length in runs for _ in range(length)])
    assert lasting_bearish(trend) is lasting
