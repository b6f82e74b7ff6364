from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Context, Decimal, FloatOperation, localcontext

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from portfolios.model.assets import Asset
from portfolios.model.market import Array, Quote
from portfolios.model.plan import Side, Trade
from portfolios.model.valuation import Position, Valuation, after_trades
from rebalancer.optimiser.rounding import NOISE, Rounded, lot_step, to_trades

D = Decimal
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
CENT = D("0.01")

few = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))


def position(asset_id: str, quantity: str | D, price: str | D, grey: str = "") -> Position:
    quantity, price = D(quantity), D(price)
    value = D(0) if grey else quantity * price
    asset = Asset(asset_id, asset_id.upper(), asset_id)
    return Position(asset, quantity, Quote(price, AT, "test"), value, grey=grey)


def valuation(*positions: Position, cash: str | D = "0", flow: str | D = "0") -> Valuation:
    return Valuation(positions, D(cash), D(flow), AT)


@dataclass(frozen=True)
class Case:
    """A portfolio and a wish, with everything that rounding is told."""

    valuation: Valuation
    w_after: Array
    free: tuple[D, ...]
    cost_buy: tuple[D, ...]
    cost_sell: tuple[D, ...]
    min_trade: D
    cash_floor: D
    lot_steps: tuple[D, ...] | None = None
    leg_cost: D = D(0)

    def rounded(self) -> Rounded:
        return to_trades(
            self.valuation,
            self.w_after,
            free=self.free,
            cost_buy=self.cost_buy,
            cost_sell=self.cost_sell,
            min_trade=self.min_trade,
            cash_floor=self.cash_floor,
            lot_steps=self.lot_steps,
            leg_cost=self.leg_cost,
        )


def of(v: Valuation, change: list[float], *, free: list[str] | None = None, **more: object) -> Case:
    n = len(v.positions)
    held = tuple(p.quantity for p in v.positions)
    case = Case(
        v,
        v.weights() + np.array(change),
        held if free is None else tuple(map(D, free)),
        (D("0.002"),) * n,
        (D("0.002"),) * n,
        D(0),
        D(0),
    )
    return replace(case, **more)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    n = draw(st.integers(1, 6))
    positions, free, change = [], [], []
    for k in range(n):
        price = draw(st.decimals("1e-8", "1e7", allow_nan=False, places=8))
        value = draw(st.decimals(0, "1e6", allow_nan=False, places=2))
        with localcontext(Context(prec=40)):
            quantity = (value / price).quantize(D("1e-8"))
            free.append(quantity * draw(st.sampled_from([D(0), D("0.4"), D(1)])))
        positions.append(position(f"coin-{k}", quantity, price))
        change.append(draw(st.sampled_from([0.0, 1e-9, -1e-9]) | st.floats(-0.6, 0.3)))
    floor = draw(st.sampled_from([D(0), D("25"), D("1000.005")]))
    total = sum(p.value for p in positions)
    cash = draw(st.decimals(0, "1e5", allow_nan=False, places=3))
    if draw(st.booleans()):
        cash -= (total * draw(st.sampled_from([D("0.01"), D("0.3")]))).quantize(CENT)
    v = Valuation(tuple(positions), cash, D(0), AT)
    assume(v.value > 0)
    cost = st.sampled_from([D(0), D("0.002"), D("0.01"), D("0.0123456")])
    return Case(
        v,
        v.weights() + np.array(change),
        tuple(free),
        tuple(draw(cost) for _ in range(n)),
        tuple(draw(cost) for _ in range(n)),
        draw(st.sampled_from([D(0), D(10), D("25.333"), D(1000)])),
        floor,
        draw(st.none() | st.tuples(*[st.sampled_from([D("1e-8"), D("0.25"), D(5)])] * n)),
    )


