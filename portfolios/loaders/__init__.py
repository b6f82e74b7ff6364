"""Portfolio files: TOML in full, CSV and JSON for holdings.

A loader is a pair of functions, one that recognises a text and one that reads it into a
portfolio while noting every problem with its line. To add a format, write the pair in a file of
its own and add one line to `LOADERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath
from types import MappingProxyType

from portfolios.loaders import csv_file, json_file, toml_file
from portfolios.loaders.asset_names import Naming
from portfolios.loaders.exchanges import reader
from portfolios.loaders.import_session import ImportSession, unreadable
from portfolios.loaders.source import STDIN, called, decode, read_source
from portfolios.loaders.suggestions import printable
from portfolios.loaders.value_parsing import LONGEST_TEXT, parse_text
from portfolios.model.assets import AssetIndex
from portfolios.model.portfolio import Portfolio

__all__ = ["LOADERS", "Loaded", "Loader", "load", "read_source"]

NO_MAP: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Loaded:
    """A portfolio that was read, and what the user should know about the reading."""

    portfolio: Portfolio
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loader:
    """One format.

    Attributes:
        recognises: tells whether a text has it.
        read: reads such a text.
        is_telling: nothing else looks like it, so it is asked before the file's extension.
    """

    recognises: Callable[[str], bool]
    read: Callable[[str, ImportSession], Portfolio]
    is_telling: bool = False


LOADERS: Mapping[str, Loader] = MappingProxyType(
    {
        "export": Loader(reader.recognises, reader.read, is_telling=True),
        "json": Loader(json_file.recognises, json_file.read),
        "csv": Loader(csv_file.recognises, csv_file.read),
        "toml": Loader(toml_file.recognises, toml_file.read),
    }
)
"""Format, which is also the file's extension -> loader, in the order of asking."""


def load(
    text: bytes,
    *,
    source: str,
    index: AssetIndex,
    symbol_map: Mapping[str, str] = NO_MAP,
    allow_unknown: bool = False,
    name: str | None = None,
    as_of: date | None = None,
    columns: Mapping[str, str] = NO_MAP,
    decimal: str | None = None,
    loaders: Mapping[str, Loader] = LOADERS,
) -> Loaded:
    """Read a portfolio.

    Args:
        text: the file's bytes.
        source: what the user called the file; its extension is a hint at the format.
        index: the assets that are known.
        symbol_map: symbol -> asset id, the user's answers to ambiguous symbols.
        allow_unknown: assets that nobody knows are kept, valued at zero, whatever the file says.
        name: of the portfolio, whatever the file says; else the file's own, else its stem.
        as_of: the day of the import: prices without a date are of that day, and neither prices
            nor purchases may lie after it.
        columns: of a table: our name of a column -> the file's.
        decimal: `point` or `comma`, where the numbers of a table do not tell.
        loaders: the formats, in the order of asking.

    Raises:
        InputError: with every problem of the file and its line.
    """
    shown_source = printable_path(called(source))
    content = decode(text, shown_source, reader.recognises)
    naming = Naming(index, symbol_map, allow_unknown=allow_unknown)
    session = ImportSession(
        shown_source, _default_name(source), naming, as_of, columns=columns, decimal=decimal
    )
    loader = loaders["csv"] if columns else _loader(content, source, shown_source, loaders)
    portfolio = loader.read(content, session)
    session.stop_if_wrong()
    unused = [f"--map {printable(symbol)} was not needed" for symbol in naming.unused()]
    if name is not None:
        portfolio = replace(portfolio, name=_stated_name(name))
    return Loaded(portfolio, (*session.warnings, *unused))


def printable_path(path: str) -> str:
    """Return a path as it may stand in a message: whole, without control characters."""
    return "".join(ch if ch.isprintable() else "?" for ch in path)


def _loader(text: str, source: str, shown_source: str, loaders: Mapping[str, Loader]) -> Loader:
    """Choose by content; the extension decides between several, or where none fits."""
    telling = next((v for v in loaders.values() if v.is_telling and v.recognises(text)), None)
    if telling is not None:
        return telling
    hinted = loaders.get(PurePath(source).suffix.lower().removeprefix("."))
    if hinted is not None and hinted.recognises(text):
        return hinted
    fitting = next((loader for loader in loaders.values() if loader.recognises(text)), hinted)
    if fitting is None:
        raise unreadable(
            shown_source,
            "neither TOML nor JSON, nor CSV with a header such as asset,quantity",
            hint="name the file .toml, .json or .csv to see what is wrong with it",
        )
    return fitting


def _default_name(source: str) -> str:
    stem = "" if source == STDIN else PurePath(source).stem
    try:
        return parse_text(printable_path(stem)[:LONGEST_TEXT])
    except ValueError:
        return "portfolio"


def _stated_name(name: str) -> str:
    try:
        return parse_text(name)
    except ValueError as error:
        raise unreadable("--name", str(error), hint="give a shorter, plain name") from error
