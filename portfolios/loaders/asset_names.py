"""Which asset a file means, and what it may leave unknown.

What a name means is answered in one place, `names.resolve`. Here is what follows where it means
nothing: a name close to a known one is a typo and refused in any case; any other is refused too,
unless the user says that the file may name what nobody knows, which is then valued at zero.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from portfolios.errors import AmbiguousAssetError
from portfolios.loaders.names.currencies import is_total
from portfolios.loaders.names.exchange_codes import symbols_of
from portfolios.loaders.names.resolve import Meaning, resolve
from portfolios.loaders.suggestions import printable, shown
from portfolios.model.assets import CASH, AssetIndex, name_key

MOST_COMPARISONS = 750_000
"""Looking for a near name costs a comparison or two per asset; a hostile file may not buy more."""
MOST_CANDIDATES = 8
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(slots=True)
class Naming:
    """What names mean in one import.

    Attributes:
        index: the known assets.
        symbol_map: the user's own answers: a name to an id. A name mapped to itself is declared to
            be meant as written.
        currency: of the portfolio; its code and name mean cash.
        allow_unknown: what nobody knows is kept, valued at zero.
        takes_map: the user can give such answers, as beside a file.
        unknown: names that nobody knows, kept all the same.
        notes: readings that the user should know of.
        is_ambiguous: some name could not be settled.
        has_refused: some name was refused because nobody knows it.
    """

    index: AssetIndex
    symbol_map: Mapping[str, str]
    currency: str = "usd"
    allow_unknown: bool = False
    takes_map: bool = True
    unknown: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)
    is_ambiguous: bool = False
    has_refused: bool = False
    _near: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.symbol_map = {name.upper(): meant for name, meant in self.symbol_map.items()}

    def held(self, word: str, *, is_symbol: bool, stands_alone: bool = False) -> str:
        """Return the id of the asset that a holding names.

        Args:
            word: as written.
            is_symbol: written where symbols belong.
            stands_alone: it needs no market, having a stated price.

        Raises:
            ValueError: with a sentence, when it is not known or cannot be told.
        """
        if word.upper() in self.symbol_map:
            return self._mapped(word)
        try:
            found = self._meaning(word, is_symbol=is_symbol)
        except ValueError:
            if not stands_alone or self.is_ambiguous:
                raise
            found = None
        if found is not None:
            self._note_namesake(word, found.asset_id)
            return found.asset_id
        name = word.upper() if is_symbol else word
        return name if stands_alone else self._unknown(word, name)

    def is_total(self, word: str) -> bool:
        """Tell whether a row of this name adds up the others."""
        meant = word.upper() in self.symbol_map or word in self.index
        return is_total(name_key(word)) and not meant

    def known(self, word: str, held: Collection[str]) -> str:
        """Return the id that a target, limit or rule speaks of; `CASH` for cash.

        Args:
            word: as written.
            held: ids of the holdings, which may be unknown to the market.

        Raises:
            ValueError: with a sentence, when the asset is unknown.
        """
        own = next((name for name in held if name_key(name) == name_key(word)), None)
        if word.upper() in self.symbol_map:
            meant = self._mapped(word)
        elif own is not None and own not in self.index:
            meant = own
        else:
            found = self._meaning(word)
            meant = word if found is None else found.asset_id
        if meant in self.unknown:
            raise ValueError(f"asset {shown(word)} is unknown, so nothing can be asked of it")
        if meant not in self.index and meant != CASH and meant != own:
            raise ValueError(f"asset {shown(word)} is unknown{self._ending(word)}")
        return meant

    def nearest(self, word: str) -> str | None:
        """Return the known id most like this name, None when none is alike."""
        if word not in self._near:
            if len(self._near) * max(len(self.index), 1) > MOST_COMPARISONS:
                raise ValueError(f"asset {shown(word)} is unknown, as too many others are")
            self._near[word] = self.index.nearest(word) or self._by_code(word)
        return self._near[word]

    def unused(self) -> tuple[str, ...]:
        """Names of the map that the file never used."""
        return tuple(name for name in self.symbol_map if name not in self.used)

    def _meaning(self, word: str, *, is_symbol: bool = False) -> Meaning | None:
        try:
            found = resolve(word, self.index, currency=self.currency, is_symbol=is_symbol)
        except AmbiguousAssetError as error:
            self.is_ambiguous = True
            raise ValueError(_ambiguous(error, takes_map=self.takes_map)) from error
        if found is not None and found.note:
            self.notes[found.note] = None
        return found

    def _note_namesake(self, word: str, asset_id: str) -> None:
        """Say when an id that was taken at its word is what people call a far larger asset."""
        try:
            larger = resolve(word, self.index, currency=self.currency, is_symbol=True)
        except (AmbiguousAssetError, ValueError):
            return
        if larger is not None and larger.asset_id != asset_id:
            self.notes[f"{printable(word)} is taken as an id; is it {larger.asset_id}?"] = None

    def _unknown(self, word: str, name: str) -> str:
        near = self.nearest(word)
        if near is not None or not self.allow_unknown:
            self.has_refused = self.has_refused or near is None
            raise ValueError(f"asset {shown(word)} is unknown{self._ending(word)}")
        self.unknown.add(name)
        return name

    def _mapped(self, name: str) -> str:
        meant = self.symbol_map[name.upper()]
        self.used.add(name.upper())
        if meant == CASH or meant in self.index:
            return meant
        if meant.upper() == name.upper():
            self.unknown.add(name)
            return name
        raise ValueError(
            f"{printable(name)} is mapped to {shown(meant)}, which is unknown{self._ending(meant)}"
        )

    def _ending(self, word: str) -> str:
        near = self.nearest(word)
        return f"; did you mean {near}?" if near else ""

    def _by_code(self, word: str) -> str | None:
        """Return what a name would mean in capitals, as a code that exchanges use."""
        for symbol in symbols_of(word.upper()):
            try:
                found = self.index.resolve(symbol)
            except AmbiguousAssetError:
                continue
            if found is not None:
                return found.asset_id
        return None


def _ambiguous(error: AmbiguousAssetError, *, takes_map: bool) -> str:
    found = error.candidates
    names = ", ".join(
        f"{c.asset_id} ({printable(c.name)}, rank {c.rank or 'unknown'})"
        for c in found[:MOST_CANDIDATES]
    )
    more = f" and {len(found) - MOST_CANDIDATES} more" if len(found) > MOST_CANDIDATES else ""
    count = _COUNTS[len(found)] if len(found) < len(_COUNTS) else str(len(found))
    symbol, first = printable(error.symbol), found[0].asset_id
    way = f"add --map {shlex.quote(f'{symbol}={first}')}" if takes_map else f"write the id {first}"
    return f"symbol {symbol} names {count} assets: {names}{more}; {way}"
