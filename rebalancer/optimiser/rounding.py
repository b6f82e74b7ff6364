"""From weights to trades: the gate out of the float world into exact Decimal.

Every figure here is checked against the printed ones: cash before, plus sales, minus purchases,
minus costs, is cash after, to the last digit. Whatever must be rounded is rounded so that nothing
is overspent: purchases and costs up to the cent, sales down. The part of a cent that a trade loses
that way is never booked as cash, so the value afterwards is short of the value before, less costs,
by under one cent per trade.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal

import numpy as np

from portfolios.model.market import Array
from portfolios.model.plan import Side, Trade
from portfolios.model.valuation import Position, Valuation
from portfolios.values.cents import CENT
from portfolios.values.exact import ROUNDING, exactly

MOST_DECIMALS = 8
NOISE = 1e-6
"""Changes of weight up to this are the solver's tolerance, not a wish."""

_FINEST_SHARE = Decimal("1e-15")


@dataclass(frozen=True, slots=True)
class Rounded:
    """Trades that can be placed, and what they leave.

    Attributes:
        trades: without reasons, sorted by asset id.
        cash: money after the trades.
        quantities: asset id -> quantity after, of the assets that trade.
        dropped: ids whose wanted trade was too small to be worth making, sorted.
        shortfall: money still missing to the cash floor; 0 unless nothing more is free to sell.
    """

    trades: tuple[Trade, ...]
    cash: Decimal
    quantities: Mapping[str, Decimal]
    dropped: tuple[str, ...] = ()
    shortfall: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Leg:
    """One trade in the making: `room` is the most that may be sold, `rate` the cost of it."""

    position: Position
    price: Decimal
    side: Side
    quantity: Decimal
    step: Decimal
    room: Decimal
    rate: Decimal
    fixed: Decimal

    @property
    def asset_id(self) -> str:
        return self.position.asset.asset_id

    @property
    def is_exit(self) -> bool:
        return self.side is Side.SELL and self.quantity == self.room

    @property
    def exact(self) -> Decimal:
        return self.quantity * self.price

    @property
    def notional(self) -> Decimal:
        return _cents(self.exact, ROUND_UP if self.side is Side.BUY else ROUND_DOWN)

    @property
    def cost(self) -> Decimal:
        return _cents(self.notional * self.rate + self.fixed, ROUND_UP)

    @property
    def cash(self) -> Decimal:
        """What the trade brings into cash, negative for a purchase."""
        return (self.notional if self.side is Side.SELL else -self.notional) - self.cost

    def is_worth_it(self, least: Decimal) -> bool:
        if self.side is Side.SELL and self.cash <= 0:
            return False
        return self.is_exit or self.exact >= least


def to_trades(
    valuation: Valuation,
    w_after: Array,
    *,
    free: Sequence[Decimal],
    cost_buy: Sequence[Decimal],
    cost_sell: Sequence[Decimal],
    min_trade: Decimal,
    cash_floor: Decimal = Decimal(0),
    lot_steps: Sequence[Decimal] | None = None,
    leg_cost: Decimal = Decimal(0),
) -> Rounded:
    """Round the way from today's weights to others into trades.

    Trades below the minimum are dropped, except the sale of all that is free and what is needed to
    lift cash to its floor. Where cash falls short, the largest purchases shrink first, then the
    wanted sales grow as far as is free.

    Args:
        valuation: positions and cash before the trades; its order is that of all sequences.
        w_after: wanted weights, shape (n,), fractions of the valuation's value.
        free: quantity of each asset that may be sold.
        cost_buy: cost of a purchase as a fraction of its size, per asset.
        cost_sell: the same for a sale.
        min_trade: smallest trade worth making, in money.
        cash_floor: cash that must remain, never below 0.
        lot_steps: least quantity step of each asset; by price where None.
        leg_cost: fixed cost of one trade, in money.

    Raises:
        ValueError: a weight is not finite.
    """
    change = w_after - valuation.weights()
    if not np.isfinite(change).all():
        raise ValueError("a proposed weight is not finite")
    with exactly():
        least = max(CENT, _cents(min_trade, ROUND_UP))
        wanted = _legs(valuation, change, free, (cost_buy, cost_sell), lot_steps, leg_cost)
        kept = {leg.asset_id: leg for leg in wanted if leg.is_worth_it(least)}
        waiting = [leg for leg in wanted if leg.side is Side.SELL and leg.asset_id not in kept]
        floor = max(cash_floor, Decimal(0))
        _spend_less(kept, valuation.cash, floor, least)
        idle = _idle_legs(valuation, wanted, free, cost_sell, lot_steps, leg_cost)
        _sell_more(kept, valuation.cash, floor, waiting, idle)
        return _rounded(valuation.cash, kept, wanted, floor)


