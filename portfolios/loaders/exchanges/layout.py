"""Which export a header belongs to, and where its columns stand."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from io import StringIO

from portfolios.loaders.exchanges.export_format import Format
from portfolios.loaders.exchanges.formats import FORMATS
from portfolios.loaders.grid import DELIMITERS, MOST_COLUMNS, stated_delimiter

MOST_PREAMBLE = 60
"""Records before the header."""
_LONGEST_START = 60_000
_LONGEST_NAME = 100

_Place = int | str
"""A column, or a constant."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A header that was recognised.

    Attributes:
        format: of the export.
        names: of all columns, as `header_key` makes them.
        places: role -> where it stands, in the order of preference.
    """

    format: Format
    names: tuple[str, ...]
    places: Mapping[str, tuple[_Place, ...]]

    def value(self, role: str, cells: Sequence[str]) -> str:
        """Return the first filled cell of a role, empty where there is none."""
        for place in self.places.get(role, ()):
            text = place if isinstance(place, str) else _cell(cells, place)
            if text:
                return text
        return ""


def header_key(name: str) -> str:
    """Return a column's name as it is compared.

    >>> header_key('\ufeff"Asset_Symbol "')
    'asset symbol'
    """
    flat = unicodedata.normalize("NFKC", name[:_LONGEST_NAME]).strip(" \t\r\n\"'\ufeff").lower()
    return " ".join(flat.replace("_", " ").split())


def layout_of(cells: Sequence[str]) -> Layout | None:
    """Return the layout of a header, None for any other row."""
    if not 3 <= len(cells) <= MOST_COLUMNS:
        return None
    names = tuple(header_key(cell) for cell in cells)
    return _layout_of(names) if len(_telling().intersection(names)) > 1 else None


def may_be_header(cells: Sequence[str]) -> bool:
    """Tell, at little cost, whether a row further down may be a header again."""
    return any(cell.strip('" \ufeff').lower() in _telling() for cell in cells[:3])


def delimiter_of(text: str) -> str | None:
    """Return the delimiter under which a header of an export stands in a text, else None."""
    start = text[:_LONGEST_START]
    stated, _ = stated_delimiter(text)
    for delimiter in (stated,) if stated else DELIMITERS:
        if any(layout_of(cells) for cells in _first_records(start, delimiter)):
            return delimiter
    return None


def _first_records(start: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(StringIO(start, newline=""), delimiter=delimiter)
    found: list[list[str]] = []
    try:
        for cells in reader:
            found.append(cells)
            if len(found) > MOST_PREAMBLE:
                break
    except csv.Error:
        pass
    return found


@lru_cache(maxsize=64)
def _layout_of(names: tuple[str, ...]) -> Layout | None:
    fitting = [(places, fmt) for fmt in FORMATS if (places := _places(fmt, names)) is not None]
    if not fitting:
        return None
    places, fmt = max(fitting, key=lambda found: len(found[0]))
    return Layout(fmt, names, places)


def _places(fmt: Format, names: tuple[str, ...]) -> dict[str, tuple[_Place, ...]] | None:
    """Return where the roles of a format stand, None where one that it needs does not."""
    found: dict[str, tuple[_Place, ...]] = {}
    for role, words in fmt.columns.items():
        places: list[_Place] = []
        for word in words.split("|"):
            places += _found(word, names, found)
        if places:
            found[role] = tuple(places)
    return found if set(fmt.needs.split()) <= found.keys() else None


def _found(
    word: str, names: tuple[str, ...], found: Mapping[str, tuple[_Place, ...]]
) -> list[_Place]:
    if word.startswith("="):
        return [word[1:]]
    if word.startswith(">"):
        left = found.get(word[1:], ())
        return [p + 1 for p in left if isinstance(p, int) and p + 1 < len(names)]
    if word.startswith("@"):
        return list(found.get(word[1:], ()))
    if "*" in word:
        return [i for i, name in enumerate(names) if fnmatchcase(name, word)]
    return [names.index(word)] if word in names else []


@lru_cache(maxsize=1)
def _telling() -> frozenset[str]:
    """Names of columns that exports have, so that other rows are told from headers at once."""
    words = {word for fmt in FORMATS for words in fmt.columns.values() for word in words.split("|")}
    return frozenset(word for word in words if word[0] not in "=>@" and "*" not in word)


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""
