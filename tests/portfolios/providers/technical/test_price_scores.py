from __future__ import annotations

import math
from itertools import pairwise
from statistics import NormalDist, fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.model.market import Array
from portfolios.providers.technical.price_scores import (
    FEWEST_BARS,
    LONG,
    SHORT,
    Horizon,
    normal_share,
    price_scores,
    trend_states,
)

NAN = float("nan")


def walk(seed: int, days: int = 260, assets: int = 3) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(0.04 * rng.standard_normal((days, assets)), axis=0))
    return close, np.exp(18 + 0.5 * rng.standard_normal((days, assets)))


def by_hand(close: list[float], volume: list[float], horizon: Horizon) -> float:
    """Work the definition out for the last day of one whole series, one number at a time."""
    logs = [math.log(price) for price in close]
    returns = [b - a for a, b in pairwise(logs)]
    weights = [0.5 ** (age / 30) for age in range(len(returns))][::-1]
    squares = sum(w * r * r for w, r in zip(weights, returns, strict=True))
    sigma = math.sqrt(squares / sum(weights))
    trend = fmean(
        math.tanh((logs[-1] - fmean(logs[-n:])) / (sigma * math.sqrt(n / 3)))
        for n in horizon.averages
        if n <= len(logs)
    )
    momentum = fmean(
        math.tanh((logs[-1] - logs[-1 - n]) / (sigma * math.sqrt(n)))
        for n in horizon.momenta
        if n < len(logs)
    )
    vol_10, vol_90 = (math.sqrt(fmean(r * r for r in returns[-n:])) for n in (10, 90))
    fall = (max(logs[-90:]) - logs[-1]) / (sigma * math.sqrt(90))
    calm = -0.5 * math.tanh(math.log(vol_10 / vol_90) / 0.4) - 0.5 * math.tanh((fall - 0.8) / 0.8)
    swell = math.tanh(math.log(fmean(volume[-14:]) / fmean(volume[-90:])))
    score = 0.40 * trend + 0.35 * momentum + 0.15 * calm + 0.10 * swell * math.copysign(1, momentum)
    return 100 * NormalDist().cdf(score / 0.5)


@pytest.mark.parametrize("days", [120, 199, 200, 260])
def test_scores_follow_their_definition(days: int) -> None:
    close, volume = walk(3, days)
    scores = price_scores(close, volume)
    for i in range(close.shape[1]):
        prices, money = close[:, i].tolist(), volume[:, i].tolist()
        assert scores.short[-1, i] == pytest.approx(by_hand(prices, money, SHORT), abs=1e-9)
        assert scores.long[-1, i] == pytest.approx(by_hand(prices, money, LONG), abs=1e-9)


def test_a_price_that_grows_steadily_scores_what_paper_and_pencil_say() -> None:
    # 1% a day: every return equals the volatility, so each part has a closed form
    close = np.exp(0.01 * np.arange(250.0))[:, None]
    scores = price_scores(close, np.full_like(close, 1e6))
    trend = fmean(math.tanh((n - 1) / 2 / math.sqrt(n / 3)) for n in (20, 50, 100, 200))
    momentum = fmean(math.tanh(math.sqrt(n)) for n in (14, 30, 90))
    calm = -0.5 * math.tanh(-1.0)
    expected = 100 * NormalDist().cdf((0.4 * trend + 0.35 * momentum + 0.15 * calm) / 0.5)
    assert scores.short[-1, 0] == pytest.approx(expected, abs=1e-9)
    assert expected == pytest.approx(94.67, abs=0.01)
    assert scores.trend[-1, 0] == 1


def test_a_price_that_falls_steadily_is_bearish() -> None:
    close = np.exp(-0.01 * np.arange(250.0))[:, None]
    scores = price_scores(close, np.full_like(close, 1e6))
    assert scores.short[-1, 0] < 10
    assert scores.trend[-1, 0] == -1


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), kept=st.integers(61, 259))
def test_the_future_does_not_change_the_past(seed: int, kept: int) -> None:
    close, volume = walk(seed)
    whole, part = price_scores(close, volume), price_scores(close[:kept], volume[:kept])
    np.testing.assert_array_equal(whole.short[:kept], part.short)
    np.testing.assert_array_equal(whole.long[:kept], part.long)
    np.testing.assert_array_equal(whole.trend[:kept], part.trend)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), unit=st.floats(1e-9, 1e9))
