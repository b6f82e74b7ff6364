"""Closes that nobody paid and changes of unit do not reach the maths; real moves do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.marketdata.bad_prints import in_one_unit, without_spikes
from portfolios.marketdata.bar_series import BarSeries, close_of, on_one_axis
from portfolios.model.market import Array
from portfolios.model.measures import log_returns
from rebalancer.zones.price_history import fall_from_peak, regime, shock

DAYS = 400
START = date(2025, 10, 1)
END = START + timedelta(days=DAYS)
NOW = datetime(END.year, END.month, END.day, 12, tzinfo=UTC)


def walk(seed: int, days: int = DAYS) -> Array:
    """A path of one asset that moves 3% a day, shape (days,)."""
    steps = np.random.default_rng(seed).normal(0, 0.03, days)
    return np.asarray(100 * np.exp(np.cumsum(steps)))


def loaded(close: Array) -> Array:
    """The path as the maths see it, shape (days, 1)."""
    series = BarSeries(START, close, np.ones(len(close)), close_of(START))
    return on_one_axis({"a": series}, until=NOW, most_days=DAYS).close


FAULTS: dict[str, Callable[[Array, int], Array]] = {
    "one day high": lambda p, t: np.concatenate([p[:t], p[t : t + 1] * 9, p[t + 1 :]]),
    "one day low": lambda p, t: np.concatenate([p[:t], p[t : t + 1] / 9, p[t + 1 :]]),
    "two days high": lambda p, t: np.concatenate([p[:t], p[t : t + 2] * 9, p[t + 2 :]]),
    "two days low": lambda p, t: np.concatenate([p[:t], p[t : t + 2] / 9, p[t + 2 :]]),
    "a thousand for one": lambda p, t: np.concatenate([p[:t] * 1000, p[t:]]),
    "one for a thousand": lambda p, t: np.concatenate([p[:t] / 1000, p[t:]]),
    "a hundred for one": lambda p, t: np.concatenate([p[:t] * 100, p[t:]]),
    "one for ten": lambda p, t: np.concatenate([p[:t] / 10, p[t:]]),
}


@pytest.mark.parametrize("fault", FAULTS)
@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), ago=st.integers(8, DAYS - 15), fall=st.floats(0.4, 0.9))
def test_no_fault_in_the_history_hides_a_real_fall(
    fault: str, seed: int, ago: int, fall: float
) -> None:
    path = walk(seed)
    path[-2:] *= 1 - fall
    true, seen = path[:, None], loaded(FAULTS[fault](path, DAYS - ago))
    for judged in (fall_from_peak, lambda levels: shock(levels, NOW)):
        expected, found = judged(true), judged(seen)
        assert found.loss[0] == pytest.approx(expected.loss[0], abs=0.08)
        assert found.level(0, 4.0, 0.0) == pytest.approx(expected.level(0, 4.0, 0.0), rel=0.15)
    assert regime(seen)[0] == pytest.approx(regime(true)[0], rel=0.2)


@given(seed=st.integers(0, 10_000), day=st.integers(3, DAYS - 5), fall=st.floats(0.05, 0.95))
def test_a_fall_that_stays_is_a_price(seed: int, day: int, fall: float) -> None:
    path = walk(seed)
    path[day:] *= 1 - fall
    np.testing.assert_array_equal(loaded(path)[:, 0], path)


@pytest.mark.parametrize("power", [1000.0, 0.001])
def test_a_step_of_the_newest_days_is_left_for_later_days_to_tell(power: float) -> None:
    path = walk(1)
    path[-2:] *= power
    np.testing.assert_array_equal(loaded(path)[:, 0], path)


def test_a_collapse_over_days_is_no_change_of_unit() -> None:
    """As in May 2022, when a coin lost nearly all in four days."""
    path = walk(2)
    for day, factor in enumerate((0.6, 0.06, 0.0003, 0.16), start=200):
        path[day:] *= factor
    np.testing.assert_array_equal(in_one_unit(without_spikes(path[:, None]))[:, 0], path)


def test_a_change_of_unit_keeps_every_other_return() -> None:
    path = walk(3)
    seen = loaded(FAULTS["a thousand for one"](path, 200))
    expected = log_returns(path[:, None])
    kept = np.delete(np.arange(DAYS - 1), 199)
    np.testing.assert_allclose(log_returns(seen)[kept], expected[kept], atol=1e-9)
