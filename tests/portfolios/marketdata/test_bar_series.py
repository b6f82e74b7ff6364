from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.marketdata.bar_series import (
    BarSeries,
    close_of,
    day_of,
    merged,
    on_one_axis,
    series_from,
    with_reading,
    without_spikes,
)

FIRST = date(2026, 11, 1)
NAN = float("nan")


def days(*closes: float, first: date = FIRST) -> BarSeries:
    rows = [(first + timedelta(days=i), c, 10.0) for i, c in enumerate(closes) if c == c]
    found = series_from(rows)
    assert found is not None
    return found


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_rows_in_any_order_and_repeated_give_one_series() -> None:
    rows = [(FIRST + timedelta(days=i), float(i + 1), 10.0) for i in (2, 0, 2, 4)]
    found = series_from(rows)
    assert found is not None
    assert (found.first_day, found.last_day) == (FIRST, FIRST + timedelta(days=4))
    np.testing.assert_array_equal(found.close, [1, NAN, 3, NAN, 5])
    np.testing.assert_array_equal(found.volume, [10, NAN, 10, NAN, 10])


@pytest.mark.parametrize("close", [0.0, -1.0, NAN, float("inf")])
def test_what_is_no_price_is_no_close(close: float) -> None:
    assert series_from([(FIRST, close, 1.0)]) is None
    found = series_from([(FIRST, 2.0, -5.0), (FIRST + timedelta(days=1), close, 1.0)])
    assert found is not None
    assert found.last_day == FIRST
    assert np.isnan(found.volume[0])


def test_a_single_bad_print_is_left_out_and_a_crash_is_not() -> None:
    np.testing.assert_array_equal(
        without_spikes(np.array([10, 11, 1100, 10, 0.1, 11.0])), [10, 11, NAN, 10, NAN, 11]
    )
    crash = np.array([60, 64, 2, 0.001, 0.0002])
    np.testing.assert_array_equal(without_spikes(crash), crash)


def test_a_reading_is_the_close_of_the_day_whose_end_is_nearest() -> None:
    assert day_of(at(22, 9)) == date(2026, 11, 21)
    assert day_of(at(22, 13)) == date(2026, 11, 22)
    assert close_of(date(2026, 11, 21)) == at(22, 0)


def test_the_reading_nearest_to_midnight_counts_whatever_the_order() -> None:
    series = days(5.0, 6.0)  # closes of the first and the second
    for moment, price in ((at(3, 20), 7.0), (at(3, 23), 8.0), (at(4, 3), 9.0), (at(3, 22), 6.5)):
        series = with_reading(series, price, None, moment)
    np.testing.assert_array_equal(series.close, [5, 6, 8])
    assert with_reading(series, 1.0, None, at(2, 1)) is series


def test_days_without_a_reading_stay_unknown() -> None:
    series = with_reading(days(5.0), 7.0, 3.0, at(5, 1))
    np.testing.assert_array_equal(series.close, [5, NAN, NAN, 7])
    assert with_reading(None, 7.0, None, at(5, 1)).first_day == date(2026, 11, 4)


def test_a_fetched_history_fills_what_our_own_readings_left_open() -> None:
    own = with_reading(days(5.0), 7.0, 3.0, at(5, 1))
    fetched = days(1.0, 2.0, 3.0, first=FIRST - timedelta(days=1))
    np.testing.assert_array_equal(merged(own, fetched).close, [1, 2, 3, NAN, 7])
    assert merged(own, fetched).last_at == own.last_at
    assert merged(None, fetched) is fetched


@given(
    known=st.lists(st.sampled_from([NAN, 2.0, 3.0]), min_size=1, max_size=8),
    newer=st.lists(st.sampled_from([NAN, 5.0]), min_size=1, max_size=8),
    shift=st.integers(-12, 12),
)
def test_merging_loses_no_day_and_invents_none(
    known: list[float], newer: list[float], shift: int
) -> None:
    old = BarSeries(FIRST, np.array(known), np.array(known), at(9, 0))
    new = BarSeries(FIRST + timedelta(days=shift), np.array(newer), np.array(newer), at(9, 0))
    both = merged(old, new)
    truth = {old.first_day + timedelta(days=i): c for i, c in enumerate(known) if c == c}
    truth |= {new.first_day + timedelta(days=i): c for i, c in enumerate(newer) if c == c}
    found = {both.first_day + timedelta(days=i): c for i, c in enumerate(both.close) if c == c}
    assert found == truth


def test_series_of_different_lengths_stand_on_one_axis() -> None:
    bars = on_one_axis(
        {"b": days(1.0, 2.0, 3.0), "a": days(9.0, first=date(2026, 11, 2))},
        until=at(30, 0),
        most_days=10,
    )
    assert bars.asset_ids == ("a", "b")
    assert bars.days == tuple(date(2026, 11, d) for d in (1, 2, 3))
    np.testing.assert_array_equal(bars.close, [[NAN, 1], [9, 2], [NAN, 3]])


def test_a_bar_that_has_not_closed_yet_is_left_out_and_so_are_old_ones() -> None:
    series = {"a": days(1.0, 2.0, 3.0), "old": days(4.0, first=date(2025, 1, 1))}
    bars = on_one_axis(series, until=at(3, 20), most_days=2)
    assert bars.days == (date(2026, 11, 1), date(2026, 11, 2))
    np.testing.assert_array_equal(bars.close, [[1, NAN], [2, NAN]])
    assert on_one_axis({}, until=at(3, 20), most_days=2).days == ()
