"""What is not known is said so: never green for lack of data, never red for lack of it either."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import Array, Bars, Grade, Quote
from portfolios.model.plan import Finding, Zone
from portfolios.model.policy import Policy
from portfolios.model.portfolio import StatedPrice
from rebalancer.zones import ZONES, Situation, judge
from rebalancer.zones.rule import Levels, judged

Make = Callable[..., Situation]
Find = Callable[..., Finding]
Calm = Callable[..., Array]

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
HOUSE = {"house": StatedPrice(Decimal(5), date(2026, 5, 1))}
BUFFERED = Policy(cash_buffer=Decimal("0.10"))


# Nothing whose prices move


@pytest.mark.parametrize("weights", [{"house": 0.9}, {"house": 0.5, "usd-coin": 0.4}])
def test_the_volatility_of_stated_prices_alone_is_usual_at_the_reference(
    make: Make, find: Find, weights: dict[str, float]
) -> None:
    finding = find(make(weights, stated=HOUSE), "P4")
    assert finding.zone is Zone.GREEN
    assert finding.amber == pytest.approx(1.15 * (finding.value or 0.0), rel=1e-3)


def test_stated_prices_far_over_the_reference_are_still_told(make: Make, find: Find) -> None:
    situation = make({"house": 0.9}, r={"house": 0.5}, stated=HOUSE)
    assert find(situation, "P4").zone is Zone.RED


@pytest.mark.parametrize("weights", [{"house": 0.9}, {"house": 0.5, "usd-coin": 0.4}])
def test_nobody_asks_for_the_daily_tail_of_what_has_no_market(
    make: Make, find: Find, weights: dict[str, float]
) -> None:
    finding = find(make(weights, stated=HOUSE), "P3")
    assert (finding.zone, finding.text) == (
        Zone.GREEN,
        "nothing risky with a public market is held",
    )


def test_a_market_without_any_history_is_judged_and_unknown(make: Make, find: Find) -> None:
    situation = make({"bitcoin": 0.4, "usd-coin": 0.2})
    bars = situation.market.bars
    empty = Bars((), bars.asset_ids, bars.close[:0], bars.volume[:0])
    blind = replace(situation, market=replace(situation.market, bars=empty))
    unknown = {(f.code, f.subject) for f in judge(blind) if f.zone is Zone.GREY}
    assert unknown == {
        *((code, "bitcoin") for code in ("H3", "H4", "H7", "H11")),
        ("H7", "usd-coin"),
        *((code, "portfolio") for code in ("P3", "P4", "P5", "P9")),
    }


# Holdings without a usable price


@pytest.mark.parametrize("code", ["P1", "P2", "P3", "P4", "P5", "P7", "P9"])
def test_a_holding_without_price_leaves_no_green_portfolio(
    make: Make, find: Find, code: str
) -> None:
    without = {"prices": {"solana": None}, "policy": BUFFERED}
    for weights in ({"solana": 0.5}, {"bitcoin": 0.3, "solana": 0.5}):
        finding = find(make(weights, **without), code)
        assert finding.zone is Zone.GREY
        assert finding.text == "cannot tell: no usable price for solana"


def test_a_holding_without_price_hides_no_alarm_of_the_portfolio(make: Make, find: Find) -> None:
    situation = make(
        {"bitcoin": 0.95, "solana": 0.0}, prices={"solana": None}, r={}, policy=BUFFERED
    )
    assert find(situation, "P7").zone is Zone.AMBER
    assert find(situation, "P4").zone is Zone.RED


@pytest.mark.parametrize(("stake", "zone"), [(0.009, Zone.GREEN), (0.02, Zone.GREY)])
def test_an_old_price_of_little_leaves_the_rest_of_the_portfolio_known(
    make: Make, find: Find, stake: float, zone: Zone
) -> None:
    old = {"solana": Quote(Decimal(100), NOW - timedelta(days=4), "test")}
    kept = dict.fromkeys(("bitcoin", "ethereum", "aave", "uniswap", "maker"), 0.12)
    situation = make(kept | {"solana": stake}, quotes=old)
    assert {find(situation, c).zone for c in ("P1", "P2", "P3", "P4", "P5", "P9")} == {zone}


def test_a_stablecoin_without_price_is_no_unknown_risk(make: Make, find: Find) -> None:
    situation = make({"usd-coin": 0.4}, prices={"usd-coin": None})
    assert {find(situation, code).zone for code in ("P1", "P2", "P3", "P4")} == {Zone.GREEN}
    assert find(situation, "P5").zone is Zone.GREY  # nobody knows whether it fell


def test_bets_on_an_unknown_risk_are_unknown(make: Make, find: Find) -> None:
    situation = make({"bitcoin": 0.5, "aave": 0.3}, sigma={"aave": float("nan")})
    assert find(situation, "P2").zone is Zone.GREY


# Gaps


def gapped(calm: Array, last_known: int) -> Array:
    """Closes three times as high, then silence until one close at the end."""
    closes = np.array(calm)
    closes[: -last_known - 1] *= 3
    closes[-last_known:-1] = np.nan
    return closes


@pytest.mark.parametrize("code", ["H3", "H4", "H11"])
def test_a_fall_inside_a_gap_is_unknown(make: Make, find: Find, calm: Calm, code: str) -> None:
    closes = {"bitcoin": gapped(calm(), 60)}
    finding = find(make({"bitcoin": 0.5}, closes=closes), code, "bitcoin")
    assert finding.zone is Zone.GREY
    assert finding.text.startswith("cannot tell: too few prices")
    assert find(make({"bitcoin": 0.5}, closes=closes), "P5").zone is Zone.GREY


@pytest.mark.parametrize("code", ["H3", "H4", "H11"])
def test_a_day_missing_here_and_there_hides_nothing(
    make: Make, find: Find, calm: Calm, code: str
) -> None:
    closes = np.array(calm())
    closes[[350, 370, 390]] = np.nan
    finding = find(make({"bitcoin": 0.5}, closes={"bitcoin": closes}), code, "bitcoin")
    assert finding.zone is Zone.GREEN


# Ages and pegs


@pytest.mark.parametrize(
    ("days", "zone"), [(1, Zone.GREEN), (3, Zone.AMBER), (7, Zone.AMBER), (8, Zone.GREY)]
)
def test_a_trend_without_a_score_grows_old_as_well(
    make: Make, find: Find, days: int, zone: Zone
) -> None:
    grade = Grade("test", trend=-1, short_at=NOW - timedelta(days=days))
    assert find(make({"bitcoin": 0.5}, grades={"bitcoin": grade}), "H10", "bitcoin").zone is zone


@pytest.mark.parametrize(
    ("grade", "name"),
    [
        (Grade("test", short=50.0, long=50.0, long_at=NOW), "short grade"),
        (Grade("test", short=50.0, long=50.0, short_at=NOW), "long grade"),
        (Grade("test", trend=1), "short grade"),
    ],
)
def test_a_grade_without_a_date_is_of_unknown_age(
    make: Make, find: Find, grade: Grade, name: str
) -> None:
    finding = find(make({"bitcoin": 0.5}, grades={"bitcoin": grade}), "H10", "bitcoin")
    assert (finding.zone, finding.text) == (Zone.GREY, f"cannot tell: the {name} has no date")


@pytest.mark.parametrize(
    ("third", "zone"),
    [
        (Quote(Decimal("1.10"), NOW, "test"), Zone.GREEN),
        (Quote(Decimal("1.10"), NOW, "test", quarantined="odd"), Zone.GREY),
        (Quote(Decimal("1.10"), NOW - timedelta(days=9), "test"), Zone.GREY),
    ],
)
def test_prices_nobody_trusts_are_no_measure_of_a_peg(
    make: Make, find: Find, third: Quote, zone: Zone
) -> None:
    names = ("house", "maker", "tether")
    euros = {n: Asset(n, n[:4], n, "stablecoin", kind=AssetKind.STABLE, peg="eur") for n in names}
    quotes = dict.fromkeys(names, Quote(Decimal("1.10"), NOW, "test")) | {"tether": third}
    held = {"house": 0.5, "maker": 0.0, "tether": 0.0}
    assert find(make(held, assets=euros, quotes=quotes), "H8", "house").zone is zone


@pytest.mark.parametrize(("code", "subject"), [("H11", "bitcoin"), ("P9", "portfolio")])
def test_a_shock_does_not_raise_the_level_it_is_measured_against(
    make: Make, find: Find, calm: Calm, code: str, subject: str
) -> None:
    closes = {"bitcoin": calm(400, 0.08)}

    def amber(price: str) -> float:
        situation = make({"bitcoin": 1.0}, closes=closes, prices={"bitcoin": price})
        return find(situation, code, subject).amber or 0.0

    assert amber("30") == amber("100") > 0.15


# Edges in floating point


@pytest.mark.parametrize("weight", [0.1, 0.13, 0.16, 0.17, 0.19])
def test_five_equal_positions_are_enough_whatever_their_size(
    make: Make, find: Find, weight: float
) -> None:
    five = dict.fromkeys(("aave", "bitcoin", "ethereum", "maker", "solana"), weight)
    eight = {i: Asset(i, i[:4], i, "other", rank=5) for i in (*five, "uniswap", "tether", "house")}
    situation = make(five, r=dict.fromkeys(eight, 0.12), assets=eight)
    assert find(situation, "P1").zone is Zone.GREEN


@given(st.floats(0.01, 2.0), st.floats(-3e-6, 3e-6), st.booleans(), st.booleans())
@settings(max_examples=100)
def test_a_colour_is_that_of_the_figures_shown(
    amber: float, away: float, beyond: bool, falls: bool
) -> None:
    levels = Levels(3.0 if falls else 0.0, amber, beyond=beyond)
    finding = judged(ZONES["single_weight"], "bitcoin", amber + away, levels, "")
    assert finding.value is not None
    assert finding.amber is not None
    past = finding.value < finding.amber if falls else finding.value > finding.amber
    alarms = past or (not beyond and finding.value == finding.amber)
    assert (finding.zone is Zone.AMBER) == alarms
