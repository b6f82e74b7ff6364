"""Locks of a holding: put on, taken off, and said in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from portfolios.errors import AmbiguousAssetError, NotFoundError, UsageError
from portfolios.loaders.names.resolve import resolve
from portfolios.loaders.value_parsing import one_of, parse_date, parse_text
from portfolios.model.assets import Asset, AssetIndex
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
    """Return the one holding that a name means.

    Raises:
        NotFoundError: when nothing held bears it.
        UsageError: when several do, and only the asset id can tell which is meant.
    """
    index = AssetIndex(_described(h, market) for h in portfolio.holdings)
    try:
        meaning = resolve(word, index, currency=portfolio.currency)
    except AmbiguousAssetError as error:
        ids = ", ".join(candidate.asset_id for candidate in error.candidates)
        raise UsageError(f"{word[:40]} may be {ids}", hint="write the asset id") from None
    except ValueError as error:
        raise NotFoundError(str(error), hint=f"/portfolio {portfolio.name}") from None
    found = None if meaning is None else portfolio.holding(meaning.asset_id)
    if found is None:
        raise NotFoundError(
            f"{portfolio.name} holds no {word[:40]}", hint=f"/portfolio {portfolio.name}"
        )
    return found


def _described(holding: Holding, market: Market | None) -> Asset:
    """Return what is held with the names it bears; no sizes, so that nothing dwarfs anything."""
    asset = None if market is None else market.assets.get(holding.asset_id)
    symbol = asset.symbol if asset else holding.symbol
    return Asset(holding.asset_id, symbol, asset.name if asset else holding.name)


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
