"""A portfolio at a market's prices: positions, value and weights, exact in Decimal.

What has no price that can be relied on counts at its last known one. Together that may be little:
then it is frozen and the total is known. Else the total is unknown (`Valuation.total`), and a
*market* price that is stale, quarantined or not pulled yet withholds the whole proposal
(`Valuation.withheld`), because acting on it could cost money; a *stated* price never does. What
nobody ever priced is in no total, and said so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np

from portfolios.errors import InputError
from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import PRICE_LIMIT, STATED_PRICE_LIMIT, Array, Market, Quote
from portfolios.model.portfolio import Holding, Lock, Portfolio, locked_quantity
from portfolios.values import display
from portfolios.values.causes import by_cause
from portfolios.values.total import Total

STATED = "stated"
AHEAD = timedelta(days=1)
"""A stated price bears a day, which begins earlier in the east."""
LITTLE = Decimal("0.01")
"""What was last worth less of the value, altogether, leaves the total known."""


@dataclass(frozen=True, slots=True)
class Position:
    """One asset of a portfolio at its price.

    Attributes:
        asset: what it is; known to the market or described by the holding.
        quantity: held, locked part included; 0 for an asset only wanted.
        quote: price used, None when there is none.
        value: quantity times the last known price, 0 without one; in the portfolio's currency.
        locks: bans in force on the day of the valuation.
        grey: why the price cannot be used; empty when it can.
    """

    asset: Asset
    quantity: Decimal
    quote: Quote | None
    value: Decimal
    locks: tuple[Lock, ...] = ()
    grey: str = ""

    @property
    def price(self) -> Decimal | None:
        """Price of one unit, None when unknown."""
        return self.quote.price if self.quote else None

    @property
    def name(self) -> str:
        """Its symbol, or its id where it has none."""
        return self.asset.symbol or self.asset.asset_id

    @property
    def is_stated(self) -> bool:
        """Tell whether the price is its holder's word, since no market makes one."""
        return self.quote is not None and self.quote.source == STATED

    @property
    def free(self) -> Decimal:
        """Quantity that locks leave to sell."""
        return self.quantity - locked_quantity(self.quantity, self.locks)


@dataclass(frozen=True)  # no slots: what follows from it is worked out once and kept
class Valuation:
    """A portfolio at one moment, after a cash flow and before any trade.

    Attributes:
        positions: sorted by asset id: everything held or wished for.
        cash: after the flow; may be negative before the sales a withdrawal forces.
        flow: money coming in (positive) or going out.
        as_of: the market's moment.
        withheld: why no proposal may rest on these prices; empty when it may.
        in_doubt: ids of what is held at no price that can be relied on, where that is not little;
            the total is unknown then.
        priced_at: the moment, aware UTC, of the oldest price of a market that matters; that of
            the market's prices where none does.
    """

    positions: tuple[Position, ...]
    cash: Decimal
    flow: Decimal
    as_of: datetime
    withheld: tuple[str, ...] = ()
    in_doubt: frozenset[str] = frozenset()
    priced_at: datetime | None = None

    @cached_property
    def value(self) -> Decimal:
        """All positions plus cash at the last known prices, after the flow; see `total`."""
        return sum((p.value for p in self.positions), self.cash)

    @cached_property
    def total(self) -> Total:
        """The value, or what was last known of it."""
        doubted = [p for p in self.positions if p.asset.asset_id in self.in_doubt]
        moments = [p.quote.at for p in doubted if p.quote is not None and p.value]
        never = sum(p.quantity > 0 and bool(p.grey) and not p.value for p in self.positions)
        return Total(self.value, not self.in_doubt, min(moments, default=None), never)

    @property
    def as_of_text(self) -> str:
        """Say which moment the prices are of."""
        return display.as_of(self.priced_at or self.as_of, self.as_of)

    @cached_property
    def asset_ids(self) -> tuple[str, ...]:
        """The ids, in the order of every array of the maths."""
        return tuple(p.asset.asset_id for p in self.positions)

    def weights(self) -> Array:
        """Weights of the positions as fractions of `value`, shape (n,); zeros for no value.

        Where the total is unknown they are those at the last known prices: to show, not to judge.
        """
        return self._weights.copy()

    @cached_property
    def _weights(self) -> Array:
        value = self.value
        if value <= 0:
            return np.zeros(len(self.positions))
        return np.array([float(p.value / value) for p in self.positions])

    def cash_weight(self) -> float:
        """Cash as a fraction of `value`; 1 for an empty portfolio."""
        return float(self.cash / self.value) if self.value > 0 else 1.0


def value_portfolio(
    portfolio: Portfolio, market: Market, *, flow: Decimal = Decimal(0)
) -> Valuation:
    """Value a portfolio at a market's prices, after a cash flow.

    Args:
        portfolio: what is held and wanted.
        market: prices; its moment is the valuation's moment.
        flow: money coming in, negative for money going out.

    Raises:
        InputError: the portfolio is in another currency than the market's prices.
    """
    require_currency(portfolio, market.currency, is_sample=market.is_sample)
    every = [_position(portfolio, market, a) for a in sorted(_wanted(portfolio, market))]
    positions = tuple(_told_apart(every))
    doubted = [p for p in positions if p.quantity > 0 and _is_in_doubt(p, market)]
    value = sum((p.value for p in positions), portfolio.cash + flow)
    if _are_little(doubted, value):
        doubted = []
    return Valuation(
        positions,
        portfolio.cash + flow,
        flow,
        market.as_of,
        by_cause((p.name, p.grey) for p in doubted if not p.is_stated),
        frozenset(p.asset.asset_id for p in doubted),
        _priced_at(positions, value, market),
    )


