"""Trend, risk share, weight and liquidity of holdings: each colour, the edges, the unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from portfolios.model.market import Array, Grade
from portfolios.model.plan import Finding, Zone
from portfolios.model.policy import Policy, Range, Signals
from portfolios.model.portfolio import StatedPrice
from rebalancer.zones import Situation, judge

Make = Callable[..., Situation]
Find = Callable[..., Finding]
Calm = Callable[..., Array]

FRESH = datetime(2026, 6, 1, tzinfo=UTC)
BEARISH = Grade("test", 30.0, 40.0, -1, 0, FRESH, FRESH, "test")


def tumbled(calm: Array, loss: float) -> Array:
    """Closes of which the last three days lost so much; the quote completes them."""
    closes = calm.copy()
    closes[-4:] = 100.0
    closes[:-2] /= 1 - loss
    return closes


def test_a_bearish_trend_without_weight_is_no_alarm(make: Make, find: Find) -> None:
    situation = make({"bitcoin": 0.5, "solana": 0.05}, grades={"solana": BEARISH})
    finding = find(situation, "H1", "solana")
    assert finding.zone is Zone.GREEN
    assert finding.text == "bearish trend on 5.0% of the portfolio"


def test_a_bearish_trend_on_more_than_a_twentieth_is_amber(make: Make, find: Find) -> None:
    situation = make({"bitcoin": 0.5, "solana": 0.081}, grades={"solana": BEARISH})
    finding = find(situation, "H1", "solana")
    assert (finding.zone, finding.value, finding.amber) == (Zone.AMBER, 0.081, 0.05)
    assert finding.text == (
        "bearish trend on 8.1% of the portfolio; flagged: with signals = tilt a"
        " trend alone sells nothing"
    )


@pytest.mark.parametrize("signals", [Signals.TRIM, Signals.FOLLOW])
def test_nothing_is_called_unsold_where_signals_sell(
    make: Make, find: Find, signals: Signals
) -> None:
    situation = make({"solana": 0.1}, grades={"solana": BEARISH}, policy=Policy(signals=signals))
    assert "flagged" not in find(situation, "H1", "solana").text


def test_weight_alone_is_never_red(make: Make, find: Find) -> None:
    finding = find(make({"solana": 0.4}, grades={"solana": BEARISH}), "H1", "solana")
    assert (finding.zone, finding.red) == (Zone.AMBER, None)


@pytest.mark.parametrize(
    ("weight", "loss", "zone"),
    [(0.12, 0.20, Zone.RED), (0.12, 0.14, Zone.AMBER), (0.10, 0.20, Zone.AMBER)],
)
def test_a_heavy_bearish_holding_is_red_only_while_it_falls(
    make: Make, find: Find, calm: Calm, weight: float, loss: float, zone: Zone
) -> None:
    situation = make(
        {"solana": weight}, grades={"solana": BEARISH}, closes={"solana": tumbled(calm(), loss)}
    )
    assert find(situation, "H1", "solana").zone is zone


@pytest.mark.parametrize(
    "grade",
    [
        None,
        replace(BEARISH, trend=None),
        replace(BEARISH, short_at=None),
        replace(BEARISH, short_at=FRESH - timedelta(days=8)),
    ],
)
def test_a_trend_that_is_missing_or_old_is_unknown(
    make: Make, find: Find, grade: Grade | None
) -> None:
    situation = make({"solana": 0.2}, grades={"solana": grade})
    assert find(situation, "H1", "solana").zone is Zone.GREY


def test_an_undecided_trend_is_green_not_unknown(make: Make, find: Find) -> None:
    finding = find(make({"solana": 0.2}), "H1", "solana")
    assert (finding.zone, finding.value, finding.text) == (Zone.GREEN, 0.0, "no bearish trend")


@pytest.mark.parametrize("code", ["H1", "H5", "H6", "H7"])
def test_a_holding_without_price_has_no_known_weight(make: Make, find: Find, code: str) -> None:
    situation = make({"bitcoin": 0.5, "solana": 0.0}, prices={"solana": None})
    finding = find(situation, code, "solana")
    assert (finding.zone, finding.value) == (Zone.GREY, None)
    assert finding.text == "cannot tell: no price"


def test_nobody_asks_trend_or_volume_of_what_has_no_market(make: Make) -> None:
    priced = StatedPrice(Decimal(10), FRESH.date())
    situation = make({"bitcoin": 0.5, "house": 0.3}, stated={"house": priced})
    from_rules = {f.code for f in judge(situation) if f.subject == "house"}
    assert from_rules == {"H5", "H6", "H10"}


def test_risk_in_proportion_to_money_is_green(make: Make, find: Find) -> None:
    finding = find(make({"bitcoin": 0.4, "solana": 0.4}), "H5", "solana")
    assert (finding.zone, finding.value) == (Zone.GREEN, 0.5)
    assert finding.text == "50.0% of the risk from 50.0% of the risky money"


def test_a_single_coin_beside_much_cash_is_no_outsized_risk(make: Make, find: Find) -> None:
    finding = find(make({"bitcoin": 0.1, "usd-coin": 0.8}), "H5", "bitcoin")
    assert finding.zone is Zone.GREEN


@pytest.mark.parametrize(
    ("sigma", "zone"), [(0.16, Zone.GREEN), (0.35, Zone.AMBER), (0.60, Zone.RED)]
)
def test_a_wild_coin_carries_more_risk_than_money(
    make: Make, find: Find, sigma: float, zone: Zone
) -> None:
    # a fifth of the risky money; amber from 30% of the risk, red from 40%
    situation = make({"bitcoin": 0.64, "solana": 0.16}, sigma={"solana": sigma})
    finding = find(situation, "H5", "solana")
    assert (finding.amber, finding.red) == (0.3, 0.4)
    assert finding.zone is zone


def test_risk_that_is_not_estimated_is_unknown(make: Make, find: Find) -> None:
    situation = make({"bitcoin": 0.5, "solana": 0.2}, sigma={"solana": float("nan")})
    assert find(situation, "H5", "solana").zone is Zone.GREY


@pytest.mark.parametrize(
    ("weight", "zone"),
    [
        (0.100, Zone.GREEN),
        (0.101, Zone.GREEN),
        (0.102, Zone.AMBER),
        (0.125, Zone.AMBER),
        (0.126, Zone.RED),
    ],
)
def test_a_weight_is_measured_against_its_cap(
    make: Make, find: Find, weight: float, zone: Zone
) -> None:
    policy = Policy(assets={"solana": Range(max=Decimal("0.10"))})
    situation = make({"solana": weight}, r={"solana": 0.05}, policy=policy)
    assert find(situation, "H6", "solana").zone is zone


def test_a_forbidden_asset_is_red_at_any_weight_but_dust(make: Make, find: Find) -> None:
    policy = Policy(assets={"solana": Range(max=Decimal(0))})
    some = make({"solana": 0.01}, r={}, policy=policy)
    assert find(some, "H6", "solana").zone is Zone.RED
    dust = make({"solana": 0.0024}, r={}, policy=policy)
    assert find(dust, "H6", "solana").zone is Zone.GREEN


@pytest.mark.parametrize(
    ("volume", "days", "zone"),
    [(1e6, 0.2, Zone.GREEN), (2e5, 1.0, Zone.GREEN), (1e5, 2.0, Zone.AMBER), (1e4, 20.0, Zone.RED)],
)
def test_days_to_sell_at_a_tenth_of_the_volume(
    make: Make, find: Find, volume: float, days: float, zone: Zone
) -> None:
    situation = make({"solana": 0.2}, volume={"solana": volume})  # 20,000 of money
    finding = find(situation, "H7", "solana")
    assert finding.value == pytest.approx(days)
    assert finding.zone is zone


@pytest.mark.parametrize("volume", [float("nan"), 0.0])
def test_no_volume_is_unknown_and_no_cap_of_nothing(make: Make, find: Find, volume: float) -> None:
    situation = make({"solana": 0.2}, volume={"solana": volume})
    assert find(situation, "H7", "solana").zone is Zone.GREY
    assert situation.limits.w_max[0] > 0
    thin = make({"solana": 0.2}, volume={"solana": 1.0})
    assert find(thin, "H7", "solana").zone is Zone.RED


@pytest.mark.parametrize("held", [0.106, 0.13, 0.2])
def test_a_stated_cap_is_meant_whatever_the_reference_is(
    make: Make, find: Find, held: float
) -> None:
    policy = Policy(assets={"solana": Range(max=Decimal("0.10"))})
    situation = make({"solana": held}, r={"solana": 0.10}, policy=policy)
    assert find(situation, "H6", "solana").zone is (Zone.RED if held > 0.125 else Zone.AMBER)


def test_stablecoins_are_in_no_share_of_the_risk(make: Make, find: Find) -> None:
    alone = make({"solana": 0.4, "bitcoin": 0.2})
    beside = make({"solana": 0.4, "bitcoin": 0.2, "usd-coin": 0.4})
    for code, subject in (("H5", "solana"), ("S2", "layer1")):
        assert find(beside, code, subject).value == pytest.approx(find(alone, code, subject).value)


def test_the_volume_of_one_wild_day_does_not_count(make: Make, find: Find) -> None:
    situation = make({"solana": 0.2}, volume={"solana": 1e5})
    volume = situation.market.bars.volume.copy()
    volume[-1] = 1e12
    bars = replace(situation.market.bars, volume=volume)
    spiked = replace(situation, market=replace(situation.market, bars=bars))
    assert find(spiked, "H7", "solana").value == pytest.approx(2.0)


def test_severity_grows_with_weight_up_to_a_twentieth(make: Make, find: Find) -> None:
    policy = Policy(
        assets={"solana": Range(max=Decimal("0.01")), "aave": Range(max=Decimal("0.04"))}
    )
    situation = make({"solana": 0.0125, "aave": 0.05}, r={}, policy=policy)
    small, large = (find(situation, "H6", name).severity for name in ("solana", "aave"))
    assert (small, large) == (50.0, 100.0)  # both exactly at red, one at a quarter of the weight