def lot_step(price: Decimal) -> Decimal:
    """Return the step of quantities: a power of ten worth at most a cent, with 0 to 8 decimals.

    >>> lot_step(Decimal("91234.50")), lot_step(Decimal("140")), lot_step(Decimal("0.000012"))
    (Decimal('1E-7'), Decimal('0.00001'), Decimal('1'))
    """
    # 10**-k * price <= 0.01 for the least k; a power of ten itself needs one place fewer.
    above = price.adjusted() + (0 if price.normalize().as_tuple().digits == (1,) else 1)
    return Decimal(1).scaleb(-min(MOST_DECIMALS, max(0, above + 2)))


def _legs(
    valuation: Valuation,
    change: Array,
    free: Sequence[Decimal],
    rates: tuple[Sequence[Decimal], Sequence[Decimal]],
    lot_steps: Sequence[Decimal] | None,
    leg_cost: Decimal,
) -> list[_Leg]:
    value = valuation.value
    legs: list[_Leg] = []
    for i, position in enumerate(valuation.positions):
        price, move = position.price, float(change[i])
        if value <= 0 or price is None or position.grey or abs(move) <= NOISE:
            continue
        side = Side.BUY if move > 0 else Side.SELL
        step = lot_steps[i] if lot_steps is not None else lot_step(price)
        rate = rates[0 if side is Side.BUY else 1][i]
        room = min(free[i], position.quantity)
        leg = _Leg(position, price, side, Decimal(0), step, room, rate, leg_cost)
        legs.append(_filled(leg, abs(_share(move)) * value, value))
    return legs


def _idle_legs(
    valuation: Valuation,
    wanted: Iterable[_Leg],
    free: Sequence[Decimal],
    rates: Sequence[Decimal],
    lot_steps: Sequence[Decimal] | None,
    leg_cost: Decimal,
) -> list[_Leg]:
    """Return sales of nothing, of all that was to stay and may be sold if cash falls short."""
    if valuation.value <= 0:
        return []
    taken = {leg.asset_id for leg in wanted}
    legs: list[_Leg] = []
    for i, position in enumerate(valuation.positions):
        price, room = position.price, min(free[i], position.quantity)
        if price is None or position.grey or room <= 0 or position.asset.asset_id in taken:
            continue
        step = lot_steps[i] if lot_steps is not None else lot_step(price)
        legs.append(_Leg(position, price, Side.SELL, Decimal(0), step, room, rates[i], leg_cost))
    return legs


def _filled(leg: _Leg, amount: Decimal, value: Decimal) -> _Leg:
    """Give a leg the quantity that an amount of money stands for, in whole steps, rounded down."""
    quantity = _whole_steps(amount, leg.price, leg.step)
    if leg.side is Side.BUY:
        return replace(leg, quantity=quantity)
    dust = max(CENT, _share(NOISE) * value)
    is_all = leg.room * leg.price - amount <= dust
    return replace(leg, quantity=leg.room if is_all else quantity)


