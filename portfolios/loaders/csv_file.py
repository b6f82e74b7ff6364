"""Holdings as a spreadsheet writes them: a header, then `,`, `;` or a tab between the cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from portfolios.errors import Problem
from portfolios.loaders.entries import FLAT, TARGET_KEYS, Entry, read_entry
from portfolios.loaders.exchanges.amounts import (
    AmbiguousNumberError,
    Notation,
    notation_of,
    plain_number,
)
from portfolios.loaders.grid import (
    MOST_COLUMNS,
    Row,
    likely_delimiter,
    rows_of,
    stated_delimiter,
)
from portfolios.loaders.import_session import MOST_HOLDINGS, USUAL_CURRENCY, ImportSession, refusal
from portfolios.loaders.line_positions import line_finder
from portfolios.loaders.merge_entries import gather
from portfolios.loaders.suggestions import nearest, printable, unknown
from portfolios.loaders.table import Table
from portfolios.model.portfolio import Portfolio

GUARD = "'"
"""What an export puts before text that a spreadsheet would take for a formula."""

_MEANT = {
    **dict.fromkeys(("amount", "balance", "units", "qty", "size", "total balance"), "quantity"),
    **dict.fromkeys(("id", "asset_id", "coin", "token"), "asset"),
    **dict.fromkeys(("ticker", "currency"), "symbol"),
}
"""What other programs call our columns."""
_NUMBERS = frozenset({"quantity", "price", "cost"})
_OF_TIME = frozenset({"date", "time", "timestamp", "datetime", "date(utc)", "created at"})
_OF_MOVEMENTS = frozenset(
    {"type", "side", "kind", "operation", "action", "direction", "transaction type", "fee", "fees",
     "txid", "tx hash", "order id", "transaction id"}
)  # fmt: skip
"""Columns of a list of transactions, which says nothing of what is held."""


def recognises(text: str) -> bool:
    """Tell whether the first line is a header that names quantities and assets."""
    _, skipped = stated_delimiter(text)
    lines = text.lstrip().split("\n", skipped + 1)[: skipped + 1]
    cells = re.split(r"[,;\t|]", lines[-1][:4000])
    written = {cell.strip(" \t\r\"'").lower() for cell in cells}
    names = written | {_MEANT.get(name, name) for name in written}
    return "quantity" in names and bool(names & {"asset", "symbol"})


def read(text: str, session: ImportSession) -> Portfolio:
    """Read holdings; problems are noted in the session.

    Raises:
        InputError: when the text is not CSV, or its header does not name what is needed.
    """
    session.naming.currency = USUAL_CURRENCY
    delimiter = likely_delimiter(text)
    rows = rows_of(text, delimiter, session)
    header = _header(rows, session)
    kept = list(islice(rows, MOST_HOLDINGS + 1))
    cells = (cell for _, row in kept for cell in row)
    notation = notation_of(cells, delimiter=delimiter, stated=session.decimal)
    holdings, cash = gather(_entries(kept, header, notation, session), session)
    if not holdings and not cash and not session.problems:
        session.problems.append(Problem("the file has a header but no holdings"))
    return Portfolio(
        name=session.name,
        cash=cash,
        holdings=holdings,
        unknown=tuple(sorted(session.naming.unknown)),
    )


def _header(rows: Iterator[Row], session: ImportSession) -> list[str]:
    """Return our names of the columns, and the file's own where we have none."""
    line, cells = next(rows, (1, []))
    if len(cells) > MOST_COLUMNS:
        raise refusal(session.source, [Problem(f"more than {MOST_COLUMNS} columns", line=line)])
    names = [cell.strip().lower() for cell in cells]
    if session.columns:
        names = _as_stated(names, line, session)
    else:
        _refuse_movements(names, line, session)
        names = _as_meant(names)
    for name in names:
        _check_column(name, names, line, session)
    if "quantity" not in names or not {"asset", "symbol"} & set(names):
        text = "the header needs quantity, and asset or symbol; e.g. asset,quantity"
        raise refusal(session.source, [*session.problems, Problem(text, line=line)])
    return names


