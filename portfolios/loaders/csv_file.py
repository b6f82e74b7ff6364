"""Holdings as a spreadsheet writes them: CSV with a header, `,` or `;` between the cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO

from portfolios.errors import Problem
from portfolios.loaders.entries import FLAT, TARGET_KEYS, Entry, read_entry
from portfolios.loaders.import_session import MOST_HOLDINGS, USUAL_CURRENCY, ImportSession, refusal
from portfolios.loaders.line_positions import line_finder
from portfolios.loaders.merge_entries import gather
from portfolios.loaders.suggestions import nearest, printable
from portfolios.loaders.table import Table
from portfolios.model.portfolio import Portfolio

MOST_COLUMNS = 100
GUARD = "'"
"""What an export puts before text that a spreadsheet would take for a formula."""

_MEANT = {
    **dict.fromkeys(("amount", "balance", "units", "qty", "size"), "quantity"),
    **dict.fromkeys(("id", "asset_id", "coin", "token"), "asset"),
    **dict.fromkeys(("ticker", "currency"), "symbol"),
}
"""What other programs call our columns."""

Row = tuple[int, list[str]]
"""A record with the line where it begins."""


def recognises(text: str) -> bool:
    """Tell whether the first line is a header with `quantity` and `asset` or `symbol`."""
    first = text.lstrip().partition("\n")[0][:4000]
    names = {cell.strip(" \t\r\"'").lower() for cell in re.split(r"[,;]", first)}
    return "quantity" in names and bool(names & {"asset", "symbol"})


def read(text: str, session: ImportSession) -> Portfolio:
    """Read holdings; problems are noted in the session.

    Raises:
        InputError: when the text is not CSV, or its header does not name what is needed.
    """
    session.naming.currency = USUAL_CURRENCY
    rows = _rows(text, session)
    header = _header(rows, session)
    holdings, cash = gather(_entries(rows, header, session), session)
    if not holdings and not cash and not session.problems:
        session.problems.append(Problem("the file has a header but no holdings"))
    return Portfolio(
        name=session.name,
        cash=cash,
        holdings=holdings,
        unknown=tuple(sorted(session.naming.unknown)),
    )


def _rows(text: str, session: ImportSession) -> Iterator[Row]:
    """Yield the records that hold anything."""
    first = text.lstrip().partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        problem = Problem(f"not CSV: {error}", line=begins)
        raise refusal(session.source, [*session.problems, problem]) from error


def _header(rows: Iterator[Row], session: ImportSession) -> list[str]:
    line, cells = next(rows, (1, []))
    names = [cell.strip().lower() for cell in cells]
    if len(names) > MOST_COLUMNS:
        raise refusal(session.source, [Problem(f"more than {MOST_COLUMNS} columns", line=line)])
    for name in names:
        _check_column(name, names, line, session)
    if "quantity" not in names or not {"asset", "symbol"} & set(names):
        text = "the header needs quantity, and asset or symbol; e.g. asset,quantity"
        raise refusal(session.source, [*session.problems, Problem(text, line=line)])
    return names


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


def _entries(rows: Iterator[Row], header: list[str], session: ImportSession) -> Iterator[Entry]:
    for count, (line, cells) in enumerate(rows, start=1):
        if count > MOST_HOLDINGS:
            session.problems.append(Problem(f"more than {MOST_HOLDINGS:,} holdings", line=line))
            return
        if any(cell.strip() for cell in cells[len(header) :]):
            text = f"{len(cells)} cells under {len(header)} columns; is a decimal comma among them?"
            session.problems.append(Problem(text, line=line))
            continue
        values = {
            name: _bare(cell)
            for name, cell in zip(header, cells, strict=False)
            if name in FLAT and cell.strip()
        }
        table = Table(values, (), line_finder({(): line}), session.problems)
        entry = read_entry(table, FLAT, session)
        if entry is not None:
            yield entry


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
