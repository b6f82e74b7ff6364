"""The present moment: read in one place, on two clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from portfolios.values.time import Moment, stable, utc_now

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_the_present_moment_is_that_of_this_machine_in_utc() -> None:
    moments = datetime.now(UTC), utc_now(), datetime.now(UTC)
    assert all(one <= other for one, other in pairwise(moments))
    assert moments[1].tzinfo is UTC


def test_a_clock_that_is_set_changes_nothing_on_the_steady_one() -> None:
    walls = iter((NOW, NOW - timedelta(days=1)))
    clock = stable(lambda: next(walls))
    before, after = clock(), clock()
    assert (before.wall, after.wall) == (NOW, NOW - timedelta(days=1))
    assert 0 <= after.seconds_since(before) < 60


@given(
    past=st.integers(0, 10**6),
    passed=st.integers(0, 10**5),
    wall_jump=st.integers(-(10**7), 10**7),
    is_restarted=st.booleans(),
)
def test_the_time_that_passed_is_never_overestimated(
    past: int, passed: int, wall_jump: int, is_restarted: bool
) -> None:
    before = Moment(NOW, past)
    steady = passed if is_restarted else past + passed  # a restart begins at zero again
    after = Moment(NOW + timedelta(seconds=passed + wall_jump), steady)
    assert after.seconds_since(before) <= passed


def test_after_a_clock_set_back_the_steady_one_tells_the_time() -> None:
    before, after = Moment(NOW, 100.0), Moment(NOW - timedelta(days=1), 170.0)
    assert after.seconds_since(before) == 70.0
