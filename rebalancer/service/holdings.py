"""Import a portfolio, show what changes, keep it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from portfolios.difference import difference
from portfolios.errors import NotFoundError
from portfolios.holdings import Portfolio
from portfolios.market import Market
from portfolios.valuation import value_portfolio

if TYPE_CHECKING:
    from portfolios.store import Store

WEIGHT_STEP = Decimal("0.000001")
"""Recorded weights are kept to a millionth: finer digits are the day's noise."""


@dataclass(frozen=True, slots=True)
class Import:
    """A portfolio ready to be kept, and what that would change.

    Attributes:
        portfolio: with the weights recorded that become its reference.
        changes: one line for each change; empty when nothing changes.
        is_new: there was none of this name.
        recorded_anew: its reference weights are those of today.
    """

    portfolio: Portfolio
    changes: tuple[str, ...]
    is_new: bool
    recorded_anew: bool


def prepare_import(store: Store | None, loaded: Portfolio, market: Market | None) -> Import:
    """Compare a loaded portfolio with the kept one of its name.

    Without a price of everything held, no weights are recorded yet: the next refresh does it.

    The recorded weights stay as they were while the same assets are held, so that drift does not
    become the new wish each time a file is imported; a new or vanished asset records them anew.
    """
    old = _kept(store, loaded.name)
    keep = old is not None and old.recorded is not None and _assets(old) == _assets(loaded)
    today = None if market is None else record_weights(loaded, market)
    recorded = old.recorded if old is not None and keep else today
    portfolio = replace(loaded, recorded=recorded)
    return Import(portfolio, difference(old, portfolio), old is None, not keep)


def record_weights(portfolio: Portfolio, market: Market) -> dict[str, Decimal] | None:
    """Return today's weights by asset id, rounded down so that they never exceed the whole.

    None where a price is missing or in doubt: the weights of the rest would be too large. What
    nobody prices is left out, and so has no recorded weight until the weights are recorded anew.
    """
    valuation = value_portfolio(portfolio, market)
    value = valuation.value
    if valuation.withheld or any(p.quote and p.grey and p.quantity for p in valuation.positions):
        return None
    if value <= 0:
        return None if portfolio.holdings else {}
    return {
        p.asset.asset_id: (p.value / value).quantize(WEIGHT_STEP, "ROUND_DOWN")
        for p in valuation.positions
        if p.quantity > 0 and not p.grey
    }


def keep_import(store: Store, prepared: Import, *, at: datetime) -> None:
    """Save a prepared import."""
    store.save_portfolio(prepared.portfolio, at=at)


def _kept(store: Store | None, name: str) -> Portfolio | None:
    if store is None:
        return None
    try:
        return store.load_portfolio(name)
    except NotFoundError:
        return None


def _assets(portfolio: Portfolio) -> frozenset[str]:
    return frozenset(holding.asset_id for holding in portfolio.holdings)
