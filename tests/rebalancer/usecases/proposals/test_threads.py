"""Plans made on many threads at once are those that one thread makes, to the byte."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.examples import examples
from tests.rebalancer.verification.mutations import Case, cases
from tests.together import together

THREADS = 32


def share_of(number: int, found: list[Case]) -> Callable[[], dict[int, str]]:
    """What one thread does: its part of the plans, in an order of its own."""
    mine = list(range(number, len(found), THREADS))
    random.Random(number).shuffle(mine)  # noqa: S311
    return lambda: {i: found[i].plan() for i in mine}


@pytest.mark.parametrize("count", examples(always=8, campaign=1600))
def test_plans_made_at_once_are_those_made_one_after_the_other(count: int) -> None:
    found = cases(count)
    at_once: dict[int, str] = {}
    for share in together([share_of(number, found) for number in range(THREADS)]):
        at_once |= share
    alone = {i: case.plan() for i, case in reversed(list(enumerate(found)))}
    print(f"{len(alone)} plans on {THREADS} threads, {sum(map(bool, alone.values()))} with a plan")
    assert at_once == alone