def test_the_unit_of_the_price_does_not_matter(seed: int, unit: float) -> None:
    close, volume = walk(seed)
    ours, theirs = price_scores(close, volume), price_scores(close * unit, volume * unit)
    np.testing.assert_allclose(ours.short, theirs.short, atol=1e-7)
    np.testing.assert_allclose(ours.long, theirs.long, atol=1e-7)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), holes=st.floats(0.0, 1.0))
def test_scores_stay_in_range_whatever_is_missing(seed: int, holes: float) -> None:
    close, volume = walk(seed, days=220)
    rng = np.random.default_rng(seed + 1)
    close[rng.random(close.shape) < holes] = NAN
    volume[rng.random(volume.shape) < holes] = NAN
    scores = price_scores(close, volume)
    for grade in (scores.short, scores.long):
        known = grade[~np.isnan(grade)]
        assert ((known >= 0) & (known <= 100)).all()
        assert np.isnan(grade[np.isnan(close)]).all()
    assert set(np.unique(scores.trend)) <= {-1.0, 0.0, 1.0}


def test_a_late_listing_scores_as_if_the_market_had_begun_with_it() -> None:
    close, volume = walk(5)
    late_close, late_volume = close.copy(), volume.copy()
    late_close[:100], late_volume[:100] = NAN, NAN
    late, fresh = price_scores(late_close, late_volume), price_scores(close[100:], volume[100:])
    np.testing.assert_allclose(late.short[100:], fresh.short, atol=1e-7)
    np.testing.assert_array_equal(late.trend[100:], fresh.trend)


@pytest.mark.parametrize(("days", "known"), [(FEWEST_BARS - 1, False), (FEWEST_BARS, True)])
def test_too_few_bars_say_nothing(days: int, known: bool) -> None:
    close, volume = walk(8, days)
    scores = price_scores(close, volume)
    assert np.isnan(scores.short[-1]).all() != known
    assert known or not scores.trend.any()


def test_the_long_score_waits_for_its_own_horizons() -> None:
    close, volume = walk(8, 120)
    assert np.isnan(price_scores(close, volume).long[98]).all()
    assert not np.isnan(price_scores(close, volume).long[99]).any()


def test_missing_volume_is_neutral() -> None:
    close, volume = walk(9)
    steady = price_scores(close, np.full_like(volume, 1e7))
    unknown = price_scores(close, np.full_like(volume, NAN))
    np.testing.assert_allclose(steady.short, unknown.short, atol=1e-9)


def test_a_price_that_never_moves_has_no_score_and_no_trend() -> None:
    close = np.full((150, 1), 2.5)
    scores = price_scores(close, close)
    assert np.isnan(scores.short).all()
    assert not scores.trend.any()


def test_a_missing_close_changes_no_trend() -> None:
    close = np.exp(-0.01 * np.arange(250.0))[:, None]
    close[240:243] = NAN
    scores = price_scores(close, np.full_like(close, 1e6))
    assert np.isnan(scores.short[240:243, 0]).all()
    assert (scores.trend[235:, 0] == -1).all()


@pytest.mark.parametrize(
    ("grades", "states"),
    [
        ([50, 59.9, 60, 58, 55, 54.9, 59], [0, 0, 1, 1, 1, 0, 0]),
        ([41, 40, 45, 45.1, 41], [0, -1, -1, 0, 0]),
        ([70, 30, 70], [1, -1, 1]),
        ([70, NAN, 56, NAN, 50], [1, 1, 1, 1, 0]),
    ],
)
def test_a_trend_begins_far_out_and_ends_nearer(grades: list[float], states: list[int]) -> None:
    grade = np.array(grades)[:, None]
    above = np.where(grade >= 50, 1.0, -1.0)
    assert trend_states(grade, above)[:, 0].tolist() == states


def test_a_grade_without_the_price_on_its_side_begins_no_trend() -> None:
    grade = np.array([[80.0, 20.0, 80.0]])
    above = np.array([[-0.1, 0.1, NAN]])
    assert trend_states(grade, above).tolist() == [[0, 0, 0]]


def test_the_normal_share_agrees_with_the_standard_library() -> None:
    values = np.array([[-3.0, -0.5], [0.0, 1.7]])
    expected = [[100 * NormalDist().cdf(v) for v in row] for row in values.tolist()]
    np.testing.assert_allclose(normal_share(values), expected, atol=1e-10)
    assert np.isnan(normal_share(np.array([NAN]))).all()