def violations(case: Case) -> list[str]:
    """Everything that would be wrong with a rounding, in words; empty when all is well."""
    got, found = case.rounded(), []
    place = {p.asset.asset_id: i for i, p in enumerate(case.valuation.positions)}
    with localcontext(Context(prec=400)):
        cash = case.valuation.cash
        for t in got.trades:
            cash += (t.notional if t.side is Side.SELL else -t.notional) - t.cost
        if cash != got.cash:
            found.append("M1: the printed figures do not lead to the cash after")
        floor = max(case.cash_floor, D(0))
        if got.shortfall != max(D(0), floor - got.cash):
            found.append("M2: the shortfall is not what is missing")
        if got.shortfall and any(t.side is Side.BUY for t in got.trades):
            found.append("M2: buys while cash is short")
        for t in got.trades:
            i = place[t.asset_id]
            found += _of_trade(case, got, t, i)
    if list(got.quantities) != [t.asset_id for t in got.trades]:
        found.append("quantities are not those of the trades")
    order = [(t.side is Side.BUY, -t.quantity * t.price, t.asset_id) for t in got.trades]
    if order != sorted(order):
        found.append("sales do not come first, the largest of each side leading")
    return found


def _of_trade(case: Case, got: Rounded, t: Trade, i: int) -> list[str]:
    held = case.valuation.positions[i].quantity
    step = case.lot_steps[i] if case.lot_steps else lot_step(t.price)
    sold = t.side is Side.SELL
    change = case.w_after[i] - case.valuation.weights()[i]
    room, exact = min(case.free[i], held), t.quantity * t.price
    residue = exact - t.notional if sold else t.notional - exact
    cost = t.notional * (case.cost_sell if sold else case.cost_buy)[i]
    is_exit = sold and t.quantity == room
    after = held - t.quantity if sold else held + t.quantity
    wrong = {
        "a trade that nobody wished": (sold and change > NOISE)
        or (not sold and change < NOISE)
        or (abs(change) <= NOISE and not (sold and _needs_unwished_sales(case, got))),
        "an empty trade": t.quantity <= 0 or t.notional <= 0,
        "M2: not a whole number of steps": bool(t.quantity % step) and not is_exit,
        "M3: sold more than is free": sold and t.quantity > room,
        "M3: bought more than wished": not sold
        and exact > D(float(change)) * case.valuation.value + D("1e-6"),
        "M4: a locked amount moved": got.quantities[t.asset_id] < held - room,
        "the quantity after is wrong": got.quantities[t.asset_id] != after,
        "a notional off by a cent or more": not 0 <= residue < CENT,
        "a cost off by a cent or more": not 0 <= t.cost - cost < CENT,
        "below the minimum": t.notional < case.min_trade
        and not is_exit
        and not _lifts_cash(case, got, t),
    }
    return [words for words, is_so in wrong.items() if is_so]


def _needs_unwished_sales(case: Case, got: Rounded) -> bool:
    """Sales that nobody wished are right only where cash would be short without them."""
    change = case.w_after - case.valuation.weights()
    idle = {
        p.asset.asset_id
        for p, moved in zip(case.valuation.positions, change, strict=True)
        if abs(moved) <= NOISE
    }
    lifted = sum((t.notional - t.cost for t in got.trades if t.asset_id in idle), D(0))
    return got.cash - lifted < max(case.cash_floor, D(0))


def _lifts_cash(case: Case, got: Rounded, t: Trade) -> bool:
    """A small sale is right only where cash would be short without it."""
    without = got.cash - t.notional + t.cost
    return t.side is Side.SELL and without < max(case.cash_floor, D(0))


@given(cases())
@few
def test_no_rounding_breaks_a_money_invariant(case: Case) -> None:
    assert violations(case) == []


@pytest.mark.campaign
@given(cases())
@many
def test_no_rounding_breaks_a_money_invariant_in_a_long_campaign(case: Case) -> None:
    assert violations(case) == []


@given(cases())
@few
def test_what_rounding_loses_is_under_a_cent_a_trade(case: Case) -> None:
    got = case.rounded()
    with localcontext(Context(prec=400)):
        after = after_trades(case.valuation, dict(got.quantities), got.cash)
        lost = case.valuation.value - after.value - sum(t.cost for t in got.trades)
        assert 0 <= lost <= CENT * len(got.trades)


