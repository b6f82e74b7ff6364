"""Falls, shocks, regimes, pegs and ages: each colour, the edges, the unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import Array, Grade, Quote
from portfolios.model.plan import Finding, Zone
from portfolios.model.portfolio import StatedPrice
from rebalancer.zones import Situation

Make = Callable[..., Situation]
Find = Callable[..., Finding]
Calm = Callable[..., Array]

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
FELL_AMBER = 1 - np.exp(-1.65 * 0.03 * np.sqrt(90))  # 37% at 3% a day
FELL_RED = 1 - np.exp(-2.33 * 0.03 * np.sqrt(90))  # 48%


def peaked(calm: Array, loss: float, days_ago: int) -> Array:
    """Closes that stood where the price of 100 is so much lower, so many days ago."""
    closes = calm.copy()
    closes[:] = 100.0
    closes[::2] *= np.exp(0.03)  # its usual swing, never below 100
    closes[-1] = 100.0
    closes[-days_ago] = 100.0 / (1 - loss)
    return closes


@pytest.mark.parametrize(
    ("loss", "zone"),
    [
        (FELL_AMBER - 0.002, Zone.GREEN),
        (FELL_AMBER + 0.002, Zone.AMBER),
        (FELL_RED - 0.002, Zone.AMBER),
        (FELL_RED + 0.002, Zone.RED),
    ],
)
def test_a_fall_is_measured_in_the_volatility_of_before(
    make: Make, find: Find, calm: Calm, loss: float, zone: Zone
) -> None:
    situation = make({"solana": 0.1}, closes={"solana": peaked(calm(), loss, 60)})
    finding = find(situation, "H3", "solana")
    assert finding.zone is zone
    assert finding.amber == pytest.approx(FELL_AMBER, abs=1e-6)
    assert finding.red == pytest.approx(FELL_RED, abs=1e-6)
    assert finding.text == f"{loss * 100:.1f}% below its 90-day peak"


def test_a_peak_before_the_window_is_forgotten(make: Make, find: Find, calm: Calm) -> None:
    situation = make({"solana": 0.1}, closes={"solana": peaked(calm(), 0.6, 95)})
    assert find(situation, "H3", "solana").zone is Zone.GREEN


def test_a_quiet_asset_still_needs_a_fall_of_fifteen_percent(
    make: Make, find: Find, calm: Calm
) -> None:
    finding = find(make({"solana": 0.1}, closes={"solana": calm(400, 0.001)}), "H3", "solana")
    assert (finding.amber, finding.red) == (0.15, 0.25)


def test_too_short_a_history_is_unknown_for_falls_and_known_for_shocks(
    make: Make, find: Find, calm: Calm
) -> None:
    situation = make({"solana": 0.1}, closes={"solana": calm(100)})
    assert find(situation, "H3", "solana").zone is Zone.GREY
    assert find(situation, "H11", "solana").zone is Zone.GREEN


@pytest.mark.parametrize("code", ["H3", "H4", "H11"])
def test_no_history_and_no_price_are_unknown(make: Make, find: Find, code: str) -> None:
    blank = make({"solana": 0.1}, closes={"solana": np.full(400, np.nan)})
    assert find(blank, code, "solana").zone is Zone.GREY
    unpriced = make({"bitcoin": 0.5, "solana": 0.0}, prices={"solana": None})
    assert find(unpriced, code, "solana").zone is Zone.GREY


def test_a_price_gone_missing_three_days_ago_is_unknown_not_filled(
    make: Make, find: Find, calm: Calm
) -> None:
    for days_ago in (3, 4):  # 72 hours ago lies between these closes
        closes = calm()
        closes[-days_ago] = np.nan
        situation = make({"solana": 0.1}, closes={"solana": closes})
        assert find(situation, "H11", "solana").zone is Zone.GREY


@pytest.mark.parametrize(
    ("price", "zone"),
    # 15% and 25% are the least that counts; 2.5 and 4 volatilities are less at 3% a day
    [("86", Zone.GREEN), ("84.9", Zone.AMBER), ("76", Zone.AMBER), ("74.9", Zone.RED)],
)
def test_a_shock_is_a_fall_within_three_days(
    make: Make, find: Find, price: str, zone: Zone
) -> None:
    closes = np.full(400, 100.0)
    closes[::2] = 100.0 * np.exp(0.01)
    closes[-4:] = 100.0
    situation = make({"solana": 0.1}, closes={"solana": closes}, prices={"solana": price})
    finding = find(situation, "H11", "solana")
    assert finding.zone is zone
    assert finding.text == f"down {100 - float(price):.1f}% in three days"


def fallen(make: Make, find: Find, code: str, *, ago: timedelta, hour: float) -> Finding:
    """What is found of a fall by half so long ago, at an hour of the day."""
    now = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(hours=hour)
    ends = [now - timedelta(hours=hour, days=back) for back in range(399, -1, -1)]
    closes = np.where([end > now - ago for end in ends], 50.0, 100.0)
    closes[:-10:2] *= np.exp(0.01)
    made = make({"solana": 0.9}, closes={"solana": closes}, prices={"solana": "50"}, as_of=now)
    return find(made, code, "solana" if code == "H11" else "portfolio")


HOURS = [0, 1 / 6, 6, 12, 18, 23 + 5 / 6]


@pytest.mark.parametrize("code", ["H11", "P9"])
@pytest.mark.parametrize("hour", HOURS)
def test_the_window_of_a_shock_is_72_hours_at_every_hour_of_the_day(
    make: Make, find: Find, code: str, hour: float
) -> None:
    for ago in (1, 24, 47):
        at = timedelta(hours=ago)
        assert fallen(make, find, code, ago=at, hour=hour).zone is Zone.RED
    past = fallen(make, find, code, ago=timedelta(hours=97), hour=hour)
    assert past.zone is Zone.GREEN


@pytest.mark.parametrize("code", ["H11", "P9"])
def test_a_fall_of_two_days_ago_is_not_forgotten_at_midnight(
    make: Make, find: Find, code: str
) -> None:
    before = fallen(make, find, code, ago=timedelta(hours=53), hour=23 + 5 / 6)
    after = fallen(make, find, code, ago=timedelta(hours=53, minutes=20), hour=1 / 6)
    assert (before.zone, after.zone) == (Zone.RED, Zone.RED)
    assert after.value == pytest.approx(before.value, abs=0.01)


def test_the_same_shock_is_usual_for_a_wild_asset(make: Make, find: Find, calm: Calm) -> None:
    wild = calm(400, 0.12)
    situation = make({"solana": 0.1}, closes={"solana": wild}, prices={"solana": "76"})
    assert find(situation, "H11", "solana").zone is Zone.GREEN


def test_dust_in_free_fall_is_no_alarm(make: Make, find: Find, calm: Calm) -> None:
    closes = np.append(calm()[:-4], [100.0] * 4)
    situation = make({"solana": 0.002}, closes={"solana": closes}, prices={"solana": "20"})
    finding = find(situation, "H11", "solana")
    assert finding.zone is Zone.GREEN
    assert finding.text == "down 80.0% in three days (too small to matter)"


@pytest.mark.parametrize(
    ("late", "zone"), [(0.03, Zone.GREEN), (0.07, Zone.AMBER), (0.20, Zone.RED)]
)
def test_volatility_is_compared_with_its_usual_level(
    make: Make, find: Find, calm: Calm, late: float, zone: Zone
) -> None:
    closes = calm()
    closes[-8:] = 100.0 * np.exp(late * (np.arange(8)[::-1] % 2))
    situation = make({"solana": 0.1}, closes={"solana": closes})
    assert find(situation, "H4", "solana").zone is zone


def test_a_price_that_never_moves_has_no_regime(make: Make, find: Find) -> None:
    situation = make({"solana": 0.1}, closes={"solana": np.full(400, 100.0)})
    assert find(situation, "H4", "solana").zone is Zone.GREY


@pytest.mark.parametrize(
    ("price", "zone"),
    [
        ("1", Zone.GREEN),
        ("0.9951", Zone.GREEN),
        ("0.995", Zone.AMBER),
        ("1.005", Zone.AMBER),
        ("0.9901", Zone.AMBER),
        ("0.99", Zone.RED),
        ("1.02", Zone.RED),
    ],
)
def test_a_stablecoin_is_held_to_its_peg(make: Make, find: Find, price: str, zone: Zone) -> None:
    situation = make({"bitcoin": 0.5, "usd-coin": 0.2}, prices={"usd-coin": price})
    assert find(situation, "H8", "usd-coin").zone is zone


def foreign(name: str) -> Asset:
    return Asset(name, "E", name, "stablecoin", kind=AssetKind.STABLE, peg="eur")


def test_a_foreign_peg_is_measured_against_its_peers(make: Make, find: Find) -> None:
    names = ("usd-coin", "tether", "maker")
    assets = {name: foreign(name) for name in names}
    prices = {"usd-coin": "1.08", "tether": "1.08", "maker": "1.07"}
    situation = make(dict.fromkeys(names, 0.1), assets=assets, prices=prices)
    assert find(situation, "H8", "usd-coin").zone is Zone.GREEN
    assert find(situation, "H8", "maker").value == pytest.approx(1 - 1.07 / 1.08, abs=1e-6)
    alone = make({"usd-coin": 0.1}, assets=assets, prices=prices)
    assert find(alone, "H8", "usd-coin").zone is Zone.GREY


def test_a_stablecoin_without_a_known_peg_or_price_is_unknown(make: Make, find: Find) -> None:
    assets = {"usd-coin": replace(foreign("usd-coin"), peg="")}
    assert find(make({"usd-coin": 0.1}, assets=assets), "H8", "usd-coin").zone is Zone.GREY
    unpriced = make({"bitcoin": 0.5, "usd-coin": 0.0}, prices={"usd-coin": None})
    assert find(unpriced, "H8", "usd-coin").zone is Zone.GREY


def aged(hours: float) -> dict[str, Quote]:
    return {"solana": Quote(Decimal(100), NOW - timedelta(hours=hours), "test")}


@pytest.mark.parametrize(
    ("hours", "zone"), [(26, Zone.GREEN), (26.1, Zone.AMBER), (50, Zone.AMBER), (50.1, Zone.GREY)]
)
def test_a_price_grows_old_and_then_unknown_never_red(
    make: Make, find: Find, hours: float, zone: Zone
) -> None:
    situation = make({"bitcoin": 0.5, "solana": 0.1}, quotes=aged(hours))
    finding = find(situation, "H10", "solana")
    assert (finding.zone, finding.red) == (zone, None)


@pytest.mark.parametrize(
    ("short_days", "long_days", "zone"),
    [
        (1, 13, Zone.GREEN),
        (3, 13, Zone.AMBER),
        (1, 15, Zone.AMBER),
        (8, 1, Zone.GREY),
        (1, 31, Zone.GREY),
    ],
)
def test_each_grade_has_an_age_of_its_own(
    make: Make, find: Find, short_days: int, long_days: int, zone: Zone
) -> None:
    grade = Grade(
        "test",
        50.0,
        50.0,
        0,
        0,
        NOW - timedelta(days=short_days),
        NOW - timedelta(days=long_days),
    )
    assert find(make({"solana": 0.1}, grades={"solana": grade}), "H10", "solana").zone is zone


def test_a_quarantined_price_is_unknown_and_says_why(make: Make, find: Find) -> None:
    quotes = {"solana": Quote(Decimal(100), NOW, "test", quarantined="100x its median")}
    finding = find(make({"bitcoin": 0.5, "solana": 0.1}, quotes=quotes), "H10", "solana")
    assert finding.zone is Zone.GREY
    assert finding.text == "cannot tell: price quarantined: 100x its median"


@pytest.mark.parametrize(
    ("day", "zone"),
    [
        (date(2026, 5, 1), Zone.GREEN),
        (date(2026, 4, 20), Zone.AMBER),
        (date(2026, 2, 1), Zone.GREY),
    ],
)
def test_a_stated_price_grows_old_more_slowly(
    make: Make, find: Find, day: date, zone: Zone
) -> None:
    situation = make({"bitcoin": 0.5, "house": 0.1}, stated={"house": StatedPrice(Decimal(5), day)})
    assert find(situation, "H10", "house").zone is zone
