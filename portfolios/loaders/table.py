"""A table of a file while it is read: its keys taken one by one, its problems with their lines.

TOML tables, JSON objects and CSV rows are all read through this, so each kind of mistake has one
sentence, whatever the format.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from portfolios.errors import Problem
from portfolios.loaders.line_positions import LineOf, Path, dotted
from portfolios.loaders.suggestions import printable, shown, unknown

MOST_UNKNOWN_KEYS = 20
MOST_ENTRIES = 1000
"""Entries of a table whose keys are the user's: targets, limits."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Table:
    """Keys and values at one place of a file.

    Attributes:
        values: as the format gave them; None counts as absent.
        path: where the table stands.
        line_of: the line of a path.
        problems: the import's problems, added to here.
    """

    values: Mapping[str, object]
    path: Path
    line_of: LineOf
    problems: list[Problem]

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    @property
    def line(self) -> int | None:
        """The line where the table begins."""
        return self.line_of(self.path)

    def problem(self, text: str, key: str | int | None = None) -> None:
        """Note a problem of the table, or of one of its keys."""
        path = self.path if key is None else (*self.path, key)
        self.problems.append(Problem(text, line=self.line_of(path), key=dotted(path)))

    def only(self, known: Collection[str], elsewhere: Mapping[str, str] | None = None) -> None:
        """Note every key that is not known here.

        Args:
            known: keys of this table.
            elsewhere: keys of other tables -> where they belong.
        """
        strange = [key for key in self.values if key not in known]
        for key in strange[:MOST_UNKNOWN_KEYS]:
            place = (elsewhere or {}).get(key)
            text = f"key {key} belongs under {place}" if place else unknown("key", key, known)
            self.problem(text, key)
        if len(strange) > MOST_UNKNOWN_KEYS:
            self.problem(f"and {len(strange) - MOST_UNKNOWN_KEYS:,} more unknown keys")

    def take(self, key: str, parse: Callable[[object], _T]) -> _T | None:
        """Return what a key says, None when it is absent or wrong (then a problem is noted)."""
        if key not in self:
            return None
        try:
            return parse(self.values[key])
        except ValueError as error:
            self.problem(f"{printable(key)} {error}", key)
            return None

    def need(self, key: str, parse: Callable[[object], _T]) -> _T | None:
        """Return what a key says; its absence is a problem too."""
        if key not in self:
            self.problem(f"{key} is missing")
        return self.take(key, parse)

    def entries(self, parse: Callable[[object], _T]) -> dict[str, _T]:
        """Read a table whose keys are the user's own."""
        if len(self.values) > MOST_ENTRIES:
            self.problem(f"{dotted(self.path)} has more than {MOST_ENTRIES:,} entries")
            return {}
        read = ((key, self.take(key, parse)) for key in self.values)
        return {key: value for key, value in read if value is not None}

    def table(self, key: str) -> Table | None:
        """Return the table under a key, None when absent or not a table."""
        value = self.values.get(key)
        if isinstance(value, dict):
            return Table(value, (*self.path, key), self.line_of, self.problems)
        if value is not None:
            self.problem(f"{printable(key)} is {_kind(value)} where a table belongs", key)
        return None

    def tables(self, key: str, *, single: bool = False) -> Iterator[Table]:
        """Yield the tables of a list; one table without a list too where `single` allows it."""
        value = self.values.get(key)
        if value is None:
            return
        if single and isinstance(value, dict):
            yield Table(value, (*self.path, key), self.line_of, self.problems)
        elif isinstance(value, list):
            yield from self._items(key, value)
        else:
            self.problem(f"{printable(key)} is {_kind(value)} where tables belong", key)

    def _items(self, key: str, items: list[object]) -> Iterator[Table]:
        for place, item in enumerate(items):
            path = (*self.path, key, place)
            if isinstance(item, dict):
                yield Table(item, path, self.line_of, self.problems)
            else:
                text = f"{printable(key)} has {shown(item)} where a table belongs"
                self.problems.append(Problem(text, line=self.line_of(path), key=dotted(path)))


def words(parse: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    """Return the reader of a list of distinct words."""

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise ValueError(f'{shown(value)} is not a list; write it as ["one", "two"]')
        found = tuple(parse(item) for item in value[: MOST_ENTRIES + 1])
        if len(found) > MOST_ENTRIES:
            raise ValueError(f"has more than {MOST_ENTRIES:,} entries")
        if len(set(found)) < len(found):
            raise ValueError("names something twice")
        return found

    return read


def _kind(value: object) -> str:
    return shown(value) if isinstance(value, (str, int, list, dict)) else "a single value"
