"""From doing nothing to what is held now: checked against a world in which nothing was traded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolios.model.booking import book
from portfolios.model.market import Market
from portfolios.model.plan import Trade
from portfolios.model.portfolio import Portfolio, StatedPrice
from portfolios.values.cents import to_cents
from rebalancer.usecases.performance.past_plans import PastPlan
from rebalancer.usecases.performance.reconciliation import (
    Reconciliation,
    StepCause,
    Unreconciled,
    reconcile,
)
from rebalancer.usecases.proposals.outcome import Outcome
from tests.rebalancer.usecases.performance.past_plan_examples import (
    NOW,
    buys,
    held,
    market_of,
    past,
    plan_from,
    sells,
)

CENT = Decimal("0.01")
ASSETS = ("bitcoin", "pepe", "solana", "usd-coin")


def money(most: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(-most, most, places=2, allow_nan=False, allow_infinity=False)


def positive(most: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(10) ** -places, most, places=places)


@dataclass
class World:
    """What would be held had no plan been booked, in fractions, which never round."""

    quantities: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    cash: Fraction = Fraction(0)

    def worth(self, market: Market) -> Fraction:
        prices = {a: Fraction(quote.price) for a, quote in market.quotes.items()}
        return self.cash + sum((q * prices[a] for a, q in self.quantities.items()), Fraction(0))


@dataclass
class Life:
    """A portfolio, its booked plans, and the same without them."""

    now: Portfolio
    untouched: World
    past: list[PastPlan]
    market: Market


def worth(portfolio: Portfolio, market: Market) -> Fraction:
    world = World(cash=Fraction(portfolio.cash))
    world.quantities.update({h.asset_id: Fraction(h.quantity) for h in portfolio.holdings})
    return world.worth(market)


@st.composite
def lives(draw: Callable[..., object]) -> Life:
    """Draw bookings, with deposits, withdrawals and edits between them, and prices of today."""
    drawn: Callable[[st.SearchStrategy[Decimal]], Decimal] = draw  # type: ignore[assignment]
    market = market_of({a: drawn(positive(10**5, 12)) for a in ASSETS})
    now = held({a: drawn(positive(10**6, 8)) for a in ASSETS[:3]}, drawn(money(10**6)))
    world = World(cash=Fraction(now.cash))
    world.quantities.update({h.asset_id: Fraction(h.quantity) for h in now.holdings})
    entries: list[PastPlan] = []
    for number in range(draw(st.integers(1, 5))):  # type: ignore[call-overload]
        if entries and draw(st.booleans()):
            now = _edited(drawn, now, world)
        flow = drawn(money(10**4)) if draw(st.booleans()) else Decimal(0)
        at = NOW - timedelta(days=50 - number)
        plan = plan_from(now, _trades(drawn, now), number=number + 1, flow=flow, at=at)
        now = book(plan, now)
        world.cash += Fraction(flow)
        entries.insert(0, past(plan, Outcome.BOOKED, market))
    if draw(st.booleans()):
        now = _edited(drawn, now, world)
    return Life(now, world, entries, market)


def _trades(drawn: Callable[[st.SearchStrategy[Decimal]], Decimal], now: Portfolio) -> list[Trade]:
    made = []
    for asset_id in ASSETS:
        quantity, price = drawn(positive(10**6, 8)), drawn(positive(10**5, 6))
        holding = now.holding(asset_id)
        side = drawn(st.sampled_from([1, -1, 0]))  # type: ignore[arg-type]
        if not side and made:
            continue
        if side < 0 and holding:
            quantity = min(quantity, holding.quantity)
            exact = (quantity * price).quantize(CENT, ROUND_DOWN)
            made.append(
                sells(asset_id, str(quantity), str(exact), str(abs(drawn(money(50)))), price)
            )
        else:
            exact = (quantity * price).quantize(CENT, ROUND_UP)
            made.append(
                buys(asset_id, str(quantity), str(exact), str(abs(drawn(money(50)))), price)
            )
    return made


def _edited(
    drawn: Callable[[st.SearchStrategy[Decimal]], Decimal], now: Portfolio, world: World
) -> Portfolio:
    """Change one quantity and the cash by hand, in the portfolio and in the world without plans."""
    asset_id = drawn(st.sampled_from(ASSETS))  # type: ignore[arg-type]
    holding = now.holding(str(asset_id))
    before = holding.quantity if holding else Decimal(0)
    after, change = drawn(positive(10**6, 8)), drawn(money(10**5))
    world.quantities[str(asset_id)] += Fraction(after) - Fraction(before)
    world.cash += Fraction(change)
    return now.with_quantities({str(asset_id): after}, now.cash + change)


def check(life: Life) -> None:
    found = reconcile(life.now, life.past, life.market)
    assert isinstance(found, Reconciliation)
    _is_exact(found, life)
    _adds_up_as_shown(found)


def _is_exact(found: Reconciliation, life: Life) -> None:
    lines = [Fraction(x) for x in (found.start, *(s.amount for s in found.steps), found.lost)]
    assert sum(lines) == Fraction(found.now) == worth(life.now, life.market)
    plans = {s.plan_id: Fraction(s.amount) for s in found.steps if s.cause is StepCause.PLAN}
    gained = Fraction(found.now) - life.untouched.worth(life.market)
    assert sum(plans.values()) + Fraction(found.lost) == gained
    trades = sum(len(entry.plan.trades) for entry in life.past)
    assert 0 <= -found.lost < CENT * trades or found.lost == 0
    for entry in life.past:
        assert entry.earned is not None
        assert plans.get(entry.plan.plan_id, 0) == Fraction(entry.earned)


def _adds_up_as_shown(found: Reconciliation) -> None:
    shown = [*(to_cents(step.amount) for step in found.shown), to_cents(found.lost)]
    assert sum(shown, found.shown_start) == to_cents(found.now)
    assert abs(found.shown_start - found.start) <= CENT * (len(shown) + 1) / 2


QUIET = [HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large]


@settings(max_examples=60, suppress_health_check=QUIET)
@given(lives())
def test_any_life_reconciles_with_the_world_without_its_plans(life: Life) -> None:
    check(life)


@pytest.mark.campaign
@settings(max_examples=10_000, suppress_health_check=QUIET)
@given(lives())
def test_ten_thousand_lives_reconcile_to_the_last_digit(life: Life) -> None:
    check(life)


def test_a_life_checked_by_hand() -> None:
    market = market_of({"bitcoin": "120", "solana": "8"})
    first = held({"bitcoin": "2", "solana": "10"}, "50")
    plan = plan_from(first, [sells("solana", "5", "50.00", "0.10")], number=1, flow="100")
    between = book(plan, first)
    edited = between.with_quantities({"bitcoin": Decimal(3)}, between.cash - 100)
    second = plan_from(edited, [buys("bitcoin", "0.5", "50.00", "0.20")], number=2)
    now = book(second, edited)
    entries = [past(second, Outcome.BOOKED, market, after=30), past(plan, Outcome.BOOKED, market)]
    found = reconcile(now, entries, market)
    assert isinstance(found, Reconciliation)
    assert found.start == 2 * 120 + 10 * 8 + 50
    told = [(step.cause, str(step.amount)) for step in found.steps]
    assert told == [
        (StepCause.FLOW, "100"),
        (StepCause.PLAN, "9.90"),  # sold 5 at 10.00, they stand at 8
        (StepCause.EDIT, "20.00"),  # one bitcoin more at 120, 100 less in cash
        (StepCause.PLAN, "9.80"),  # bought half a one at 100.00, it stands at 120
    ]
    assert found.now == Decimal("509.70")
    assert (found.earned, found.lost) == (Decimal("19.70"), 0)
    assert found.growth == pytest.approx(19.70 / 490)


def test_nothing_booked_is_nothing_to_reconcile() -> None:
    market = market_of({"bitcoin": "100"})
    mine = held({"bitcoin": "1"})
    skipped = past(plan_from(mine, [sells("bitcoin", "1", "90")]), Outcome.SKIPPED, market)
    assert reconcile(mine, [skipped], market) == Unreconciled("nothing was booked yet")


def test_an_asset_that_moved_and_has_no_price_makes_it_unknown() -> None:
    market = market_of({"bitcoin": "100"})
    before = held({"bitcoin": "1", "solana": "5"})
    plan = plan_from(before, [sells("solana", "5", "50")])
    entries = [past(plan, Outcome.BOOKED, market)]
    assert reconcile(book(plan, before), entries, market) == Unreconciled("no good price of solana")


def test_an_asset_that_never_moved_and_has_no_price_is_left_out_and_named() -> None:
    market = market_of({"bitcoin": "100"})
    before = held({"bitcoin": "2", "solana": "5"})
    plan = plan_from(before, [sells("bitcoin", "1", "90")])
    found = reconcile(book(plan, before), [past(plan, Outcome.BOOKED, market)], market)
    assert isinstance(found, Reconciliation)
    assert (found.start, found.now, found.left_out) == (200, 190, ("solana",))


def test_what_its_holder_prices_counts_as_he_says() -> None:
    market = market_of({"bitcoin": "100"})
    own = held({"bitcoin": "2", "house": "1"})
    stated = StatedPrice(Decimal(1000), NOW.date())
    holdings = tuple(
        replace(h, kind="security_token", stated=stated) if h.asset_id == "house" else h
        for h in own.holdings
    )
    before = replace(own, holdings=holdings)
    plan = plan_from(before, [sells("bitcoin", "1", "90")])
    found = reconcile(book(plan, before), [past(plan, Outcome.BOOKED, market)], market)
    assert isinstance(found, Reconciliation)
    assert (found.start, found.now, found.left_out) == (1200, 1190, ())


def test_a_price_in_doubt_is_no_price() -> None:
    good = market_of({"bitcoin": "100", "solana": "9"})
    doubted = replace(good.quotes["solana"], quarantined="ten times the other source")
    market = replace(good, quotes={**good.quotes, "solana": doubted})
    before = held({"bitcoin": "1", "solana": "5"})
    plan = plan_from(before, [sells("solana", "5", "50")])
    entry = past(plan, Outcome.BOOKED, market)
    assert entry.earned is None
    assert reconcile(book(plan, before), [entry], market) == Unreconciled("no good price of solana")


def test_plans_at_made_up_prices_are_edits_beside_real_ones() -> None:
    market = market_of({"bitcoin": "100"})
    first = held({"bitcoin": "4"})
    made_up = plan_from(first, [sells("bitcoin", "1", "70")], number=1, is_sample=True)
    between = book(made_up, first)
    real = plan_from(between, [sells("bitcoin", "1", "90")], number=2)
    now = book(real, between)
    only = [past(made_up, Outcome.BOOKED, market)]
    assert isinstance(reconcile(between, only, market), Unreconciled)
    found = reconcile(now, [past(real, Outcome.BOOKED, market), *only], market)
    assert isinstance(found, Reconciliation)
    assert [(s.cause, s.amount) for s in found.steps] == [(StepCause.PLAN, -10)]
    assert found.start == 370


def test_another_currency_is_not_converted() -> None:
    market = market_of({"bitcoin": "100"})
    mine = replace(held({"bitcoin": "2"}), currency="eur")
    plan = plan_from(mine, [sells("bitcoin", "1", "90")])
    found = reconcile(book(plan, mine), [past(plan, Outcome.BOOKED, market)], market)
    assert found == Unreconciled("it is in eur, prices are in usd")
