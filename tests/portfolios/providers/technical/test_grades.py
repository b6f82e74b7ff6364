from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import Array, Bars
from portfolios.providers.technical.grades import technical_grades

FIRST = date(2026, 1, 1)


def bars_of(*closes: Array, volume: float = 1e6) -> Bars:
    close = np.column_stack(closes)
    days = tuple(FIRST + timedelta(days=i) for i in range(len(close)))
    ids = tuple(f"coin-{i}" for i in range(close.shape[1]))
    return Bars(days, ids, close, np.full_like(close, volume))


def midnight_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def wave(days: int) -> Array:
    t = np.arange(float(days))
    return np.exp(0.5 * np.sin(t / 25.0) + 0.01 * np.sin(t * 2.1))


def test_a_grade_is_labelled_as_ours_and_dated_by_its_close() -> None:
    bars = bars_of(wave(200))
    grade = technical_grades(bars, at=midnight_after(bars.days[-1]))["coin-0"]
    assert (grade.source, grade.kind, grade.is_ours) == ("technical", "technical", True)
    assert grade.short_at == grade.long_at == midnight_after(bars.days[-1])
    assert grade.short is not None
    assert grade.long is not None


def test_bars_that_close_after_the_moment_are_not_looked_at() -> None:
    bars = bars_of(wave(200), wave(200)[::-1])
    kept = Bars(bars.days[:150], bars.asset_ids, bars.close[:150], bars.volume[:150])
    moment = midnight_after(bars.days[149])
    assert technical_grades(bars, at=moment) == technical_grades(kept, at=moment)
    just_before = technical_grades(bars, at=moment - timedelta(seconds=1))["coin-0"]
    assert just_before.short_at == midnight_after(bars.days[148])


def test_before_the_first_close_there_is_no_grade_at_all() -> None:
    bars = bars_of(wave(100))
    assert technical_grades(bars, at=datetime(2025, 1, 1, tzinfo=UTC)) == {}


def test_too_little_history_is_undecided_and_never_bearish() -> None:
    falling = np.exp(-0.05 * np.arange(40.0))
    bars = bars_of(falling, np.full(40, np.nan))
    for grade in technical_grades(bars, at=midnight_after(bars.days[-1])).values():
        assert (grade.short, grade.long, grade.short_at) == (None, None, None)
        assert (grade.trend, grade.signal) == (0, 0)


def test_a_signal_speaks_on_the_day_the_trend_begins_and_on_no_other() -> None:
    bars = bars_of(wave(300))
    grades = [technical_grades(bars, at=midnight_after(day))["coin-0"] for day in bars.days]
    trends = [grade.trend for grade in grades]
    signals = [grade.signal for grade in grades]
    expected = [now if now != before else 0 for before, now in pairwise(trends)]
    assert signals[1:] == expected
    assert {-1, 1} <= set(signals)


def test_an_asset_that_stopped_trading_keeps_the_date_of_its_last_close() -> None:
    close = wave(200)
    close[190:] = np.nan
    bars = bars_of(close)
    grade = technical_grades(bars, at=midnight_after(bars.days[-1]))["coin-0"]
    assert grade.short_at == midnight_after(bars.days[189])
    assert grade.signal == 0


@pytest.mark.parametrize("kind", AssetKind)
def test_what_follows_another_price_has_no_grade_of_its_own(kind: AssetKind) -> None:
    bars = bars_of(wave(200), wave(200))
    assets = {"coin-1": Asset("coin-1", "C1", "Coin 1", kind=kind)}
    graded = technical_grades(bars, at=midnight_after(bars.days[-1]), assets=assets)
    has_none = kind in (AssetKind.STABLE, AssetKind.WRAPPED)
    assert list(graded) == (["coin-0"] if has_none else ["coin-0", "coin-1"])


def test_each_asset_is_graded_by_itself() -> None:
    up, down = wave(200), wave(200)[::-1].copy()
    together = technical_grades(bars_of(up, down), at=midnight_after(date(2027, 1, 1)))
    alone = technical_grades(bars_of(up), at=midnight_after(date(2027, 1, 1)))
    assert together["coin-0"] == alone["coin-0"]
