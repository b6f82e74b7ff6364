"""Two looks of one person: what changed, and that refreshing loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.store.database import Database, open_database
from portfolios.store.last_seen import LastSeen
from portfolios.store.migrations import PORTFOLIOS
from rebalancer.usecases.reports.grade_changes import (
    APART,
    GradeView,
    GradeViews,
    Seen,
    changes_between,
    look_again,
)

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
SCORES = st.none() | st.floats(0, 100)
SEEN = st.builds(Seen, st.sampled_from(["sample", "a source"]), st.sampled_from([None, -1, 0, 1]),
                 SCORES, SCORES)  # fmt: skip
LOOKS = st.dictionaries(st.sampled_from(["bitcoin", "terra-luna-2", "usd-coin"]), SEEN)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "l.db", migrations=(PORTFOLIOS,)) as opened:
        yield opened


def at(minutes: float, **seen: Seen) -> GradeView:
    return GradeView(START + timedelta(minutes=minutes), seen)


def test_a_trend_and_grades_that_moved_by_five_points_changed() -> None:
    before = at(0, one=Seen("x", 1, 71.0, 50.0), two=Seen("x", -1, 40.0, None))
    now = at(90, one=Seen("x", -1, 76.0, 54.9), two=Seen("x", -1, 35.1, 50.0))
    told = [(c.asset_id, c.is_trend, c.text) for c in changes_between(before, now)]
    assert told == [("one", True, "turned bearish"), ("one", False, "short grade 71 -> 76")]


def test_what_is_new_unknown_or_of_another_source_is_no_change() -> None:
    before = at(0, one=Seen("x", 1, 71.0), two=Seen("x", None, None), gone=Seen("x", 1, 9.0))
    now = at(90, one=Seen("y", -1, 20.0), two=Seen("x", 1, 80.0), new=Seen("x", -1, 10.0))
    assert changes_between(before, now) == ()


@given(SEEN, SEEN)
def test_nothing_changed_against_itself(one: Seen, other: Seen) -> None:
    look = at(0, one=one, other=other)
    assert changes_between(look, look) == ()


@given(st.lists(st.floats(0, 0.999), max_size=8))
def test_looks_within_an_hour_are_told_against_the_same_one(parts: list[float]) -> None:
    first, opening = at(0, one=Seen("x", 1)), at(200, one=Seen("x", -1))
    memory = GradeViews(first.at, first).looked(opening)
    assert memory.before == first
    for part in sorted(parts):
        memory = memory.looked(GradeView(opening.at + part * APART, opening.seen))
        assert memory.before == first
    last = memory.last
    assert memory.looked(GradeView(opening.at + APART, opening.seen)).before == last


def test_a_memory_is_kept_as_it_was_and_for_its_person_alone(database: Database) -> None:
    @given(LOOKS, LOOKS)
    def kept(first: dict[str, Seen], second: dict[str, Seen]) -> None:
        with database.transaction():
            database.execute("DELETE FROM looks", ())
        assert look_again(database, "ann", GradeView(START, first)) is None
        later = START + timedelta(hours=2)
        assert look_again(database, "ann", GradeView(later, second)) == GradeView(START, first)
        much_later = START + timedelta(hours=4)
        assert look_again(database, "ann", GradeView(much_later, {})) == GradeView(later, second)
        assert LastSeen(database).load("bob") == {}

    kept()


def test_a_clock_that_was_put_back_loses_nothing(database: Database) -> None:
    look_again(database, "ann", at(0, one=Seen("x", 1)))
    look_again(database, "ann", at(120, one=Seen("x", 1)))
    earlier = look_again(database, "ann", at(-500, one=Seen("x", -1)))
    assert earlier == at(0, one=Seen("x", 1))
