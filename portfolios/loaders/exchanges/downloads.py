"""Several downloads of one account, each of its rows counted once.

Downloads overlap, so a row that stands in two of them is one row. Within a download equal rows are
as many as they are: an exchange may fill two orders alike in one second. A row is known by the
tool's own id, or else by all its cells that are not a valuation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from portfolios.errors import Problem
from portfolios.loaders.exchanges.layout import Layout
from portfolios.loaders.exchanges.movements import Movement
from portfolios.loaders.grid import Row

_VALUATIONS = ("*value*", "*price*", "*worth*", "*cost basis*", "*usd*", "*gain*", "*return*",
               "native *", "*subtotal*", "*inclusive*", "rate", "updated*", "created*",
               "synced*", "*market*")  # fmt: skip
"""Columns that a tool works out anew at each download."""


@dataclass(frozen=True, slots=True)
class Download:
    """The rows under one header."""

    layout: Layout
    line: int
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Booking:
    """A row that counts, with its line and what it does."""

    identity: tuple[str, ...]
    line: int
    movements: tuple[Movement, ...]


def identity_of(layout: Layout, cells: Sequence[str]) -> tuple[str, ...]:
    """Return by what a row is known again in another download."""
    if layout.format.row_id:
        return (layout.value(layout.format.row_id, cells),)
    return tuple(cells[i].strip() if i < len(cells) else "" for i in _known_columns(layout))


def once(
    downloads: Iterable[tuple[Layout, list[Booking]]], problems: list[Problem]
) -> list[Booking]:
    """Return the bookings of all downloads of one format, those that several hold only once.

    Args:
        downloads: with the bookings of each.
        problems: takes one for each id that stands for two different rows.
    """
    kept: dict[tuple[str, ...], list[Booking]] = {}
    for layout, bookings in downloads:
        here: Counter[tuple[str, ...]] = Counter()
        for booking in bookings:
            here[booking.identity] += 1
            known = kept.setdefault(booking.identity, [])
            if not layout.format.row_id and here[booking.identity] > len(known):
                known.append(booking)
            elif layout.format.row_id:
                _keep_one(known, booking, problems)
    return [booking for known in kept.values() for booking in known]


def differing(downloads: Sequence[Download]) -> Download | None:
    """Return the first download whose rows cannot be compared with those before it."""
    first = downloads[0]
    if first.layout.format.row_id:
        return None
    names = _known_names(first.layout)
    return next((d for d in downloads if _known_names(d.layout) != names), None)


def _keep_one(known: list[Booking], booking: Booking, problems: list[Problem]) -> None:
    if not known:
        known.append(booking)
    elif known[0].movements != booking.movements:
        text = f"this row has the id of line {known[0].line}, and says something else"
        problems.append(Problem(text, line=booking.line))


def _known_names(layout: Layout) -> list[str]:
    return [layout.names[i] for i in _known_columns(layout)]


def _known_columns(layout: Layout) -> list[int]:
    """Return the columns by which a row is known, in an order that does not depend on the file."""
    read = {p for places in layout.places.values() for p in places if isinstance(p, int)}
    kept = [
        i
        for i, name in enumerate(layout.names)
        if i in read or not any(fnmatchcase(name, pattern) for pattern in _VALUATIONS)
    ]
    return sorted(kept, key=lambda i: (layout.names[i], i))
