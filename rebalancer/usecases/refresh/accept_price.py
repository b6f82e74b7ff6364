"""Taking a refused price at its word: somebody says so, and it is written down for good."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from portfolios.errors import DecisionError, NotFoundError
from portfolios.marketdata.bar_series import with_reading
from portfolios.marketdata.market_store import Acceptance, MarketStore, Refused
from portfolios.marketdata.price_gate import Reading, is_misdated, is_price


def accept_price(
    market: MarketStore, asset_id: str, *, by: str, at: datetime, price: Decimal | None = None
) -> Acceptance:
    """Accept the refused price of an asset; later prices are measured against it.

    Args:
        market: the prices in one currency.
        asset_id: the asset.
        by: who accepts, in the words of the way in.
        at: when, aware UTC.
        price: the one that they were shown; None for whichever it is now.

    Raises:
        NotFoundError: when no price of it is in doubt.
        DecisionError: when it is no price, is stamped in the future, or is another one by now.
    """
    with market.database.transaction():
        refused = market.refused().get(asset_id)
        if refused is None:
            raise NotFoundError(
                f"no price of {asset_id} is in doubt", hint="`rebalancer prices` shows which are"
            )
        _refuse_unusable(asset_id, refused, price, at)
        return _accept(market, asset_id, refused, by, at)


def is_acceptable(reading: Reading, *, now: datetime) -> bool:
    """Tell whether a refused price can be accepted at all."""
    return is_price(reading.price) and not is_misdated(reading, now)


def _refuse_unusable(asset_id: str, refused: Refused, price: Decimal | None, at: datetime) -> None:
    reading = refused.reading
    if not is_acceptable(reading, now=at):
        raise DecisionError(
            f"{refused.reason}, so it cannot be accepted",
            hint="`rebalancer refresh` asks for a new one",
        )
    if price is not None and reading.price != price:
        raise DecisionError(
            f"the price of {asset_id} in doubt is another one by now",
            hint="`rebalancer prices` shows it",
        )


def _accept(
    market: MarketStore, asset_id: str, refused: Refused, by: str, at: datetime
) -> Acceptance:
    reading, last = refused.reading, market.accepted().get(asset_id)
    against = None if last is None else last.price
    acceptance = Acceptance(asset_id, reading, against, refused.reason, by, at)
    market.note(acceptance)
    market.accept(asset_id, reading)
    series = market.series().get(asset_id)
    grown = with_reading(series, float(reading.price), None, reading.at)
    market.save_series({asset_id: grown})
    return acceptance
