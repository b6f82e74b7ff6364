from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.marketdata.price_gate import Evidence, Reading, ReplyMove, doubt_about, log_move

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def said(
    price: float | str, *, ago: timedelta = timedelta(0), source: str = "coingecko",
    cap: float | None = None, name: str = "",
) -> Reading:  # fmt: skip
    return Reading(Decimal(str(price)), NOW - ago, source, name=name, market_cap=cap)


def verdict(price: float | str, **evidence: object) -> str:
    given = {"last": said(20, ago=DAY), **evidence}
    return doubt_about(said(price), Evidence(**given), now=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-Infinity", "0", "-3.5", "sNaN", "5e-324"])
def test_what_is_no_price_is_refused_even_for_an_unknown_asset(price: str) -> None:
    assert "is no price" in doubt_about(said(price), Evidence(), now=NOW)


def test_a_usual_move_passes() -> None:
    for price in (20, 30, 39.9, 14, 10.1):
        assert verdict(price) == ""


def test_an_asset_of_which_nothing_is_known_is_taken_at_its_word() -> None:
    assert doubt_about(said(7), Evidence(), now=NOW) == ""


@pytest.mark.parametrize("factor", [1 / 1000, 1 / 100, 1 / 10, 1 / 3, 2.1, 3, 10, 100, 1000])
def test_a_jump_needs_a_confirmation_and_is_said_in_figures(factor: float) -> None:
    why = verdict(20 * factor)
    assert f"{20 * factor:.6g} is {factor:.4g} times the 20 24 hours before" in why
    assert "no second source or later reading" in why


def test_sixty_per_cent_within_an_hour_is_a_jump_and_within_a_day_is_none() -> None:
    for price in (32.0, 8.0):
        assert verdict(price, last=said(20, ago=HOUR)) != ""
    assert verdict(32.0, last=said(20, ago=DAY)) == ""


def test_a_second_source_settles_a_jump_at_once() -> None:
    assert verdict(60, second=said(58.5, source="tokenmetrics")) == ""
    why = verdict(60, second=said(20.4, source="tokenmetrics"))
    assert why == "coingecko says 60, tokenmetrics says 20.4"
    assert "no second source" in verdict(60, second=said(70, source="tokenmetrics"))


def test_a_second_source_that_denies_a_price_is_stronger_than_a_later_reading() -> None:
    why = verdict(
        60, second=said(20.4, source="tokenmetrics"), doubtful=said(60, ago=timedelta(hours=5))
    )
    assert "tokenmetrics says 20.4" in why


def test_a_second_source_that_counts_in_thousands_does_not_stop_us() -> None:
    assert verdict(20.5, second=said(20_500, source="tokenmetrics")) == ""
    assert verdict(60, second=said(60_000, source="tokenmetrics")) != ""


def test_a_coin_that_doubles_in_a_day_passes_at_the_second_reading() -> None:
    first = said(44, ago=timedelta(minutes=31))
    assert verdict(47, doubtful=first) == ""
    assert verdict(47, doubtful=replace(first, at=NOW - timedelta(minutes=29))) != ""
    assert verdict(70, doubtful=first) != ""


def test_a_tenfold_move_needs_a_whole_day_of_the_same_readings() -> None:
    assert verdict(210, doubtful=said(220, ago=timedelta(hours=23))) != ""
    assert verdict(210, doubtful=said(220, ago=timedelta(hours=25))) == ""


def test_a_price_that_moves_without_its_market_value_never_confirms_itself() -> None:
    last = said(20, ago=DAY, cap=2e9)
    wrong = replace(said(36), market_cap=2e9)
    evidence = Evidence(last=last, doubtful=said(36, ago=5 * HOUR))
    assert "its market value did not move with it" in doubt_about(wrong, evidence, now=NOW)
    assert doubt_about(replace(wrong, market_cap=3.6e9), evidence, now=NOW) == ""


def test_an_asset_that_changes_its_name_with_its_price_is_not_the_same() -> None:
    evidence = Evidence(last=said(20, ago=DAY), name="Injective")
    assert "'Bitcoin' now" in doubt_about(said(30, name="Bitcoin"), evidence, now=NOW)
    assert doubt_about(said(21, name="Bitcoin"), evidence, now=NOW) == ""
    assert doubt_about(said(30, name="injective"), evidence, now=NOW) == ""


def test_what_falls_with_the_market_passes_and_what_stands_still_does_too() -> None:
    assert verdict(9, reply=ReplyMove(-0.5, -0.5)) == ""
    assert verdict(20, reply=ReplyMove(-0.9, -0.9)) == ""
    assert verdict(9) != ""


def test_a_drift_in_small_steps_is_caught_by_the_median_of_the_last_days() -> None:
    recent = (20.0, 21.0, float("nan"), 19.0, 20.0)
    assert verdict(85, last=said(70, ago=HOUR), recent=recent) != ""
    assert verdict(65, last=said(60, ago=HOUR), recent=recent) == ""


def test_without_a_last_price_the_recent_bars_speak() -> None:
    why = verdict(90, last=None, recent=(19.0, 20.0, 21.0))
    assert "90 is 4.5 times the 20 of the last days" in why
    assert verdict(30, last=None, recent=(19.0, 20.0, 21.0)) == ""


def test_stamps_from_the_future_and_from_long_ago_are_refused() -> None:
    known = Evidence(last=said(20, ago=DAY))
    assert doubt_about(said(20, ago=-timedelta(minutes=4)), known, now=NOW) == ""
    assert "3 hours in the future" in doubt_about(said(20, ago=-3 * HOUR), known, now=NOW)
    assert "2 days ago" in doubt_about(said(20, ago=51 * HOUR), known, now=NOW)
    assert doubt_about(said(20, ago=49 * HOUR), known, now=NOW) == ""


@given(
    price=st.floats(1e-9, 1e9),
    factor=st.floats(3, 1e6),
    is_up=st.booleans(),
    noise=st.floats(0.99, 1.01),
    market=st.floats(-0.5, 0.5),
    real=st.floats(0.05, 20),
)
def test_a_shock_that_a_second_source_does_not_share_never_passes(
    price: float, factor: float, is_up: bool, noise: float, market: float, real: float
) -> None:
    truth = price * real
    shocked = truth * factor if is_up else truth / factor
    evidence = Evidence(
        last=said(price, ago=DAY),
        second=said(truth * noise, source="second"),
        reply=ReplyMove(market, market),
    )
    if (
        abs(log_move(said(shocked), said(price))) > 0.1
    ):  # back at the last price, by chance: both say it did not move
        assert doubt_about(said(shocked), evidence, now=NOW) != ""
    assert doubt_about(said(truth), evidence, now=NOW) == ""


@given(st.text(max_size=20), st.floats(allow_nan=True, allow_infinity=True))
def test_no_name_and_no_number_breaks_the_gate(name: str, number: float) -> None:
    reading = Reading(Decimal(str(number)), NOW, "coingecko", name=name, market_cap=1e9)
    known = Evidence(
        last=said(20, ago=DAY, cap=1e9), name="Injective", recent=(20.0,), doubtful=reading
    )
    assert isinstance(doubt_about(reading, known, now=NOW), str)
