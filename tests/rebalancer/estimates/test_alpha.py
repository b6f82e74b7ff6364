from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.model.market import Array, Grade, Market
from portfolios.model.policy import Technical
from rebalancer.estimates.alpha import MOST_ALPHA, Alpha, estimate_alpha, market_uncertainty
from rebalancer.estimates.risk.market_risk import estimate_market
from tests.rebalancer.estimates.markets import coin, graded, market_of, paths, stable

NAMES = ("a", "b", "c", "d")
EQUAL = np.full(4, 0.25)
DAY = timedelta(days=1)


def alpha_of(
    grades: Mapping[str, Grade], reference: Array = EQUAL, *, active: bool = True
) -> Alpha:
    return alpha_in(market_of([coin(a) for a in NAMES], grades=grades), reference, active=active)


def alpha_in(market: Market, reference: Array, *, active: bool = True) -> Alpha:
    found = estimate_market(market)
    ids = tuple(market.assets)
    return estimate_alpha(market, found.of(ids), reference, doubt=doubt(market), active=active)


def doubt(market: Market, technical: Technical = Technical.SHOW) -> float:
    everything = estimate_market(market).of(tuple(market.assets))
    return market_uncertainty(market, everything, technical)


def all_graded(**more: object) -> dict[str, Grade]:
    values = dict(zip(NAMES, (80.0, 60.0, 40.0, 20.0), strict=True))
    return {a: graded(v, v, **more) for a, v in values.items()}  # type: ignore[arg-type]


def test_alpha_is_volatility_times_coefficient_times_score() -> None:
    grades = {
        "a": graded(None, 70.0, None, age=0 * DAY),
        "b": graded(None, 50.0, None, age=0 * DAY),
    }
    market = market_of([coin(a) for a in NAMES], grades=grades)
    month = estimate_market(market).of(NAMES).residual_daily * np.sqrt(30)
    found = alpha_in(market, np.array([0.5, 0.5, 0.0, 0.0]))
    rho = doubt(market)
    assert rho > 0
    # scores 1 and 0, mean one half
    assert found.total[0] == pytest.approx(max(0.0, 0.02 * month[0] * 0.5 - rho))
    assert found.total[1] == pytest.approx(-max(0.0, 0.02 * month[1] * 0.5 - rho))
    assert found.total[2:].tolist() == [0.0, 0.0]


def test_short_grades_and_trends_count_half_each_over_a_week() -> None:
    grades = {"a": graded(70.0, None, 1, age=0 * DAY), "b": graded(50.0, None, 0, age=0 * DAY)}
    market = market_of([coin(a) for a in NAMES], grades=grades)
    week = estimate_market(market).of(NAMES).residual_daily * np.sqrt(7)
    found = alpha_in(market, np.array([0.0, 1.0, 0.0, 0.0]))
    sure = 0.02 * week[0] - doubt(market)
    assert found.grade[0] == pytest.approx(0.5 * sure)
    assert found.trend[0] == pytest.approx(0.5 * sure)


def test_our_own_price_grades_carry_no_alpha_unless_the_user_says_so() -> None:
    found = alpha_of(all_graded(source="technical", trend=1))
    assert not found.total.any()
    market = market_of([coin(a) for a in NAMES], grades=all_graded(source="technical", trend=1))
    used = estimate_alpha(
        market,
        estimate_market(market).of(NAMES),
        EQUAL,
        doubt=doubt(market, Technical.USE),
        active=True,
        technical=Technical.USE,
    )
    assert used.total.any()


def test_without_a_wish_or_with_signals_ignored_there_is_no_alpha() -> None:
    found = alpha_of(all_graded(), active=False)
    assert not found.total.any()


@pytest.mark.parametrize(
    ("figures", "days", "left"),
    [
        ({"short": 80.0, "long": None, "trend": None}, 5, 0.5),
        ({"short": 80.0, "long": None, "trend": None}, 7, 2 ** (-7 / 5)),
        ({"short": 80.0, "long": None, "trend": None}, 8, 0.0),
        ({"short": None, "long": None, "trend": 1}, 3, 0.5),
        ({"short": 80.0, "long": None, "trend": 1}, 5, 0.5),
        ({"short": None, "long": 80.0, "trend": None}, 30, 0.5),
        ({"short": None, "long": 80.0, "trend": None}, 31, 0.0),
    ],
)
def test_alpha_fades_with_age_and_ends(figures: dict[str, float], days: int, left: float) -> None:
    neutral = {
        k: (0 if k == "trend" else 50.0) if v is not None else None for k, v in figures.items()
    }

    def at(age: timedelta) -> float:
        grades = {"a": graded(**figures, age=age), "b": graded(**neutral, age=age)}  # type: ignore[arg-type]
        return float(alpha_of(grades, np.array([0.0, 1.0, 0.0, 0.0])).total[0])

    fresh = at(0 * DAY)
    assert fresh > 0
    assert at(days * DAY) == pytest.approx(left * fresh, rel=1e-9)


