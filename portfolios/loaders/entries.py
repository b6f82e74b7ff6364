"""One holding as a file states it, in either of two forms.

The full form (TOML, JSON) nests lots, locks and restrictions. The flat form (CSV, JSON) has one
cell for each, which is enough for one purchase and one lock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portfolios.loaders.import_session import ImportSession
from portfolios.loaders.number_parsing import (
    in_percent,
    parse_money,
    parse_positive,
    parse_quantity,
    parse_share,
    total,
)
from portfolios.loaders.suggestions import printable, shown
from portfolios.loaders.table import Table, words
from portfolios.loaders.value_parsing import (
    one_of,
    parse_country,
    parse_date,
    parse_flag,
    parse_lines,
    parse_sector,
    parse_text,
    parse_transferable,
)
from portfolios.model.assets import CASH
from portfolios.model.portfolio import Holding, Lock, LockKind, Lot, Restrictions, StatedPrice

SECURITY_TOKEN = "security_token"  # noqa: S105

_BOTH = ("asset", "symbol", "name", "quantity", "sector", "price", "price_as_of", "account")
FULL = (*_BOTH, "kind", "lots", "lock", "restrictions")
FLAT = (*_BOTH, "cost", "lock", "until", "reason")
EITHER = tuple(dict.fromkeys((*FULL, *FLAT)))

TARGET_KEYS = ("target", "targets", "target_weight", "weight")
"""What people call a wish beside a holding; it stands in a table of its own."""
_OF_CASH = frozenset({"asset", "symbol", "name", "quantity", "account"})
_OF_LOT = ("quantity", "cost", "acquired")
_OF_LOCK = ("kind", "until", "reason", "quantity")


@dataclass(frozen=True, slots=True)
class Entry:
    """A holding with the line where it stands; cash is one too, until all are read."""

    holding: Holding
    line: int | None


def read_entry(table: Table, keys: tuple[str, ...], session: ImportSession) -> Entry | None:
    """Read one holding; None when it cannot be told which asset it is, or adds up the others.

    Other mistakes are noted and read over, so that what refers to the asset is still checked.
    """
    table.only(keys, _elsewhere(table))
    if _is_total(table, session):
        return None
    quantity = table.need("quantity", parse_quantity) or Decimal(0)
    stated = _stated(table, session.as_of)
    kind = table.take("kind", _kind) or ""
    symbol = table.take("symbol", parse_text) or ""
    asset_id = _asset_id(table, symbol, session)
    if asset_id is None:
        return None
    if asset_id == CASH:
        return _cash(table, quantity)
    sector, membership = _sectors(table)
    holding = Holding(
        asset_id=asset_id,
        quantity=quantity,
        lots=_lots(table, quantity, session.as_of),
        locks=_locks(table, quantity),
        restrictions=_restrictions(table),
        stated=stated,
        kind=kind,
        symbol=_display_symbol(table, symbol, asset_id, session),
        name=table.take("name", parse_text) or "",
        sector=sector,
        membership=membership,
        account=table.take("account", parse_text) or "",
    )
    return Entry(holding, table.line)


def _elsewhere(table: Table) -> Mapping[str, str]:
    """Return where a wish belongs that stands with a holding, as it can be written there."""
    names = [name for key in ("asset", "symbol") if isinstance(name := table.values.get(key), str)]
    name = printable(names[0]) if names else "bitcoin"
    quoted = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{name}"'
    found = {}
    for key in TARGET_KEYS:
        with suppress(ValueError):
            share = in_percent(parse_share(table.values.get(key)))
            found[key] = f'[targets], as {quoted} = "{share}"'
    return {**dict.fromkeys(TARGET_KEYS, f'[targets], as {quoted} = "40%"'), **found}


def _is_total(table: Table, session: ImportSession) -> bool:
    """Tell whether an entry adds up the others; it is left out, and said to be."""
    written = [table.values.get(key) for key in ("asset", "symbol")]
    name = next((w for w in written if isinstance(w, str) and w.strip()), "")
    if not session.naming.is_total(name):
        return False
    place = f" (line {table.line})" if table.line else ""
    session.warnings.append(f"{printable(name)}{place} adds up the others: not read as a holding")
    return True


def _asset_id(table: Table, symbol: str, session: ImportSession) -> str | None:
    asset = table.take("asset", parse_text)
    if asset is None and not symbol:
        if "asset" not in table and "symbol" not in table:
            table.problem("a holding needs asset or symbol")
        return None
    if "kind" in table:
        return asset or symbol.upper()
    try:
        return session.naming.held(
            asset or symbol, is_symbol=asset is None, stands_alone="price" in table
        )
    except ValueError as error:
        table.problem(str(error), "symbol" if asset is None else "asset")
        return None


def _display_symbol(table: Table, symbol: str, asset_id: str, session: ImportSession) -> str:
    """Keep a symbol where the market has none; tell the user where it has another."""
    known = session.naming.index.get(asset_id)
    if known is not None and symbol and "asset" in table and symbol.upper() != known.symbol.upper():
        place = f" (line {table.line})" if table.line else ""
        session.warnings.append(
            f"{asset_id} is {known.symbol}, not {printable(symbol)}{place}; the asset id counts"
        )
    return symbol if "asset" in table or known is None else ""


def _cash(table: Table, quantity: Decimal) -> Entry:
    for key in table.values:
        if key in EITHER and key not in _OF_CASH and key in table:
            table.problem(f"cash has no {printable(key)}", key)
    account = table.take("account", parse_text) or ""
    return Entry(Holding(CASH, quantity, account=account), table.line)


def _kind(value: object) -> str:
    if value != SECURITY_TOKEN:
        raise ValueError(f'{shown(value)} is unknown; the only kind is "{SECURITY_TOKEN}"')
    return SECURITY_TOKEN


def _stated(table: Table, as_of: date | None) -> StatedPrice | None:
    price = table.take("price", parse_positive)
    day = table.take("price_as_of", parse_date) if "price_as_of" in table else as_of
    if "price" not in table and "price_as_of" in table:
        table.problem("price_as_of stands without a price", "price_as_of")
    if "price" in table and "price_as_of" not in table and as_of is None:
        table.problem("a price needs its date: add price_as_of", "price")
    _not_after(table, "price_as_of", day, as_of)
    return StatedPrice(price, day) if price is not None and day is not None else None


def _not_after(table: Table, key: str, day: date | None, as_of: date | None) -> None:
    if day is not None and as_of is not None and day > as_of:
        table.problem(f"{key} {day} lies in the future", key)


def _sectors(table: Table) -> tuple[str, Mapping[str, Decimal]]:
    """Read `sector`: one name, or shares of several; then the largest is the primary one."""
    if not isinstance(table.values.get("sector"), dict):
        return table.take("sector", parse_sector) or "", {}
    inner = table.table("sector")
    before = len(table.problems)
    shares = inner.entries(parse_share) if inner else {}
    for name in shares:
        _check_sector(table, name)
    found = total(shares.values())
    if found != 1 and len(table.problems) == before:
        table.problem(f"the shares of sector add up to {in_percent(found)}, not 100%", "sector")
    return min(shares, key=lambda name: (-shares[name], name), default=""), shares


def _check_sector(table: Table, name: str) -> None:
    try:
        meant = parse_sector(name)
    except ValueError as error:
        table.problem(f"sector {error}", "sector")
        return
    if meant != name:
        table.problem(f"sector {shown(name)} is written {meant}", "sector")


def _lots(table: Table, quantity: Decimal, as_of: date | None) -> tuple[Lot, ...]:
    cost = table.take("cost", parse_money)
    if cost is not None and "lots" in table:
        table.problem("cost and lots exclude each other: put the cost into the lots", "cost")
    if cost is not None and quantity:
        return (Lot(quantity, cost),)
    before = len(table.problems)
    lots = tuple(_lot(inner, as_of) for inner in table.tables("lots"))
    held = total(lot.quantity for lot in lots)
    if lots and held != quantity and len(table.problems) == before and "quantity" in table:
        table.problem(f"the lots add up to {held:f}, not to the quantity {quantity:f}", "lots")
    return lots


def _lot(table: Table, as_of: date | None) -> Lot:
    table.only(_OF_LOT)
    acquired = table.take("acquired", parse_date)
    _not_after(table, "acquired", acquired, as_of)
    quantity = table.need("quantity", parse_positive) or Decimal(0)
    return Lot(quantity, table.take("cost", parse_money), acquired)


def _locks(table: Table, quantity: Decimal) -> tuple[Lock, ...]:
    if isinstance(table.values.get("lock"), str):
        kind = table.take("lock", one_of(LockKind))
        until, reason = table.take("until", parse_date), table.take("reason", parse_lines)
        return (Lock(kind, until, reason or ""),) if kind else ()
    for key in ("until", "reason"):
        if key in table:
            table.problem(f"{key} stands without a lock", key)
    found = (_lock(inner, quantity) for inner in table.tables("lock", single=True))
    return tuple(lock for lock in found if lock is not None)


def _lock(table: Table, held: Decimal) -> Lock | None:
    table.only(_OF_LOCK)
    kind = table.need("kind", one_of(LockKind))
    until, reason = table.take("until", parse_date), table.take("reason", parse_lines)
    quantity = table.take("quantity", parse_positive)
    if quantity is not None and quantity > held:
        table.problem(f"the lock covers {quantity:f}, more than the {held:f} held", "quantity")
    return Lock(kind, until, reason or "", quantity) if kind else None


def _restrictions(table: Table) -> Restrictions:
    rules = table.table("restrictions")
    if rules is None:
        return Restrictions()
    rules.only(Restrictions.__slots__)
    transferable: bool | None = True
    if "transferable" in rules:
        transferable = rules.take("transferable", parse_transferable)
    return Restrictions(
        accredited_only=rules.take("accredited_only", parse_flag) or False,
        countries_allowed=rules.take("countries_allowed", words(parse_country)) or (),
        lockup_until=rules.take("lockup_until", parse_date),
        max_holders_reached=rules.take("max_holders_reached", parse_flag) or False,
        transferable=transferable,
    )