@given(cases(), st.integers(1, 5))
@few
def test_order_of_assets_does_not_matter(case: Case, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(case.free))

    def pick(values: tuple[D, ...]) -> tuple[D, ...]:
        return tuple(values[k] for k in order)

    shuffled = replace(
        case,
        valuation=replace(
            case.valuation, positions=tuple(case.valuation.positions[k] for k in order)
        ),
        w_after=case.w_after[order],
        free=pick(case.free),
        cost_buy=pick(case.cost_buy),
        cost_sell=pick(case.cost_sell),
        lot_steps=pick(case.lot_steps) if case.lot_steps else None,
    )
    assert shuffled.rounded() == case.rounded()


def scaled(case: Case, factor: D) -> Case:
    """The same portfolio in a unit of money worth `factor` times less."""
    positions = tuple(
        position(p.asset.asset_id, p.quantity, p.price * factor) for p in case.valuation.positions
    )
    v = replace(case.valuation, positions=positions, cash=case.valuation.cash * factor)
    return replace(
        case, valuation=v, min_trade=case.min_trade * factor, cash_floor=case.cash_floor * factor
    )


def _differs(case: Case, factor: D) -> bool:
    """Whether a change of the unit of money changes more than the cents of the figures."""
    # With cash in plenty, so that no purchase shrinks by cents, which have no smaller unit.
    rich = replace(case.valuation, cash=D(10) ** 7)
    change = 0.2 * (case.w_after - case.valuation.weights())
    steps = (D("1e-6"),) * len(case.free)
    base = replace(case, valuation=rich, w_after=rich.weights() + change, lot_steps=steps)
    base = replace(base, min_trade=D(0), cash_floor=D(0))
    with localcontext(Context(prec=60)):
        first, second = base.rounded(), scaled(base, factor).rounded()
        by_id = {t.asset_id: t for t in second.trades}
        slack = CENT * 2 * (1 + factor)
        for t in first.trades:
            # What is worth less than a few cents may vanish in the coarser unit.
            if t.notional * min(factor, D(1)) < 1:
                continue
            other = by_id[t.asset_id]
            if other.quantity != t.quantity or abs(other.notional - t.notional * factor) > slack:
                return True
    return False


@given(cases(), st.sampled_from([D("0.01"), D(10), D("1e4"), D(7), D("0.9137")]))
@few
def test_the_unit_of_money_changes_no_quantity(case: Case, factor: D) -> None:
    assert not _differs(case, factor)


@pytest.mark.campaign
@given(cases(), st.sampled_from([D("0.01"), D(10), D("1e4"), D(7), D("0.9137")]))
@many
def test_the_unit_of_money_changes_no_quantity_in_a_long_campaign(case: Case, factor: D) -> None:
    assert not _differs(case, factor)


@pytest.mark.parametrize("power", [-6, -2, 3, 9])
def test_counting_coins_in_another_unit_changes_no_money(power: int) -> None:
    def counted(shift: int) -> Case:
        unit = D(10) ** shift
        v = valuation(
            position("a", D(4) * unit, D("250") / unit),
            position("b", D(8) * unit, D("125") / unit),
            cash="100",
        )
        return of(v, [-0.1, 0.05], lot_steps=(D("0.001") * unit, D("0.001") * unit))

    one, other = counted(0).rounded(), counted(power).rounded()
    assert other.cash == one.cash
    assert [t.notional for t in other.trades] == [t.notional for t in one.trades]


def test_a_full_exit_leaves_no_dust() -> None:
    v = valuation(position("a", "1.123456789123", "3"), position("b", "10", "10"))
    w = v.weights()
    got = of(v, [-w[0] + 1e-9, 0.0]).rounded()
    assert got.quantities["a"] == 0
    assert got.trades[0].quantity == D("1.123456789123")


def test_a_full_exit_of_a_partly_locked_holding_leaves_exactly_the_lock() -> None:
    v = valuation(position("a", "10.0000000001", "3"), position("b", "10", "10"))
    got = of(v, [-float(v.weights()[0]), 0.0], free=["4.0000000001", "10"]).rounded()
    assert got.quantities["a"] == D("6.0000000000")


def test_dust_may_be_sold_off_below_the_minimum_but_not_in_part() -> None:
    v = valuation(position("a", "1", "5"), position("b", "10", "100"))
    w = v.weights()
    out = of(v, [-w[0], 0.0], min_trade=D(25)).rounded()
    part = of(v, [-w[0] / 2, 0.0], min_trade=D(25)).rounded()
    assert [t.asset_id for t in out.trades] == ["a"]
    assert (part.trades, part.dropped) == ((), ("a",))


