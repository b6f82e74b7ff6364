"""When something is due: once a period, on somebody's own clock."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from portfolios.store.completed_jobs import CompletedJobs
from portfolios.store.database import open_database
from portfolios.values.schedule import SPREAD, Due, daily, offset_of, wall, week_name, weekly

ZONES = sorted(available_timezones() - {"localtime"})
BEGIN, END = datetime(2025, 1, 6, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)


def weeks_reported(zone: str, at: time, *, every: timedelta) -> Counter[str]:
    """Look at the clock again and again for two years, and report what is due."""
    done: set[str] = set()
    times: Counter[str] = Counter()
    now = BEGIN
    while now < END:
        due = weekly(now, zone, at=at)
        if due.is_due(now) and due.period not in done:
            done.add(due.period)
            times[due.period] += 1
        now += every
    return times


def expected_weeks() -> set[str]:
    return {week_name((BEGIN + timedelta(days=d)).date()) for d in range((END - BEGIN).days)}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Apia", "America/Havana", "Asia/Gaza"])
@pytest.mark.parametrize("at", [time(7), time(0), time(2, 30), time(23, 59)])
def test_every_week_comes_exactly_once(zone: str, at: time) -> None:
    times = weeks_reported(zone, at, every=timedelta(hours=7))
    assert set(times.values()) == {1}
    assert expected_weeks() - set(times) <= {week_name(BEGIN.date()), week_name(END.date())}


@pytest.mark.campaign
@pytest.mark.parametrize("at", [time(7), time(2, 30), time(0)])
def test_every_week_comes_exactly_once_in_all_zones(at: time) -> None:
    edges = {week_name(BEGIN.date()), week_name(END.date())}
    wrong = []
    for zone in ZONES:
        times = weeks_reported(zone, at, every=timedelta(hours=11))
        if set(times.values()) != {1} or expected_weeks() - set(times) - edges:
            wrong.append(zone)
    print(f"{len(ZONES)} zones")
    assert wrong == []


def test_a_time_that_the_clocks_skip_comes_as_much_later_and_one_that_repeats_comes_first() -> None:
    berlin = "Europe/Berlin"
    assert wall(date(2026, 3, 29), time(2, 30), berlin) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert wall(date(2026, 10, 25), time(2, 30), berlin) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


def test_what_was_missed_is_caught_up_within_its_week_and_marked_late() -> None:
    monday = datetime(2026, 11, 23, 7, tzinfo=UTC)
    for hours, is_due, is_late in ((0, True, False), (143, True, True), (145, False, True)):
        now = monday + timedelta(hours=hours)
        due = weekly(now, "UTC")
        assert due == Due("2026-W48", monday)
        assert (due.is_due(now), due.is_late(now)) == (is_due, is_late)


def test_after_weeks_of_absence_one_report_is_due_and_not_three() -> None:
    due = weekly(datetime(2026, 11, 24, 9, tzinfo=UTC), "Europe/Berlin")
    assert due.period == "2026-W48"


def test_a_day_is_named_by_the_persons_own_calendar() -> None:
    now = datetime(2026, 11, 23, 22, tzinfo=UTC)  # already Tuesday in Tokyo
    assert daily(now, "Asia/Tokyo", at=time(6)).period == "2026-11-24"


def test_many_people_are_spread_and_each_keeps_his_place() -> None:
    offsets = [offset_of(f"person-{n}", people=1000) for n in range(1000)]
    assert offsets == [offset_of(f"person-{n}", people=1000) for n in range(1000)]
    assert all(timedelta(0) <= offset <= SPREAD for offset in offsets)
    tenths = Counter(int(offset / SPREAD * 10) for offset in offsets)
    assert min(tenths.values()) > 60
    assert offset_of("me", people=3) == timedelta(0)


def test_a_period_is_done_once(tmp_path: Path) -> None:
    with open_database(tmp_path / "d.db") as database:
        now = datetime(2026, 11, 24, tzinfo=UTC)
        assert not CompletedJobs(database).contains("weekly:me", "2026-W48")
        assert CompletedJobs(database).record("weekly:me", "2026-W48", at=now)
        assert not CompletedJobs(database).record("weekly:me", "2026-W48", at=now)
        assert CompletedJobs(database).contains("weekly:me", "2026-W48")
        assert CompletedJobs(database).record("weekly:me", "2026-W49", at=now)