def _spend_less(kept: dict[str, _Leg], cash: Decimal, floor: Decimal, least: Decimal) -> None:
    """Shrink purchases, the largest first, until cash reaches its floor."""
    while (short := floor - _cash_after(cash, kept.values())) > 0:
        buys = [leg for leg in kept.values() if leg.side is Side.BUY]
        if not buys:
            return
        leg = min(buys, key=lambda buy: (-buy.exact, buy.asset_id))
        less = replace(leg, quantity=leg.quantity - _steps_worth(short, leg) * leg.step)
        if less.is_worth_it(least):
            kept[leg.asset_id] = less
        else:
            del kept[leg.asset_id]


def _sell_more(
    kept: dict[str, _Leg],
    cash: Decimal,
    floor: Decimal,
    waiting: Iterable[_Leg],
    idle: Iterable[_Leg],
) -> None:
    """Let wanted sales grow, the largest first, then those too small, then what was to stay."""
    spare = sorted(waiting, key=lambda sale: (sale.exact, sale.asset_id), reverse=True)
    spare += sorted(idle, key=lambda sale: (sale.room * sale.price, sale.asset_id), reverse=True)
    while (short := floor - _cash_after(cash, kept.values())) > 0:
        sales = [leg for leg in kept.values() if leg.side is Side.SELL and not leg.is_exit]
        if sales:
            leg = min(sales, key=lambda sale: (-sale.exact, sale.asset_id))
            kept[leg.asset_id] = _grown(leg, short)
        elif spare:
            leg = spare.pop(0)
            leg = leg if leg.cash > 0 else _grown(leg, short)
            if leg.cash > 0:
                kept[leg.asset_id] = leg
        else:
            return


def _grown(sale: _Leg, short: Decimal) -> _Leg:
    more = sale.quantity + _steps_worth(short, sale) * sale.step
    return replace(sale, quantity=min(sale.room, more))


def _rounded(
    cash: Decimal, kept: Mapping[str, _Leg], wanted: Iterable[_Leg], floor: Decimal
) -> Rounded:
    after = _cash_after(cash, kept.values())
    # What is sold pays for what is bought, so it comes first; the largest leads.
    legs = sorted(kept.values(), key=lambda leg: (leg.side is Side.BUY, -leg.exact, leg.asset_id))
    return Rounded(
        trades=tuple(_trade(leg) for leg in legs),
        cash=after,
        quantities={leg.asset_id: _quantity_after(leg) for leg in legs},
        dropped=tuple(sorted(leg.asset_id for leg in wanted if leg.asset_id not in kept)),
        shortfall=max(Decimal(0), floor - after),
    )


def _trade(leg: _Leg) -> Trade:
    symbol = leg.position.asset.symbol
    return Trade(leg.asset_id, symbol, leg.side, leg.quantity, leg.price, leg.notional, leg.cost)


def _quantity_after(leg: _Leg) -> Decimal:
    moved = leg.quantity if leg.side is Side.BUY else -leg.quantity
    return leg.position.quantity + moved


def _cash_after(cash: Decimal, legs: Iterable[_Leg]) -> Decimal:
    return sum((leg.cash for leg in legs), cash)


def _steps_worth(money: Decimal, leg: _Leg) -> Decimal:
    """Count the whole steps in an amount, at least one; a retry takes what is still missing."""
    return max(Decimal(1), money // (leg.price * leg.step))


def _whole_steps(amount: Decimal, price: Decimal, step: Decimal) -> Decimal:
    # Integer division of exact products: the same count whatever the unit of money is.
    return (amount // (price * step)) * step


def _share(weight: float) -> Decimal:
    """The one place where a float becomes a Decimal, to the last digit that a weight can have."""
    exact = Decimal.from_float(weight)
    return exact.quantize(_FINEST_SHARE, ROUND_HALF_EVEN, ROUNDING)


def _cents(amount: Decimal, rounding: str) -> Decimal:
    return amount.quantize(CENT, rounding, ROUNDING)