def test_dust_that_costs_more_than_it_brings_stays() -> None:
    v = valuation(position("a", "1", "0.01"), position("b", "10", "100"))
    assert of(v, [-float(v.weights()[0]), 0.0]).rounded().trades == ()


def test_solver_noise_is_no_wish() -> None:
    v = valuation(position("a", "1e9", "1000"), cash="1000")
    assert of(v, [0.9 * NOISE]).rounded() == Rounded((), D(1000), {})


def test_a_withdrawal_is_covered_to_the_cent_by_sales_rounded_up() -> None:
    v = valuation(position("a", "1", "3000.07"), position("b", "1", "1999.99"), cash="-500.005")
    share = 500.005 / float(v.value) / 0.998
    got = of(v, [-share * 0.6, -share * 0.4]).rounded()
    assert 0 <= got.cash < D("0.03")
    assert got.shortfall == 0


def test_a_withdrawal_takes_up_a_sale_below_the_minimum() -> None:
    v = valuation(position("a", "10", "100"), position("b", "10", "100"), cash="-15")
    got = of(v, [0.0, -15 / 1985], min_trade=D(25)).rounded()
    assert [t.asset_id for t in got.trades] == ["b"]
    assert 0 <= got.cash < D("0.02")


def test_purchases_give_way_when_a_sale_was_too_small() -> None:
    v = valuation(position("a", "10", "100"), position("b", "10", "100"))
    got = of(v, [-0.01, 0.0099], min_trade=D(25)).rounded()
    assert (got.trades, got.cash, got.dropped) == ((), D(0), ("a", "b"))


def test_the_largest_purchase_shrinks_by_what_is_missing() -> None:
    v = valuation(position("a", "10", "100"), position("b", "10", "100"), cash="100")
    got = of(v, [60 / 2100, 60 / 2100 * 0.7], cost_buy=(D(0), D(0))).rounded()
    bought = {t.asset_id: t.notional for t in got.trades}
    assert bought["b"] == D("42.00")
    assert D("57.99") <= bought["a"] <= D("58.00")
    assert got.cash >= 0


def test_what_is_locked_is_never_sold_and_the_shortfall_is_told() -> None:
    v = valuation(position("a", "10", "100"), cash="-300")
    got = of(v, [-0.4], free=["1"]).rounded()
    assert got.quantities == {"a": D(9)}
    assert got.shortfall == D("200.20")


def test_more_free_than_held_sells_only_what_is_held() -> None:
    v = valuation(position("a", "10", "100"))
    assert of(v, [-1.2], free=["12"]).rounded().quantities == {"a": D(0)}


def test_the_largest_sale_grows_first_by_what_is_missing() -> None:
    v = valuation(position("a", "10", "100"), position("b", "10", "100"), cash="-300")
    got = of(v, [-150 / 1700, -145 / 1700], cost_sell=(D(0), D(0))).rounded()
    sold = {t.asset_id: t.notional for t in got.trades}
    assert sold == {"a": D("155.00"), "b": D("145.00")} or sold["a"] == D("155.01")
    assert 0 <= got.cash <= D("0.01")


def test_of_small_sales_the_larger_is_taken_up_first() -> None:
    v = valuation(position("a", "10", "100"), position("b", "10", "100"), cash="-10")
    got = of(v, [-12 / 1990, -15 / 1990], min_trade=D(25)).rounded()
    assert [t.asset_id for t in got.trades] == ["b"]
    assert got.dropped == ("a",)


def test_a_purchase_that_shrinks_below_the_minimum_is_dropped() -> None:
    v = valuation(position("a", "10", "100"), cash="20")
    got = of(v, [30 / 1020], min_trade=D(25)).rounded()
    assert (got.trades, got.dropped) == ((), ("a",))


def test_a_fixed_cost_is_part_of_each_trade() -> None:
    v = valuation(position("a", "10", "100"), cash="500")
    got = of(v, [100 / 1500], leg_cost=D("1.50")).rounded()
    assert got.trades[0].cost == D("1.50") + D("0.20")


