"""A text as rows of cells, each with the line where it begins."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from portfolios.errors import InputError, Problem
from portfolios.loaders.import_session import ImportSession, refusal

DELIMITERS = (",", ";", "\t", "|")
MOST_COLUMNS = 100

Row = tuple[int, list[str]]
"""A record with the line where it begins."""


def stated_delimiter(text: str) -> tuple[str | None, int]:
    r"""Return what the first line `sep=;` of a spreadsheet says, and how many lines that takes.

    >>> stated_delimiter("sep=;\na;b"), stated_delimiter("a;b")
    ((';', 1), (None, 0))
    """
    first = text.lstrip("\ufeff").partition("\n")[0].strip().strip('"')
    if first.lower().startswith("sep=") and first[4:] in DELIMITERS:
        return first[4:], 1
    return ("\t", 1) if first.lower() == "sep=" else (None, 0)


def likely_delimiter(text: str) -> str:
    """Return what separates the cells, judged by the first line."""
    stated, _ = stated_delimiter(text)
    first = text.lstrip().partition("\n")[0]
    return stated or max(DELIMITERS, key=first.count)


def rows_of(text: str, delimiter: str, session: ImportSession) -> Iterator[Row]:
    """Yield the records that hold anything.

    Raises:
        InputError: when the text is not CSV, with the line where the record begins.
    """
    begins = 1
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    _, skipped = stated_delimiter(text)
    try:
        for cells in reader:
            if begins > skipped and any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _not_csv(session, str(error), begins) from error


def _not_csv(session: ImportSession, why: str, line: int) -> InputError:
    return refusal(session.source, [*session.problems, Problem(f"not CSV: {why}", line=line)])
