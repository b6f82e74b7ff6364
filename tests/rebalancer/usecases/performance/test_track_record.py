"""Totals by outcome: what counts, what is left out, and what can be told from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from rebalancer.usecases.performance.past_plans import PastPlan
from rebalancer.usecases.performance.significance import LEAST
from rebalancer.usecases.performance.track_record import in_words, results_of
from rebalancer.usecases.proposals.outcome import Outcome
from tests.rebalancer.usecases.performance.past_plan_examples import (
    NOW,
    buys,
    held,
    market_of,
    past,
    plan_from,
)

MARKET = market_of({"bitcoin": "100.005"})
MINE = held({"bitcoin": "5"}, "1000")


def entry(
    outcome: Outcome, notional: str = "100", week: int = 0, asset: str = "bitcoin"
) -> PastPlan:
    at = NOW - timedelta(weeks=week)
    plan = plan_from(MINE, [buys(asset, "1", notional)], number=week + 1, at=at)
    return past(plan, outcome, MARKET)


def test_totals_add_the_cents_that_are_shown() -> None:
    found = results_of([entry(Outcome.APPROVED), entry(Outcome.BOOKED), entry(Outcome.SKIPPED)])
    # Each has earned 0.005, which is shown as nothing; sums of what is shown stay so.
    assert found.approved.earned == found.skipped.earned == Decimal("0.00")
    assert (found.approved.count, found.skipped.count, found.lapsed.count) == (2, 1, 0)
    assert found.lapsed.earned is None


def test_the_total_is_the_sum_of_the_lines_above_it() -> None:
    every = [entry(Outcome.SKIPPED, str(Decimal("100.001") + i), week=i) for i in range(7)]
    total = results_of(every).skipped
    assert total.earned == sum((e.cents for e in every if e.cents is not None), Decimal(0))
    assert total.earned == Decimal("-21.00")


def test_what_is_unknown_is_left_out_and_counted() -> None:
    found = results_of([entry(Outcome.SKIPPED, "90"), entry(Outcome.SKIPPED, asset="solana")])
    assert (found.skipped.count, found.skipped.unknown) == (2, 1)
    assert found.skipped.earned == Decimal("10.00")
    words = in_words(found, "usd")
    assert words == (
        "skipped 2: +$10.00, 1 unknown and left out; too few to tell (1 week, of 8 at least)",
    )
    nothing = results_of([entry(Outcome.LAPSED, asset="solana")])
    assert nothing.lapsed.earned is None
    assert in_words(nothing, "usd") == ("lapsed 1: unknown",)


def test_what_is_open_put_off_or_replaced_is_in_no_total() -> None:
    loose = [entry(o, "90") for o in (Outcome.OPEN, Outcome.PUT_OFF, Outcome.REPLACED)]
    found = results_of(loose)
    assert [t.count for t in (found.approved, found.skipped, found.lapsed)] == [0, 0, 0]
    assert in_words(found, "usd") == ()


def test_choosing_well_is_approving_gains_and_skipping_losses() -> None:
    gains = [entry(Outcome.APPROVED, str(90 + i), week=i) for i in range(5)]
    losses = [entry(Outcome.SKIPPED, str(110 + i), week=i + 5) for i in range(5)]
    found = results_of([*gains, *losses])
    assert found.choosing.weeks == 10
    assert found.choosing.is_told
    assert not found.approved.significance.is_told
    assert in_words(found, "usd")[-1].startswith("choosing, against the contrary: hardly luck")


def test_gains_are_measured_against_what_the_portfolio_was_worth() -> None:
    every = [entry(Outcome.APPROVED, "90", week=i) for i in range(LEAST)]
    large = replace(every[0], plan=replace(every[0].plan, value=Decimal(0)))
    found = results_of([large, *every[1:]])
    assert found.approved.count == LEAST
    assert found.approved.significance.weeks == LEAST - 1
    assert results_of(every).approved.significance.is_told


def test_a_large_portfolio_weighs_no_more_than_a_small_one() -> None:
    gains = [entry(Outcome.APPROVED, "90", week=i) for i in range(LEAST - 1)]
    loss = entry(Outcome.APPROVED, "1000", week=LEAST)
    large = replace(loss, plan=replace(loss.plan, value=Decimal(10**9)))
    # As fractions only all gains together reach so far, with the small loss either way.
    assert results_of([*gains, large]).approved.significance.chance == 4 / 2**LEAST