def require_currency(portfolio: Portfolio, currency: str, *, is_sample: bool = False) -> None:
    """Refuse prices in another currency: nothing is converted here.

    Args:
        portfolio: which is to be valued.
        currency: of the prices.
        is_sample: they are made up, in a currency that no setting changes.

    Raises:
        InputError: it is in another currency; names the setting that makes them one.
    """
    own = portfolio.currency
    if own == currency:
        return
    by_setting = "" if is_sample else f"; or set REBALANCER_CURRENCY={own} and refresh"
    raise InputError(
        f"{portfolio.name} is in {own}, the market in {currency}",
        hint=f'write currency = "{currency}" and amounts in it{by_setting}',
    )


def _is_in_doubt(position: Position, market: Market) -> bool:
    """Tell whether a price exists and cannot be relied on; what nobody prices is another matter."""
    if not position.grey:
        return False
    return position.quote is not None or position.asset.asset_id in market.awaited


def _are_little(doubted: Iterable[Position], value: Decimal) -> bool:
    """Tell whether positions were last worth less than a hundredth of a value, all of them."""
    worth = [position.value for position in doubted]
    return all(worth) and sum(worth, Decimal(0)) < LITTLE * value


def _priced_at(positions: Iterable[Position], value: Decimal, market: Market) -> datetime:
    """Return the moment of the oldest price of a market on which much of a value rests."""
    if market.is_sample:
        return market.priced_at
    much = (p for p in positions if p.value >= LITTLE * value and not p.is_stated)
    moments = (p.quote.at for p in much if p.quote is not None and p.value)
    return min(moments, default=market.priced_at)


def after_trades(valuation: Valuation, quantities: dict[str, Decimal], cash: Decimal) -> Valuation:
    """Return the valuation with other quantities at the same prices, and other cash."""
    positions = tuple(
        p if q == p.quantity else replace(p, quantity=q, value=q * (p.price or Decimal(0)))
        for p in valuation.positions
        for q in (quantities.get(p.asset.asset_id, p.quantity),)
    )
    return replace(valuation, positions=positions, cash=cash, flow=Decimal(0))


def _wanted(portfolio: Portfolio, market: Market) -> Iterable[str]:
    held = {holding.asset_id for holding in portfolio.holdings}
    return held | {asset_id for asset_id in portfolio.wished if asset_id in market.assets}


def _position(portfolio: Portfolio, market: Market, asset_id: str) -> Position:
    holding = portfolio.holding(asset_id) or Holding(asset_id, Decimal(0))
    day = market.as_of.date()
    # Only what has no market is worth what its holder says.
    stated = _stated(holding, market)
    quote = stated if holding.kind and stated else market.quotes.get(asset_id, stated)
    grey = _why_grey(quote, market, asset_id)
    # Of what is awaited a price may be shown, yet none was ever good.
    price = quote.price if quote and asset_id not in market.awaited else Decimal(0)
    return Position(
        asset=_filed(market.assets.get(asset_id) or _described(holding), holding),
        quantity=holding.quantity,
        quote=quote,
        value=holding.quantity * price,
        locks=holding.locks_on(day, portfolio.investor),
        grey=grey,
    )


def _told_apart(positions: Sequence[Position]) -> Iterable[Position]:
    """Call by its id what shares its symbol with another, so that nobody trades the wrong one."""
    bearers = Counter(position.asset.symbol.upper() for position in positions)
    for position in positions:
        asset = position.asset
        is_shared = bearers[asset.symbol.upper()] > 1
        name = asset.asset_id if is_shared else asset.symbol
        yield replace(position, asset=replace(asset, symbol=name))


def _stated(holding: Holding, market: Market) -> Quote | None:
    """Return the stated price; for something that a market prices it is no substitute."""
    if holding.stated is None or holding.asset_id in market.awaited:
        return None
    moment = datetime.combine(holding.stated.as_of, datetime.min.time(), tzinfo=UTC)
    return Quote(holding.stated.price, moment, STATED)


def _why_grey(quote: Quote | None, market: Market, asset_id: str) -> str:
    if quote is None:
        return "no price pulled yet" if asset_id in market.awaited else "no price"
    if quote.quarantined:
        return f"price quarantined: {quote.quarantined}"
    if quote.at > market.as_of + AHEAD:
        return f"price is of {display.day(quote.at.date())}, which is yet to come"
    age = market.age(quote.at)
    limit = STATED_PRICE_LIMIT if quote.source == STATED else PRICE_LIMIT
    if age > limit:
        return f"price is {display.age(age)} old"
    return ""


def _filed(asset: Asset, holding: Holding) -> Asset:
    """Return an asset in the sectors where the user put it, if they did."""
    if not holding.sector and not holding.membership:
        return asset
    shares = {sector: float(share) for sector, share in holding.membership.items()}
    sector = holding.sector or max(shares, key=lambda name: (shares[name], name))
    return replace(asset, sector=sector, membership=shares)


def _described(holding: Holding) -> Asset:
    return Asset(
        asset_id=holding.asset_id,
        symbol=holding.symbol or holding.asset_id.upper(),
        name=holding.name or holding.asset_id,
        sector=holding.sector or "other",
        kind=AssetKind.SECURITY_TOKEN if holding.kind else AssetKind.COIN,
    )
