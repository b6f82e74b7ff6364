"""Locks of a holding: put on, taken off, and said in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from portfolios.errors import NotFoundError, UsageError
from portfolios.loaders.value_parsing import one_of, parse_date, parse_text
from portfolios.model.market import Market
from portfolios.model.portfolio import Holding, Lock, LockKind, Portfolio

HOW = "e.g. kind=no_sell until=2027-03-01 reason=staked"


def read_lock(said: Mapping[str, str], *, today: date) -> Lock:
    """Read a lock from words by their key: kind, until and reason, each of which may be missing.

    Raises:
        UsageError: when one is unknown, is not what it should be, or the lock would be over.
    """
    if unknown := [key for key in said if key not in ("kind", "until", "reason")]:
        raise UsageError(f"{unknown[0][:30]} means nothing here", hint=HOW)
    try:
        kind = one_of(LockKind)(said.get("kind", LockKind.FROZEN.value))
        until = parse_date(said["until"]) if "until" in said else None
        reason = parse_text(said["reason"]) if "reason" in said else ""
    except ValueError as error:
        raise UsageError(str(error), hint=HOW) from None
    lock = Lock(kind, until, reason)
    if not lock.holds_on(today):
        raise UsageError(f"{until} is over already", hint="name the first day without the lock")
    return lock


def held_by(portfolio: Portfolio, word: str, market: Market | None) -> Holding:
    """Return the one holding that a word means: its asset id, or the symbol of just one.

    Raises:
        NotFoundError: when nothing held bears it.
        UsageError: when several do, and only the asset id can tell which is meant.
    """
    alike = (h for h in portfolio.holdings if h.asset_id.casefold() == word.casefold())
    if (exact := portfolio.holding(word) or next(alike, None)) is not None:
        return exact
    bearers = [h for h in portfolio.holdings if word.upper() in _symbols(h, market)]
    if not bearers:
        raise NotFoundError(
            f"{portfolio.name} holds no {word[:40]}", hint=f"/portfolio {portfolio.name}"
        )
    if len(bearers) > 1:
        ids = ", ".join(h.asset_id for h in bearers)
        raise UsageError(f"{word[:40]} may be {ids}", hint="write the asset id")
    return bearers[0]


def _symbols(holding: Holding, market: Market | None) -> set[str]:
    asset = None if market is None else market.assets.get(holding.asset_id)
    known = (holding.symbol, "" if asset is None else asset.symbol)
    return {symbol.upper() for symbol in known if symbol}


def locked(portfolio: Portfolio, holding: Holding, lock: Lock) -> Portfolio:
    """Return the portfolio with a lock on all of a holding, in place of an earlier one of its kind.

    Locks on a part of it stay: they say something else.
    """
    kept = [old for old in holding.locks if old.kind is not lock.kind or old.quantity is not None]
    return _with(portfolio, replace(holding, locks=(*kept, lock)))


def unlocked(portfolio: Portfolio, holding: Holding) -> Portfolio:
    """Return the portfolio with nothing locked of a holding but what its restrictions lock."""
    return _with(portfolio, replace(holding, locks=()))


def _with(portfolio: Portfolio, changed: Holding) -> Portfolio:
    same = changed.asset_id
    holdings = tuple(changed if h.asset_id == same else h for h in portfolio.holdings)
    return replace(portfolio, holdings=holdings)