def test_a_grade_without_a_date_carries_no_alpha() -> None:
    undated = {a: replace(g, short_at=None, long_at=None) for a, g in all_graded().items()}
    assert not alpha_of(undated).total.any()


def test_missing_grades_count_for_nothing_and_are_never_bearish() -> None:
    grades = {"a": graded(90.0, 90.0), "b": graded(80.0, 80.0)}
    found = alpha_of(grades).total
    assert found[2] == found[3] == 0.0
    assert found[0] > 0
    assert found[1] <= 0


def test_the_view_is_relative_to_what_the_reference_holds() -> None:
    assert alpha_of(all_graded(), np.array([1.0, 0, 0, 0])).total[0] == pytest.approx(0.0)
    assert (alpha_of(all_graded(), np.array([0, 0, 0, 1.0])).total[:3] > 0).all()


def test_stablecoins_have_no_alpha_and_do_not_move_the_mean() -> None:
    coins = [coin("a"), coin("b")]
    grades = {"a": graded(80.0, 80.0), "b": graded(30.0, 30.0)}
    with_stable = market_of([*coins, stable("usdc")], close=paths(3),
                            grades={**grades, "usdc": graded(0.0, 0.0, -1)})  # fmt: skip
    alone = market_of([*coins, stable("usdc")], close=paths(3), grades=grades)
    reference = np.array([0.3, 0.2, 0.5])
    found = alpha_in(with_stable, reference).total
    assert found[2] == 0.0
    assert found.tolist() == alpha_in(alone, reference).total.tolist()


def test_alpha_is_never_more_than_three_percent() -> None:
    wild = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.9, (400, 4)), axis=0))
    market = market_of([coin(a) for a in NAMES], close=wild, grades=all_graded(trend=1))
    found = np.abs(alpha_in(market, EQUAL).total)
    assert found.max() == pytest.approx(MOST_ALPHA - doubt(market))


def test_a_short_history_makes_alpha_twice_as_uncertain() -> None:
    close = paths(4)
    close[:-100, 3] = np.nan
    market = market_of([coin(a) for a in NAMES], close=close, grades=all_graded())
    rho, found = doubt(market), alpha_in(market, EQUAL).total[3]
    trusted = alpha_in(
        market_of([coin(a) for a in NAMES], close=paths(4), grades=all_graded()), EQUAL
    )
    assert rho > 0
    assert abs(found) < abs(trusted.total[3])


def test_doubt_makes_a_bet_smaller_and_never_turns_it_round() -> None:
    market = market_of([coin(a) for a in NAMES], grades=all_graded())
    found = alpha_in(market, EQUAL).total
    assert np.all(np.abs(found) <= MOST_ALPHA)
    assert np.any(found > 0)
    assert np.any(found < 0)
    assert np.all((found == 0) | (np.sign(found) == np.array([1, 1, -1, -1])))


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from(range(40)), min_size=2, max_size=8, unique=True),
    st.integers(0, 39),
    st.integers(0, 5),
)
def test_an_asset_without_weight_changes_no_other_alpha(
    held: list[int], extra: int, seed: int
) -> None:
    market, found = CROWD
    ids = sorted(f"c{i:02}" for i in held)
    more = sorted({*ids, f"c{extra:02}"})
    weight = dict(zip(ids, np.random.default_rng(seed).dirichlet(np.ones(len(ids))), strict=True))
    few, many = (
        estimate_alpha(
            market,
            found.of(names),
            np.array([weight.get(a, 0.0) for a in names]),
            doubt=doubt(market),
            active=True,
        )
        for names in (ids, more)
    )
    places = [more.index(a) for a in ids]
    assert many.total[places] == pytest.approx(few.total, abs=1e-15)


def _crowd() -> tuple[Market, object]:
    draw = np.random.default_rng(4)
    assets = [coin(f"c{i:02}", f"s{i % 4}") for i in range(40)]
    grades = {
        a.asset_id: graded(draw.uniform(0, 100), draw.uniform(0, 100), int(draw.integers(-1, 2)))
        for a in assets[:36]
    }
    market = market_of(assets, grades=grades)
    return market, estimate_market(market)


CROWD: tuple[Market, object] = _crowd()  # type: ignore[assignment]
