from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from statistics import NormalDist

import numpy as np
import pytest

from portfolios.model.market import Array, Market
from portfolios.model.policy import Technical
from rebalancer.estimates.per_market import places
from rebalancer.estimates.scores import acts_bearish, grade_scores, scores_of, trend_scores
from tests.rebalancer.estimates.markets import coin, graded, market_of, stable


def test_many_grades_are_ranked_and_ties_share_their_rank() -> None:
    values = np.arange(40.0)
    values[10:12] = 10.5
    found = grade_scores(values)
    assert found[5] == pytest.approx(NormalDist().inv_cdf(5.5 / 40))
    assert found[10] == found[11] == pytest.approx(NormalDist().inv_cdf(11 / 40))
    assert found[::-1] == pytest.approx(-found, abs=0.1)


def test_few_grades_keep_their_own_scale() -> None:
    assert grade_scores(np.array([50.0, 60.0, 100.0, 0.0])).tolist() == [0.0, 0.5, 2.0, -2.0]


def test_the_rank_of_a_grade_ignores_its_scale() -> None:
    values = np.random.default_rng(1).uniform(0, 100, 35)
    assert grade_scores(values).tolist() == grade_scores(np.sqrt(values)).tolist()


def test_trends_of_many_have_unit_variance_and_of_few_stay() -> None:
    many = np.array([1.0, -1.0, 0.0, 0.0] * 10)
    assert trend_scores(many).std() == pytest.approx(1.0)
    assert trend_scores(np.array([1.0, -1.0])).tolist() == [1.0, -1.0]
    assert trend_scores(np.full(40, -1.0)).tolist() == [-1.0] * 40


def short_scores(market: Market, ids: Sequence[str]) -> Array:
    return scores_of(market).short[places(market, ids)]


def test_sources_are_never_ranked_against_each_other() -> None:
    assets = [coin(f"c{i}") for i in range(60)]
    own = {f"c{i}": graded(float(i)) for i in range(30)}
    foreign = {f"c{i}": graded(90 + i / 100, source="technical") for i in range(30, 60)}
    ids = [f"c{i}" for i in range(30)]
    alone = short_scores(market_of(assets, grades=own), ids)
    beside = short_scores(market_of(assets, grades={**own, **foreign}), ids)
    assert alone.tolist() == beside.tolist()


def test_definitions_of_one_source_are_not_mixed_either() -> None:
    market = market_of(
        [coin(f"c{i}") for i in range(40)],
        grades={f"c{i}": graded(float(i), kind="old" if i < 20 else "new") for i in range(40)},
    )
    assert short_scores(market, ["c10"]).tolist() == [-2.0]  # (10 - 50) / 20: few


def test_what_has_no_grade_has_no_score() -> None:
    market = market_of([coin("a"), coin("b")], grades={"a": graded(70.0)})
    found = short_scores(market, ["a", "b"])
    assert found[0] == 1.0
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("trend", "days", "bearish"),
    [(-1, 0, True), (-1, 7, True), (-1, 8, False), (0, 0, False), (1, 0, False), (None, 0, False)],
)
def test_only_a_young_bearish_trend_is_bearish(trend: int | None, days: int, bearish: bool) -> None:
    grade = graded(trend=trend, age=timedelta(days=days))
    market = market_of([coin("a")], grades={"a": grade})
    assert acts_bearish(market, "a", Technical.SHOW) is bearish


@pytest.mark.parametrize("technical", list(Technical))
def test_our_own_trend_acts_only_where_the_user_says_so(technical: Technical) -> None:
    market = market_of([coin("a")], grades={"a": graded(trend=-1, source="technical")})
    assert acts_bearish(market, "a", technical) is (technical is Technical.USE)


def test_a_stablecoin_and_the_ungraded_are_never_bearish() -> None:
    market = market_of([stable("usdc"), coin("a")], grades={"usdc": graded(trend=-1)})
    assert not acts_bearish(market, "usdc", Technical.SHOW)
    assert not acts_bearish(market, "a", Technical.SHOW)