def test_the_printed_size_of_a_trade_reaches_the_minimum() -> None:
    v = valuation(position("a", "10", "100"))
    steps = {"lot_steps": (D("0.00001"),), "min_trade": D("25.333")}
    assert of(v, [-0.025336], **steps).rounded().trades == ()
    assert of(v, [-0.025345], **steps).rounded().trades[0].notional == D("25.34")


def test_less_than_a_cent_is_no_purchase() -> None:
    v = valuation(position("a", "1000000", "0.000001"), cash="10")
    assert of(v, [0.006 / 11]).rounded().trades == ()


@pytest.mark.parametrize(("price", "left"), [("1e8", "50"), ("100", "0.004")])
def test_what_would_stay_below_a_cent_or_the_solvers_noise_is_sold_too(
    price: str, left: str
) -> None:
    v = valuation(position("a", "1", price))
    w = -float((D(price) - D(left)) / D(price))
    assert of(v, [w]).rounded().quantities == {"a": D(0)}
    assert of(v, [w * 0.9995]).rounded().quantities["a"] > 0


def test_a_fraction_of_a_cent_is_seen_behind_twenty_digits() -> None:
    v = valuation(position("a", "100000000000000000000.00999999999999", "1"))
    case = of(v, [-1.0], cost_sell=(D(0),))
    assert case.rounded().trades[0].notional == D("100000000000000000000.00")


def test_more_owed_than_owned_is_told_as_a_shortfall() -> None:
    v = valuation(position("a", "1", "100"), cash="-200")
    assert of(v, [-0.5]).rounded() == Rounded((), D(-200), {}, shortfall=D(200))


def test_an_asset_without_a_usable_price_is_never_traded() -> None:
    grey = position("b", "10", "5", grey="price is old")
    v = valuation(position("a", "10", "100"), grey, cash="1000")
    assert of(v, [0.0, 0.2]).rounded().trades == ()


@pytest.mark.parametrize("price", ["1e-8", "0.00000123", "987654321.12345678"])
@pytest.mark.parametrize("total", ["0.5", "1e12"])
def test_cheap_coins_and_great_totals_stay_exact(price: str, total: str) -> None:
    with localcontext(Context(prec=60)):
        quantity = (D(total) / D(price)).quantize(D("1e-8"))
    v = valuation(position("a", quantity, price), cash=total)
    for change in (-0.25, 0.25):
        assert violations(of(v, [change])) == []


@pytest.mark.parametrize(
    ("price", "step"),
    [("91234.5", "1e-7"), ("1", "0.01"), ("1.01", "0.001"), ("0.0000123", "1"), ("1e9", "1e-8")],
)
def test_one_step_is_worth_at_most_a_cent_within_eight_decimals(price: str, step: str) -> None:
    assert lot_step(D(price)) == D(step)


@given(st.decimals("1e-12", "1e6", allow_nan=False, places=12))
@few
def test_a_step_is_the_coarsest_that_is_worth_a_cent(price: D) -> None:
    assume(price > 0)
    step = lot_step(price)
    assert step * price <= CENT
    assert step == 1 or step * 10 * price > CENT


def test_floats_never_reach_money() -> None:
    v = valuation(position("a", "10", "100"), cash="100")
    with pytest.raises(FloatOperation):
        of(v, [-0.02], free=["10"], cash_floor=0.5).rounded()
    with pytest.raises(TypeError):
        of(v, [0.02], cost_buy=(0.002,)).rounded()


def test_the_callers_decimal_context_changes_nothing() -> None:
    v = valuation(position("a", "10.123456789", "987.654321"), cash="5000")
    case = of(v, [0.13])
    with localcontext(Context(prec=28, rounding=ROUND_CEILING)):
        other = case.rounded()
    assert other == case.rounded()


def test_a_weight_that_is_not_finite_is_refused() -> None:
    v = valuation(position("a", "10", "100"))
    with pytest.raises(ValueError, match="not finite"):
        of(v, [float("nan")]).rounded()


def test_a_portfolio_without_value_has_no_trades() -> None:
    v = valuation(position("a", "0", "100"))
    assert of(v, [0.5]).rounded().trades == ()
