"""Which asset a file means: ids checked, symbols settled, typos told from unknown assets.

An id close to a known one is taken for a typo and refused, because valuing it at zero would hide
a mistake; an id like no other is kept as unknown. A symbol is only ever a question: where several
assets bear it, the user decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from portfolios.errors import AmbiguousAssetError
from portfolios.loaders.suggestions import printable, shown
from portfolios.model.assets import CASH, Asset, AssetIndex

MOST_COMPARISONS = 1_500_000
"""Looking for a near id costs one comparison per known asset; a hostile file may not buy more."""
MOST_CANDIDATES = 8
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(slots=True)
class Naming:
    """What names mean in one import.

    Attributes:
        index: the known assets, `size` of them.
        symbol_map: the user's own answers: a symbol, or an unknown id, to an id. A name mapped
            to itself is declared to be meant as written.
        currency: of the portfolio; its code as a symbol means cash.
        unknown: names that nobody knows, kept all the same.
        is_ambiguous: some symbol could not be settled.
    """

    index: AssetIndex
    size: int
    symbol_map: Mapping[str, str]
    currency: str = "usd"
    unknown: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    is_ambiguous: bool = False
    _near: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.symbol_map = {name.upper(): meant for name, meant in self.symbol_map.items()}

    def by_id(self, asset: str, *, stands_alone: bool) -> str:
        """Return the id of a holding that names its asset by id.

        Args:
            asset: as written.
            stands_alone: it needs no market: it has a stated price or is a security token.

        Raises:
            ValueError: with a sentence, when it seems mistyped or cannot be told.
        """
        if asset == CASH or asset in self.index:
            return asset
        if asset.upper() in self.symbol_map:
            return self._mapped(asset)
        if stands_alone:
            return asset
        if asset.lower() == self.currency:
            return CASH
        self._refuse_symbol(asset)
        near = self.nearest(asset)
        if near is not None:
            raise ValueError(f"asset {shown(asset)} is unknown; did you mean {near}?")
        self.unknown.add(asset)
        return asset

    def by_symbol(self, symbol: str, *, stands_alone: bool) -> str:
        """Return the id of a holding that names its asset by symbol; see `by_id`."""
        if symbol.upper() in self.symbol_map:
            return self._mapped(symbol)
        if symbol.lower() == self.currency:
            return CASH
        found = self._resolve(symbol)
        if found is not None:
            return found.asset_id
        if not stands_alone:
            self.unknown.add(symbol.upper())
        return symbol.upper()

    def known(self, asset: str, held: Collection[str]) -> str:
        """Return an id that a target, limit or rule speaks of.

        Args:
            asset: as written.
            held: ids of the holdings, which may be unknown to the market.

        Raises:
            ValueError: with a sentence, when the asset is unknown.
        """
        if asset in self.index or (asset in held and asset not in self.unknown):
            return asset
        if asset in self.unknown:
            raise ValueError(f"asset {shown(asset)} is unknown, so nothing can be asked of it")
        self._refuse_symbol(asset)
        near = self.nearest(asset)
        ending = f"; did you mean {near}?" if near else ""
        raise ValueError(f"asset {shown(asset)} is unknown{ending}")

    def nearest(self, asset: str) -> str | None:
        """Return the known id most like this one, None when none is alike."""
        if asset not in self._near:
            if len(self._near) * max(self.size, 1) > MOST_COMPARISONS:
                raise ValueError(f"asset {shown(asset)} is unknown, as too many others are")
            self._near[asset] = self.index.nearest(asset)
        return self._near[asset]

    def unused(self) -> tuple[str, ...]:
        """Names of the map that the file never used."""
        return tuple(name for name in self.symbol_map if name not in self.used)

    def _mapped(self, name: str) -> str:
        meant = self.symbol_map[name.upper()]
        self.used.add(name.upper())
        if meant == CASH or meant in self.index:
            return meant
        if meant.upper() == name.upper():
            self.unknown.add(name)
            return name
        near = self.nearest(meant)
        ending = f"; did you mean {near}?" if near else ""
        raise ValueError(f"{printable(name)} is mapped to {shown(meant)}, which is unknown{ending}")

    def _refuse_symbol(self, asset: str) -> None:
        found = self._resolve(asset)
        if found is not None:
            raise ValueError(
                f"asset {shown(asset)} is a symbol; write the asset id {found.asset_id}"
            )

    def _resolve(self, symbol: str) -> Asset | None:
        try:
            return self.index.resolve(symbol)
        except AmbiguousAssetError as error:
            self.is_ambiguous = True
            raise ValueError(_ambiguous(error)) from error


def _ambiguous(error: AmbiguousAssetError) -> str:
    found = error.candidates
    names = ", ".join(
        f"{c.asset_id} ({printable(c.name)}, rank {c.rank or 'unknown'})"
        for c in found[:MOST_CANDIDATES]
    )
    more = f" and {len(found) - MOST_CANDIDATES} more" if len(found) > MOST_CANDIDATES else ""
    count = _COUNTS[len(found)] if len(found) < len(_COUNTS) else str(len(found))
    symbol = printable(error.symbol)
    return (
        f"symbol {symbol} names {count} assets: {names}{more}; "
        f"add --map {symbol}={found[0].asset_id}"
    )
