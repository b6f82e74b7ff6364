"""Import a portfolio, show what changes, keep it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from portfolios.errors import NotFoundError, UsageError
from portfolios.model.diff import difference
from portfolios.model.market import Market
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import require_currency, value_portfolio

if TYPE_CHECKING:
    from portfolios.store.portfolio_store import Store

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


def symbol_map(words: Iterable[str]) -> dict[str, str]:
    """Read what symbols mean: words of the form SYM=ID.

    >>> symbol_map(["luna=terra-luna-2"])
    {'LUNA': 'terra-luna-2'}

    Raises:
        UsageError: when a word has another form.
    """
    found = {}
    for word in words:
        symbol, _, asset_id = word.partition("=")
        if not (symbol and asset_id):
            raise UsageError(f"{word} is not of the form SYM=ID", hint="e.g. LUNA=terra-luna-2")
        found[symbol.upper()] = asset_id
    return found


def column_map(words: Iterable[str]) -> dict[str, str]:
    """Read what the columns of a table are: our names and the file's, commas between them.

    >>> column_map(["asset=Coin,quantity=Amount"])
    {'asset': 'Coin', 'quantity': 'Amount'}

    Raises:
        UsageError: when a part has another form.
    """
    found = {}
    for part in (part for word in words for part in word.split(",")):
        ours, _, theirs = part.partition("=")
        if not (ours.strip() and theirs.strip()):
            raise UsageError(
                f"{part or 'nothing'} is not of the form OURS=THEIRS",
                hint="e.g. --columns asset=Coin,quantity=Amount",
            )
        found[ours.strip()] = theirs.strip()
    return found


def prepare_import(
    store: Store | None, loaded: Portfolio, market: Market | None, *, currency: str
) -> Import:
    """Compare a loaded portfolio with the kept one of its name.

    Without a price of everything held, no weights are recorded yet: the next refresh does it.

    The recorded weights stay as they were while the same assets are held, so that drift does not
    become the new wish each time a file is imported; a new or vanished asset records them anew.

    Args:
        store: where it would be kept.
        loaded: what was read.
        market: of the moment, None while nothing was pulled.
        currency: in which prices will be pulled while there is no market.

    Raises:
        InputError: the portfolio is in another currency than prices.
    """
    if market is None:
        require_currency(loaded, currency)
    old = kept_as(store, loaded.name)
    keep = old is not None and old.recorded is not None and _assets(old) == _assets(loaded)
    today = None if market is None else record_weights(loaded, market)
    recorded = old.recorded if old is not None and keep else today
    portfolio = replace(loaded, recorded=recorded)
    return Import(portfolio, difference(old, portfolio), old is None, not keep)


def reference_words(prepared: Import) -> str:
    """Say what becomes the reference where no targets are stated; empty where nothing does."""
    own = prepared.portfolio
    if own.targets is not None or own.targets_from or not prepared.recorded_anew:
        return ""
    when = "today's weights are" if own.recorded is not None else "its weights will be"
    return f"without targets, {when} recorded as the reference"


def record_weights(portfolio: Portfolio, market: Market) -> dict[str, Decimal] | None:
    """Return today's weights by asset id, rounded down so that they never exceed the whole.

    None where a price is missing or in doubt: the weights of the rest would be too large. An
    asset that no source prices is left out, and has no weight until they are recorded again.
    """
    valuation = value_portfolio(portfolio, market)
    value = valuation.value
    if not valuation.total.is_known:
        return None
    if value <= 0:
        return None if portfolio.holdings else {}
    return {
        p.asset.asset_id: (p.value / value).quantize(WEIGHT_STEP, "ROUND_DOWN")
        for p in valuation.positions
        if p.value > 0
    }


def keep_import(store: Store, prepared: Import, *, at: datetime) -> None:
    """Save a prepared import."""
    store.save_portfolio(prepared.portfolio, at=at)


def kept_as(store: Store | None, name: str) -> Portfolio | None:
    """Return what is kept under a name; None where nothing is."""
    if store is None:
        return None
    try:
        return store.load_portfolio(name)
    except NotFoundError:
        return None


def _assets(portfolio: Portfolio) -> frozenset[str]:
    return frozenset(holding.asset_id for holding in portfolio.holdings)
