"""Exports of exchanges, wallets and trackers as portfolios: one engine for all formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from portfolios.errors import Problem
from portfolios.loaders.exchanges.amounts import Notation, notation_of
from portfolios.loaders.exchanges.balances import entries_of
from portfolios.loaders.exchanges.downloads import (
    Booking,
    Download,
    differing,
    identity_of,
    once,
)
from portfolios.loaders.exchanges.json_activities import activity_rows, is_activities
from portfolios.loaders.exchanges.layout import (
    MOST_PREAMBLE,
    delimiter_of,
    layout_of,
    may_be_header,
)
from portfolios.loaders.exchanges.moments import moment_of
from portfolios.loaders.exchanges.movements import effect_of
from portfolios.loaders.grid import Row, rows_of
from portfolios.loaders.import_session import USUAL_CURRENCY, ImportSession, refusal, unreadable
from portfolios.loaders.merge_entries import gather
from portfolios.loaders.suggestions import printable
from portfolios.model.portfolio import Portfolio

MOST_PLACES = 5
"""Lines that a note names."""
UNREAD = (
    "a row that changes no balance may be taken out of the file; else write the balances as "
    "asset,quantity"
)


def recognises(text: str) -> bool:
    """Tell whether a text is an export of a tool that is known."""
    return is_activities(text) or delimiter_of(text) is not None


def read(text: str, session: ImportSession) -> Portfolio:
    """Read an export; problems are noted in the session.

    Raises:
        InputError: when the text is not CSV, or of a kind that is known and not read.
    """
    session.naming.currency = USUAL_CURRENCY
    session.hint = UNREAD
    if is_activities(text):
        delimiter, rows = "", activity_rows(text, session)
    else:
        delimiter = delimiter_of(text) or ","
        rows = rows_of(_unescaped(text), delimiter, session)
    downloads = _downloads(rows, session)
    _refuse_mixed(downloads, session)
    fmt = downloads[0].layout.format
    if fmt.is_snapshot:
        downloads = _newest(downloads, session)
    notes = _Notes()
    read_rows = [(d.layout, _bookings(d, delimiter, notes, session)) for d in downloads]
    bookings = once(read_rows, session.problems)
    session.stop_if_wrong()  # what rows say that were not understood would be missing below
    holdings, cash = gather(entries_of(bookings, fmt, session), session)
    notes.tell(session.warnings.append)
    if fmt.note:
        session.warnings.append(f"{fmt}: {fmt.note}")
    if not holdings and not cash and not session.problems:
        session.problems.append(Problem(f"no balance is left by the rows of this {fmt} file"))
    return Portfolio(
        name=session.name,
        cash=cash,
        holdings=holdings,
        unknown=tuple(sorted(session.naming.unknown)),
    )


def _unescaped(text: str) -> str:
    r"""Double the quotes that a tool escapes with `\`."""
    return text.replace('\\"', '""') if '\\"' in text else text


def _downloads(rows: Iterable[Row], session: ImportSession) -> list[Download]:
    """Return the rows under each header; a file may hold several downloads, one below the other."""
    found: list[Download] = []
    for count, (line, cells) in enumerate(rows):
        layout = layout_of(cells) if not found or may_be_header(cells) else None
        if layout is not None:
            found.append(Download(layout, line, []))
        elif found:
            found[-1].rows.append((line, cells))
        elif count > MOST_PREAMBLE:
            break
    if not found:
        raise unreadable(session.source, "no header of an export", hint=UNREAD)
    return found


def _refuse_mixed(downloads: Sequence[Download], session: ImportSession) -> None:
    fmt = downloads[0].layout.format
    if fmt.instead:
        raise unreadable(session.source, f"{fmt} is not read", hint=fmt.instead)
    other = next((d for d in downloads if d.layout.format is not fmt), differing(downloads))
    if other is not None:
        text = (
            f"here begins {other.layout.format} with other columns than the {fmt} above, and their "
            "rows cannot be compared: give one file of one kind"
        )
        raise refusal(session.source, [Problem(text, line=other.line)])


def _bookings(
    download: Download, delimiter: str, notes: _Notes, session: ImportSession
) -> list[Booking]:
    layout = download.layout
    notation = _notation(download, delimiter, session)
    found = []
    for line, cells in download.rows:
        if _is_footer(cells, layout.names):
            notes.add(f"not a row: {printable(' '.join(cells).strip())}", line)
            continue
        try:
            _check_width(cells, layout.names)
            effect = effect_of(layout, cells, notation)
        except ValueError as error:
            session.problems.append(Problem(str(error), line=line))
            continue
        if effect.skipped:
            notes.add(f"not counted, because {effect.skipped}", line)
        elif effect.movements:
            if effect.note:
                notes.add(f"counted as written, although {effect.note}", line)
            found.append(Booking(identity_of(layout, cells), line, effect.movements))
    return found


def _check_width(cells: Sequence[str], names: Sequence[str]) -> None:
    """Refuse a row that is cut off, or whose cells are not those of the columns above them."""
    if len(cells) < len(names):
        raise ValueError(f"{len(cells)} cells under {len(names)} columns; is the file cut off?")
    if any(cell.strip() for cell in cells[len(names) :]):
        raise ValueError(
            f"{len(cells)} cells under {len(names)} columns; is a decimal comma among them?"
        )


def _notation(download: Download, delimiter: str, session: ImportSession) -> Notation:
    if not delimiter:
        return Notation(".")
    cells = (cell for _, cells in download.rows for cell in cells)
    return notation_of(cells, delimiter=delimiter, stated=session.decimal)


def _is_footer(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Tell whether a row is a remark: only its first cell is filled."""
    return bool(cells[0].strip()) and not any(c.strip() for c in cells[1:]) and len(names) > 3


def _newest(downloads: Sequence[Download], session: ImportSession) -> list[Download]:
    """Return the rows of the newest moment of all snapshots."""
    dated = [(d, [(_moment(d, row, session), row) for row in d.rows]) for d in downloads]
    last = max((at for _, rows in dated for at, _ in rows if at is not None), default=None)
    return [
        replace(d, rows=[row for at, row in rows if at is None or at == last]) for d, rows in dated
    ]


def _moment(download: Download, row: Row, session: ImportSession) -> datetime | None:
    line, cells = row
    try:
        return moment_of(download.layout.value("time", cells))
    except ValueError as error:
        session.problems.append(Problem(str(error), line=line))
        return None


@dataclass(slots=True)
class _Notes:
    """Notes with the lines that they are about."""

    lines: dict[str, list[int]] = field(default_factory=dict)

    def add(self, text: str, line: int) -> None:
        """Note something of a line."""
        self.lines.setdefault(text, []).append(line)

    def tell(self, write: Callable[[str], None]) -> None:
        """Write one note for all lines of which the same is to be said."""
        for text, lines in self.lines.items():
            places = ", ".join(str(line) for line in lines[:MOST_PLACES])
            more = f" and {len(lines) - MOST_PLACES:,} more" if len(lines) > MOST_PLACES else ""
            word = "line" if len(lines) == 1 else "lines"
            write(f"{word} {places}{more}: {text}")
