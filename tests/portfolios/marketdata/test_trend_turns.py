"""When a trend turned: known where it was seen, and unknown where it was not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portfolios.marketdata.grade_store import GradeStore
from portfolios.marketdata.trend_turns import LASTING, Trend, note_turns, turned_at
from portfolios.model.market import Grade
from portfolios.providers.technical.lasting import lasting_bearish
from portfolios.store.database import Database, open_database
from portfolios.store.migrations import PORTFOLIOS
from tests.portfolios.providers.technical.test_lasting import states

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "t.db", migrations=(PORTFOLIOS,)) as opened:
        yield opened


def see(database: Database, day: float, trend: int | None, signal: int | None = 0) -> None:
    with database.transaction():
        note_turns(database, [Trend("a", "tm", trend, signal, NOW + timedelta(days=day))])


def since(database: Database, trend: int, source: str = "tm") -> float | None:
    at = turned_at(database, "a", source, trend)
    return None if at is None else (at - NOW) / timedelta(days=1)


def test_the_age_of_a_first_state_is_unknown_unless_it_turned_that_day(database: Database) -> None:
    see(database, 0, 1)
    assert since(database, 1) is None
    see(database, 1, 1, signal=1)
    assert since(database, 1) == 1


def test_a_state_other_than_the_day_befores_turned(database: Database) -> None:
    for day, trend in enumerate((1, 1, -1, -1, -1)):
        see(database, day, trend)
    assert since(database, -1) == 2
    assert since(database, 1) is None


def test_after_a_gap_nobody_knows_when_it_turned(database: Database) -> None:
    see(database, 0, 1, signal=1)
    see(database, 9, 1)
    assert since(database, 1) == 0
    see(database, 20, -1)
    assert since(database, -1) is None
    see(database, 21, -1)
    assert since(database, -1) is None


def test_what_is_older_or_unknown_changes_nothing(database: Database) -> None:
    see(database, 5, 1, signal=1)
    see(database, 3, -1, signal=-1)
    see(database, 6, None)
    assert since(database, 1) == 5
    assert since(database, -1) is None


def test_the_same_day_seen_again_stays_as_it_was(database: Database) -> None:
    see(database, 4, 1)
    see(database, 5, -1)
    see(database, 5, -1)
    assert since(database, -1) == 5


def test_our_own_trends_keep_their_age_when_they_are_saved_anew(database: Database) -> None:
    grades = GradeStore(database)
    for day, trend in enumerate((1, -1, -1)):
        at = NOW + timedelta(days=day)
        grades.save_ours({"a": Grade("technical", 50.0, 50.0, trend, 0, at, at, kind="own")})
    assert since(database, -1, "technical") == 1


@pytest.mark.parametrize("seed", range(4))
def test_what_is_seen_day_by_day_lasts_as_in_a_history_of_days(
    database: Database, seed: int
) -> None:
    trend = states(seed, 120)
    for day, state in enumerate(trend.tolist()):
        see(database, day, int(state))
        row = database.row(f"SELECT {LASTING} AS it FROM turns")  # noqa: S608
        assert row is not None
        said = None if row["it"] is None else bool(row["it"])
        assert said is lasting_bearish(trend[: day + 1])


@pytest.mark.parametrize(("days", "is_bearish"), [((0, 7, 14), None), ((0, 7, 14, 15), True)])
def test_looks_a_week_apart_see_a_trend_last_and_a_longer_gap_begins_anew(
    database: Database, days: tuple[int, ...], is_bearish: bool | None
) -> None:
    for base in (0, 100):
        for day in days:
            see(database, base + day, -1)
    row = database.row(f"SELECT {LASTING} AS it FROM turns")  # noqa: S608
    assert row is not None
    assert row["it"] == is_bearish
    see(database, 130, -1)
    anew = database.row(f"SELECT {LASTING} AS it FROM turns")  # noqa: S608
    assert anew is not None
    assert anew["it"] == is_bearish


def test_a_grade_tells_what_lasted_where_its_source_knows_it(database: Database) -> None:
    own = Grade("technical", 50.0, 50.0, 1, 0, NOW, NOW, "own", lasting_bearish=True)
    grades = GradeStore(database)
    grades.save_ours({"a": own})
    assert grades.grades(as_of=NOW)["a"].lasting_bearish is True
