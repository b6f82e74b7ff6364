"""From movements to holdings: what each name means, what is left of it, and on which account."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from portfolios.errors import AmbiguousAssetError, Problem
from portfolios.loaders.entries import Entry
from portfolios.loaders.exchanges.downloads import Booking
from portfolios.loaders.exchanges.export_format import Format
from portfolios.loaders.exchanges.movements import AssetWord, Movement
from portfolios.loaders.import_session import ImportSession
from portfolios.loaders.names.currencies import currency_of
from portfolios.loaders.names.exchange_codes import symbols_of
from portfolios.loaders.names.renames import RENAMED
from portfolios.loaders.names.resolve import resolve
from portfolios.loaders.number_parsing import EXACT, total
from portfolios.loaders.suggestions import printable, shown
from portfolios.model.assets import CASH, name_key
from portfolios.model.portfolio import Holding

LEFT_OUT = "none"
"""What a symbol is mapped to that shall not be read: `--map EUR=none`."""
_TRACES = Decimal("1E-12")
"""What floats leave of a balance that was emptied, as a part of all that went through it."""
_MONEY = "money:"
_CASH_PREFIX = "$CASH"


@dataclass(slots=True)
class Balance:
    """What is left of one asset."""

    word: AssetWord
    by_account: dict[str, Decimal] = field(default_factory=dict)
    turnover: Decimal = Decimal(0)
    line: int = 0
    own_ids: set[str] = field(default_factory=set)

    def add(self, movement: Movement, change: Decimal, line: int) -> None:
        """Count a movement in."""
        before = self.by_account.get(movement.account, Decimal(0))
        self.by_account[movement.account] = EXACT.add(before, change)
        self.turnover = EXACT.add(self.turnover, change.copy_abs())
        self.line = max(self.line, line)
        self.own_ids |= {movement.asset.own_id} - {""}

    @property
    def total(self) -> Decimal:
        """Over all accounts; zero where only the traces of floats are left."""
        found = total(self.by_account.values())
        return Decimal(0) if found < 0 and -found <= self.turnover * _TRACES else found


def entries_of(bookings: Iterable[Booking], fmt: Format, session: ImportSession) -> Iterator[Entry]:
    """Yield what is left; problems and notes go to the session."""
    names = _Names(session)
    balances: dict[str, Balance] = {}
    for booking in bookings:
        for movement in booking.movements:
            key, factor = names.meaning(movement.asset)
            if key:
                change = EXACT.multiply(movement.change, factor)
                kept = balances.setdefault(key, Balance(movement.asset))
                kept.add(movement, change, booking.line)
    for key in sorted(balances):
        yield from _entries(key, balances[key], fmt, session)


@dataclass(slots=True)
class _Names:
    """What names mean, each looked up once."""

    session: ImportSession
    found: dict[AssetWord, tuple[str, Decimal]] = field(default_factory=dict)

    def meaning(self, word: AssetWord) -> tuple[str, Decimal]:
        """Return under which key a name is added up, and how many of that one of it are.

        The key is an asset id, `CASH`, another currency, or the name itself where only the user
        can say what it means; it is empty for what the user leaves out.
        """
        if word not in self.found:
            self.found[word] = self._meaning(word)
        return self.found[word]

    def _meaning(self, word: AssetWord) -> tuple[str, Decimal]:
        naming, one = self.session.naming, Decimal(1)
        mapped = naming.symbol_map.get(word.text.upper())
        if mapped is not None:
            naming.used.add(word.text.upper())
            if mapped == LEFT_OUT and LEFT_OUT not in naming.index:
                self.session.warnings.append(f"{printable(word.text)} is left out, as you say")
                return "", one
            return (mapped if mapped in naming.index else word.text.upper()), one
        if (money := _money(word.text)) is not None:
            return (CASH if money == naming.currency else _MONEY + money), one
        return self._asset(word)

    def _asset(self, word: AssetWord) -> tuple[str, Decimal]:
        for text in (word.text, word.name):
            if not text:
                continue
            try:
                found = resolve(text, self.session.naming.index, is_symbol=word.is_symbol)
            except (AmbiguousAssetError, ValueError):
                found = None
            if found is not None and found.asset_id != CASH and self._agrees(found.asset_id, word):
                if found.note:
                    self.session.naming.notes[found.note] = None
                return found.asset_id, Decimal(1)
        return self._converted(word)

    def _agrees(self, asset_id: str, word: AssetWord) -> bool:
        """Tell whether an asset found by its name has the symbol too, where both are written."""
        asset = self.session.naming.index.get(asset_id)
        if not word.name or asset is None:
            return True
        bears = {name_key(asset.symbol), name_key(asset.name), name_key(asset_id)}
        return name_key(word.text) in bears or word.text.upper() in symbols_of(asset.symbol)

    def _converted(self, word: AssetWord) -> tuple[str, Decimal]:
        """Return what replaced a name that nobody bears any more, with the ratio."""
        new = RENAMED.get(name_key(word.text))
        if new is None or new.asset_id not in self.session.naming.index:
            return word.text.upper() if word.is_symbol else word.text, Decimal(1)
        self.session.naming.notes[
            f"{printable(word.text)} is counted as {new.asset_id}, {new.per_old} for each"
        ] = None
        return new.asset_id, Decimal(new.per_old)


def _money(text: str) -> str | None:
    """Return the currency that a code means, None for anything else."""
    codes = (text, *symbols_of(text)) if "-" not in text and "/" not in text else (text,)
    if text.upper().startswith(_CASH_PREFIX):
        codes = (text[-3:],)
    return next((m for code in codes if (m := currency_of(name_key(code))) is not None), None)


def _entries(key: str, balance: Balance, fmt: Format, session: ImportSession) -> Iterator[Entry]:
    left = balance.total
    if key == CASH or key.startswith(_MONEY):
        yield from _money_entries(key, balance, fmt, session)
    elif left < 0:
        name = printable(key)
        text = (
            f"{name}: {-left:f} more went out than came in, so a part of the history is missing: "
            f"export all of it, or leave it out with --map {_shell(balance.word.text)}={LEFT_OUT}"
        )
        session.problems.append(Problem(text, line=balance.line))
    elif left and (asset_id := _known(key, balance, session)) is not None:
        yield from _held(asset_id, balance)


def _money_entries(
    key: str, balance: Balance, fmt: Format, session: ImportSession
) -> Iterator[Entry]:
    left, code = balance.total, key.removeprefix(_MONEY)
    code = session.naming.currency if key == CASH else code
    if not fmt.has_money or left < 0:
        session.warnings.append(
            f"{code} is not booked completely in this file, so it is not read: add it as cash"
        )
    elif key == CASH and left:
        yield Entry(Holding(CASH, left, account=_joined(balance)), balance.line)
    elif left:
        text = (
            f"{left:f} {code} is held, and this portfolio counts in {session.naming.currency}: "
            f"leave it out with --map {_shell(balance.word.text)}={LEFT_OUT}"
        )
        session.problems.append(Problem(text, line=balance.line))


def _known(key: str, balance: Balance, session: ImportSession) -> str | None:
    """Return the id of what is left, None where it cannot be told (then a problem is noted)."""
    word = balance.word
    if len(balance.own_ids) > 1:
        text = f"{shown(word.text)} stands for {len(balance.own_ids)} different assets of this tool"
        session.problems.append(Problem(text, line=balance.line))
        return None
    if key in session.naming.index:
        return key
    try:
        return session.naming.held(word.text, is_symbol=word.is_symbol)
    except ValueError as error:
        text = f"{error}; --map {_shell(word.text)}={LEFT_OUT} leaves it out"
        session.problems.append(Problem(text, line=balance.line))
        return None


def _shell(text: str) -> str:
    """Return a name as it is typed in a command."""
    return shlex.quote(printable(text))


def _held(asset_id: str, balance: Balance) -> Iterator[Entry]:
    """Yield one entry for each account; one for all where an account alone went below zero."""
    parts = {account: left for account, left in balance.by_account.items() if left}
    if any(left < 0 for left in parts.values()):
        yield Entry(Holding(asset_id, balance.total, account=_joined(balance)), balance.line)
        return
    for account, left in sorted(parts.items()):
        yield Entry(Holding(asset_id, left, account=account), balance.line)


def _joined(balance: Balance) -> str:
    names = ", ".join(sorted(account for account, left in balance.by_account.items() if left > 0))
    return names if len(names) <= 500 else f"{len(balance.by_account)} accounts"