def _as_stated(names: list[str], line: int, session: ImportSession) -> list[str]:
    """Name the columns as the user says; a column that bears a name given to another has none."""
    ours = {theirs.lower(): name.lower() for name, theirs in session.columns.items()}
    wrong = [unknown("column", name, FLAT) for name in ours.values() if name not in FLAT]
    wrong += [unknown("column", theirs, names) for theirs in ours if theirs not in names]
    if wrong:
        raise refusal(
            session.source,
            [Problem(text, line=line) for text in wrong],
            hint="write --columns asset=Coin,quantity=Amount, with names of this header",
        )
    return [ours.get(name, "" if name in ours.values() else name) for name in names]


def _as_meant(names: list[str]) -> list[str]:
    """Name the columns by what other programs call them, where only one can be meant."""
    found = list(names)
    for place, name in enumerate(names):
        meant = _MEANT.get(name)
        rivals = [other for other in names if _MEANT.get(other) == meant or other == meant]
        is_named = meant in ("asset", "symbol") and {"asset", "symbol"} & {*names, *found}
        if meant is not None and len(rivals) == 1 and not is_named:
            found[place] = meant
    return found


def _refuse_movements(names: list[str], line: int, session: ImportSession) -> None:
    if _OF_TIME & set(names) and _OF_MOVEMENTS & set(names):
        text = "this looks like a list of transactions of a tool that is not known"
        hint = "export balances, or write them as asset,quantity; README lists what is read"
        raise refusal(session.source, [Problem(text, line=line)], hint=hint)


def _check_column(name: str, names: Sequence[str], line: int, session: ImportSession) -> None:
    """Refuse what may be a misspelt column; say which others are not read."""
    near = _MEANT.get(name) or nearest(name, FLAT)
    if name in FLAT:
        if names.count(name) > 1:
            session.problems.append(Problem(f"column {name} stands twice", line=line))
    elif near is not None and near not in names:
        text = f"column {printable(name)} is unknown; did you mean {near}?"
        session.problems.append(Problem(text, line=line))
    elif name:
        where = ": targets stand under [targets] of a TOML file" if name in TARGET_KEYS else ""
        session.warnings.append(f"column {printable(name)} is not read{where}")


def _entries(
    rows: Iterable[Row], header: list[str], notation: Notation, session: ImportSession
) -> Iterator[Entry]:
    for count, (line, cells) in enumerate(rows, start=1):
        if count > MOST_HOLDINGS:
            session.problems.append(Problem(f"more than {MOST_HOLDINGS:,} holdings", line=line))
            return
        if any(cell.strip() for cell in cells[len(header) :]):
            text = f"{len(cells)} cells under {len(header)} columns; is a decimal comma among them?"
            session.problems.append(Problem(text, line=line))
            continue
        try:
            values = {
                name: _number(cell, notation) if name in _NUMBERS else _bare(cell)
                for name, cell in zip(header, cells, strict=False)
                if name in FLAT and cell.strip()
            }
        except AmbiguousNumberError as error:
            session.problems.append(Problem(str(error), line=line))
            continue
        table = Table(values, (), line_finder({(): line}), session.problems)
        entry = read_entry(table, FLAT, session)
        if entry is not None:
            yield entry


def _number(cell: str, notation: Notation) -> str:
    """Return a number with a decimal point; what is none stays, and is refused where it is read."""
    try:
        return plain_number(cell, notation)
    except AmbiguousNumberError:
        raise
    except ValueError:
        return _bare(cell)


def _bare(cell: str) -> str:
    """Take off the guard that an export put before a formula's first character."""
    text = cell.strip()
    return text[1:] if text[:1] == GUARD and is_formula(text[1:]) else text


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet might take a cell for a formula.

    Text that would be one without its leading guards counts too, so that a guard can be put on
    and taken off without loss.

    >>> is_formula("=1+1"), is_formula("  ＝1"), is_formula("'=1"), is_formula("bitcoin")
    (True, True, True, False)
    """
    return re.match(r"'*\s*[\t\r=+\-@＝＋－＠]", text) is not None
