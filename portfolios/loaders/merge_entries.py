"""All entries of a file together: one holding per asset, and the cash.

The same asset in two accounts is added up; the same asset twice without saying where is a
mistake. A lock on all of one account's part stays a lock on that part only.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from portfolios.errors import Problem
from portfolios.loaders.entries import Entry
from portfolios.loaders.import_session import ImportSession
from portfolios.loaders.number_parsing import parse_quantity, total
from portfolios.loaders.suggestions import nearest, printable
from portfolios.loaders.value_parsing import LONGEST_TEXT
from portfolios.model.assets import CASH
from portfolios.model.portfolio import Holding, Lot, together_locked
from portfolios.model.sectors import SECTORS

MOST_PLACES = 5
"""Lines that a message names of an asset that stands many times."""


def gather(entries: Iterable[Entry], session: ImportSession) -> tuple[tuple[Holding, ...], Decimal]:
    """Return one holding per asset, and the cash.

    Args:
        entries: in the file's order.
        session: takes a problem for every asset that stands twice, and warnings.
    """
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.holding.asset_id, []).append(entry)
    if groups and groups.keys() <= session.naming.unknown:
        session.problems.append(Problem("nothing in the file is a known asset", key="holdings"))
    holdings = [h for group in groups.values() if (h := _one(group, session)) is not None]
    cash = total(h.quantity for h in holdings if h.asset_id == CASH)
    kept = tuple(h for h in holdings if h.asset_id != CASH)
    _warn(kept, session)
    return kept, cash


def _one(group: list[Entry], session: ImportSession) -> Holding | None:
    first = group[0]
    if len(group) == 1:
        return first.holding
    accounts = [entry.holding.account for entry in group]
    if not all(accounts) or len(set(accounts)) < len(accounts):
        _refuse(group, "give each an account of its own, or write one", session)
        return first.holding
    if any(_nature(entry.holding) != _nature(first.holding) for entry in group):
        _refuse(group, "the accounts differ in more than quantity, lots and lock", session)
        return first.holding
    merged = _merged([entry.holding for entry in group])
    try:
        parse_quantity(merged.quantity)
    except ValueError as error:
        _refuse(group, f"together, {error}", session)
    return merged


def _refuse(group: list[Entry], why: str, session: ImportSession) -> None:
    places = [str(entry.line) for entry in group if entry.line is not None]
    if len(places) > MOST_PLACES:
        places[MOST_PLACES:] = [f"{len(places) - MOST_PLACES:,} more"]
    where = f" (lines {', '.join(places[:-1])} and {places[-1]})" if len(places) > 1 else ""
    name = printable(group[0].holding.asset_id)
    times = "twice" if len(group) == 2 else f"{len(group)} times"
    text = f"{name} stands {times}{where}: {why}"
    session.problems.append(Problem(text, line=group[-1].line, key="holdings"))


def _nature(holding: Holding) -> Holding:
    """What must be the same for two parts of one holding."""
    return replace(holding, quantity=Decimal(0), lots=(), locks=(), account="")


def _merged(parts: list[Holding]) -> Holding:
    known = any(part.lots for part in parts)
    lots = tuple(lot for part in parts for lot in (part.lots or _lot_of(part)) if known)
    locks = together_locked([(part.quantity, part.locks) for part in parts])
    return replace(
        parts[0],
        quantity=total(part.quantity for part in parts),
        lots=lots,
        locks=locks,
        account=_together([part.account for part in parts]),
    )


def _together(accounts: list[str]) -> str:
    joined = ", ".join(accounts)
    return joined if len(joined) <= LONGEST_TEXT else f"{len(accounts)} accounts"


def _lot_of(part: Holding) -> tuple[Lot, ...]:
    return (Lot(part.quantity),) if part.quantity else ()


def _warn(holdings: tuple[Holding, ...], session: ImportSession) -> None:
    unknown = sorted(session.naming.unknown)
    if unknown:
        names = ", ".join(printable(name) for name in unknown)
        session.warnings.append(f"unknown, so valued at zero and never traded: {names}")
    session.warnings.extend(session.naming.notes)
    for holding in holdings:
        if holding.kind and not holding.stated:
            session.warnings.append(
                f"{printable(holding.asset_id)} has no price, so it is valued at zero: state one"
            )
        if holding.asset_id not in session.naming.index:
            _warn_of_likeness(holding, session)
        elif holding.stated:
            session.warnings.append(
                f"{holding.asset_id} has a market price: the one in the file is not used"
            )
    new = sorted({holding.sector for holding in holdings} - {"", *SECTORS})
    for sector in new:
        near = nearest(sector, SECTORS)
        question = f"; did you mean {near}?" if near else ""
        session.warnings.append(f"sector {sector} is not one of the usual ones{question}")


def _warn_of_likeness(holding: Holding, session: ImportSession) -> None:
    """Say when an asset that stands on its own may be a misspelt one of the market."""
    if holding.asset_id in session.naming.unknown:
        return
    with suppress(ValueError):
        near = session.naming.nearest(holding.asset_id)
        if near is not None:
            name = printable(holding.asset_id)
            session.warnings.append(f"{name} is not on the market; is it {near}?")
