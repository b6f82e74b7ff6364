"""Caps, risk and breadth of sectors: each colour, the edges, the unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from portfolios.model.market import Grade
from portfolios.model.plan import Finding, Zone
from portfolios.model.policy import Policy, Range
from rebalancer.zones import ZONES, Situation

Make = Callable[..., Situation]
Find = Callable[..., Finding]

FRESH = datetime(2026, 6, 1, tzinfo=UTC)
DOWN = Grade("test", 30.0, 40.0, -1, 0, FRESH, FRESH, "test")
OLD = Grade("test", 30.0, 40.0, -1, 0, FRESH - timedelta(days=9), FRESH, "test")
CAPPED = Policy(sectors={"defi": Range(max=Decimal("0.25"))})


@pytest.mark.parametrize(
    ("weight", "zone"),
    [
        (0.25, Zone.GREEN),
        (0.251, Zone.GREEN),
        (0.252, Zone.AMBER),
        (0.35, Zone.AMBER),
        (0.351, Zone.RED),
    ],
)
def test_a_sector_is_measured_against_its_cap(
    make: Make, find: Find, weight: float, zone: Zone
) -> None:
    situation = make({"aave": weight, "bitcoin": 0.5}, r={"aave": 0.2}, policy=CAPPED)
    finding = find(situation, "S1", "defi")
    assert finding.zone is zone
    assert finding.text == f"{weight * 100:.1f}% of the portfolio, limit 25%"


def test_an_alarm_of_a_sector_ends_a_little_inside_its_cap() -> None:
    rule = ZONES["sector_cap"]
    assert rule.exit_amber.level(0.251) == pytest.approx(0.246)
    assert rule.exit_red.level(0.35) == pytest.approx(0.33)


@pytest.mark.parametrize(("held", "zone"), [(0.251, Zone.GREEN), (0.26, Zone.AMBER)])
def test_a_stated_cap_of_a_sector_is_meant_whatever_the_reference_is(
    make: Make, find: Find, held: float, zone: Zone
) -> None:
    situation = make({"aave": held}, r={"aave": 0.25}, policy=CAPPED)
    assert find(situation, "S1", "defi").zone is zone


def test_a_book_of_stablecoins_has_no_risky_money_and_no_alarm(make: Make, find: Find) -> None:
    situation = make({"usd-coin": 0.6, "tether": 0.4})
    finding = find(situation, "S2", "stablecoin")
    assert (finding.zone, finding.text) == (Zone.GREEN, "no risky money is in it")


def test_a_sector_without_limit_is_green_and_says_so(make: Make, find: Find) -> None:
    finding = find(make({"usd-coin": 0.9}), "S1", "stablecoin")
    assert (finding.zone, finding.amber, finding.red) == (Zone.GREEN, None, None)
    assert finding.text == "90.0% of the portfolio, no limit"


@pytest.mark.parametrize("code", ["S1", "S2"])
def test_a_member_without_price_makes_green_unknown(make: Make, find: Find, code: str) -> None:
    situation = make({"aave": 0.1, "bitcoin": 0.5, "maker": 0.0}, prices={"maker": None})
    finding = find(situation, code, "defi")
    assert finding.zone is Zone.GREY
    assert finding.text == "cannot tell: no usable price for maker"
    assert find(situation, code, "layer1").zone is Zone.GREEN


def test_a_member_without_price_hides_no_breach(make: Make, find: Find) -> None:
    situation = make(
        {"aave": 0.4, "maker": 0.0}, r={"aave": 0.1}, prices={"maker": None}, policy=CAPPED
    )
    assert find(situation, "S1", "defi").zone is Zone.RED


@pytest.mark.parametrize(
    ("sigma", "zone"), [(0.16, Zone.GREEN), (0.32, Zone.AMBER), (0.45, Zone.RED)]
)
def test_a_sector_may_carry_more_risk_than_money(
    make: Make, find: Find, sigma: float, zone: Zone
) -> None:
    wild = {"aave": sigma, "uniswap": sigma}
    situation = make({"bitcoin": 0.6, "aave": 0.1, "uniswap": 0.1}, sigma=wild)
    finding = find(situation, "S2", "defi")
    assert (finding.amber, finding.red) == (0.35, 0.45)
    assert finding.zone is zone


def test_a_sector_alone_beside_cash_carries_its_own_risk(make: Make, find: Find) -> None:
    assert find(make({"bitcoin": 0.1, "usd-coin": 0.8}), "S2", "layer1").zone is Zone.GREEN


def test_an_unknown_risk_makes_every_sector_unknown(make: Make, find: Find) -> None:
    situation = make({"bitcoin": 0.5, "aave": 0.1}, sigma={"aave": float("nan")})
    assert find(situation, "S2", "layer1").zone is Zone.GREY


DEFI = {"aave": 0.1, "uniswap": 0.1, "maker": 0.1, "bitcoin": 0.6}


def test_a_whole_sector_in_a_bearish_trend_is_amber(make: Make, find: Find) -> None:
    situation = make(DEFI, grades={"aave": DOWN, "uniswap": DOWN, "maker": DOWN})
    finding = find(situation, "S3", "defi")
    assert (finding.zone, finding.red) == (Zone.AMBER, None)
    assert finding.text == "100.0% of it in a bearish trend, against 33.3% of the whole portfolio"


def test_two_thirds_of_a_sector_are_not_all_of_it(make: Make, find: Find) -> None:
    situation = make(DEFI, grades={"aave": DOWN, "uniswap": DOWN})
    assert find(situation, "S3", "defi").zone is Zone.GREEN


def test_when_everything_points_down_no_sector_stands_out(make: Make, find: Find) -> None:
    situation = make(DEFI, grades=dict.fromkeys(DEFI, DOWN))
    assert find(situation, "S3", "defi").zone is Zone.GREEN


@pytest.mark.parametrize("missing", [None, OLD])
def test_a_missing_trend_is_unknown_only_where_it_could_matter(
    make: Make, find: Find, missing: Grade | None
) -> None:
    grades = {"aave": DOWN, "uniswap": DOWN, "maker": missing}
    assert find(make(DEFI, grades=grades), "S3", "defi").zone is Zone.GREY
    assert find(make(DEFI, grades={"maker": missing}), "S3", "defi").zone is Zone.GREEN


def test_a_sector_of_two_has_no_breadth(make: Make, find: Find) -> None:
    situation = make(
        {"aave": 0.1, "uniswap": 0.1, "bitcoin": 0.5}, grades={"aave": DOWN, "uniswap": DOWN}
    )
    assert find(situation, "S3", "defi").zone is Zone.GREEN
