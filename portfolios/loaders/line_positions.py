"""In which line of a TOML or JSON text a key or table stands.

The parsers of the standard library give values without places. These scanners read the same text
once, token by token, and note the line of every key, table and list item; they judge nothing
else, so a text that the parser refuses yields whatever could be read. TOML is scanned before it
is parsed: the scan is linear and refuses the shapes that would cost the parser quadratic time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
LineOf: TypeAlias = Callable[[Path], int | None]

DEEPEST = 32
"""Tables, lists and parts of a dotted key inside each other; a portfolio needs five."""
LONGEST_WORD = 1000
"""Characters of a bare number or key; longer ones cost a parser memory many times their size."""
MOST_TOKENS = 1_000_000
"""Enough for 10,000 holdings with everything stated."""

TOO_DEEP = "lists, tables or dotted keys are nested too deeply"


class Overgrown(ValueError):  # noqa: N818
    """A text nested or multiplied beyond anything a portfolio needs."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


def line_finder(lines: Mapping[Path, int]) -> LineOf:
    """Return the look-up of a path's line: its own, else that of what encloses it."""

    def find(path: Path) -> int | None:
        for end in range(len(path), -1, -1):
            if path[:end] in lines:
                return lines[path[:end]]
        return None

    return find


def dotted(path: Path) -> str:
    """Write a path as people do.

    >>> dotted(("holdings", 2, "lock", "until"))
    'holdings[2].lock.until'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


@dataclass(slots=True)
class _Open:
    """A list or table whose end has not been read yet; `item` counts a list's items."""

    path: Path
    item: int | None = None

    @property
    def child(self) -> Path:
        return self.path if self.item is None else (*self.path, self.item)


# --- JSON

_JSON = re.compile(r'("(?:[^"\\]|\\.)*+")(\s*+:)?|[{}\[\],]|\n', re.DOTALL)


def json_lines(text: str) -> tuple[dict[Path, int], tuple[Path, ...]]:
    """Scan a valid JSON text.

    Returns:
        the line of every key and list item, and the paths of keys that stand twice.

    Raises:
        Overgrown: when it is nested too deeply.
    """
    lines: dict[Path, int] = {}
    twice: list[Path] = []
    stack: list[_Open] = []
    here: Path = ()
    line = 1
    for match in _JSON.finditer(text):
        part = match[0]
        if match[2]:
            here = (*stack[-1].path, _json_key(match[1]))
            twice += [here] if here in lines else []
            lines[here] = line
        elif part in "{[":
            lines.setdefault(here, line)
            stack.append(_Open(here, 0 if part == "[" else None))
            here = stack[-1].child
            if len(stack) > DEEPEST:
                raise Overgrown(TOO_DEEP, line)
        elif part in "}]":
            here = stack.pop().path
        elif part == "," and stack[-1].item is not None:
            stack[-1].item += 1
            here = stack[-1].child
        line += part.count("\n")
    return lines, tuple(twice)


def _json_key(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return quoted[1:-1]


# --- TOML

_TOML = re.compile(
    r"[ \t\r]++|\#[^\n]*+|(?P<newline>\n)"
    r'|(?P<open>"""|\'\'\')'
    r'|(?P<quoted>"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\')'
    r"|(?P<mark>[\[\]{}=,.])|(?P<word>[^\s#\"'\[\]{}=,.]++)|.",
    re.DOTALL,
)


def toml_lines(text: str) -> dict[Path, int]:
    """Scan a TOML text, valid or not, for the line of every key, table and list item.

    Raises:
        Overgrown: when it is nested too deeply or has too many parts.
    """
    scan = _TomlScan()
    for count, (kind, part, line) in enumerate(_toml_tokens(text)):
        if count > MOST_TOKENS:
            raise Overgrown("the file has too many parts for a portfolio", line)
        scan.line = line
        scan.read(kind, part)
        if len(scan.stack) > DEEPEST or len(scan.parts) > DEEPEST:
            raise Overgrown(TOO_DEEP, line)
    return scan.lines


def _toml_tokens(text: str) -> Iterator[tuple[str, str, int]]:
    place, line = 0, 1
    while match := _TOML.match(text, place):
        place = match.end()
        kind, part = match.lastgroup or "", match[0]
        if kind == "open":
            end = _end_of_long_string(text, place, part)
            if end is None:
                return
            yield "quoted", "", line
            line += text.count("\n", place, end)
            place = end
        elif kind == "word" and len(part) > LONGEST_WORD:
            raise Overgrown("a number or key is too long", line)
        elif kind:
            yield kind, part, line
        line += part.count("\n")


def _end_of_long_string(text: str, start: int, quotes: str) -> int | None:
    if quotes == "'''":
        pattern = re.compile(r"(?:[^']|'{1,2}(?!'))*+'{3,5}", re.DOTALL)
    else:
        pattern = re.compile(r'(?:[^"\\]|\\.|"{1,2}(?!"))*+"{3,5}', re.DOTALL)
    match = pattern.match(text, start)
    return match.end() if match else None


@dataclass(slots=True)
class _TomlScan:
    """Where the scan stands: in a header, in a key, or in a value with open brackets."""

    lines: dict[Path, int] = field(default_factory=dict)
    counts: dict[Path, int] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    table: Path = ()
    here: Path = ()
    brackets: int = 0
    in_key: bool = True
    line: int = 1

    def read(self, kind: str, part: str) -> None:
        if self.in_key and kind in {"word", "quoted"}:
            self.parts.append(_toml_key(part))
        elif self.in_key and part == "[" and not self.parts and not self.stack:
            self.brackets += 1
        elif self.in_key and part == "]" and self.brackets:
            self._end_header()
        elif self.in_key and part == "=":
            self._end_key()
        elif kind == "newline" and not self.stack:
            self._start_statement()
        elif kind == "mark" and not self.brackets:
            self._structure(part)

    def _structure(self, part: str) -> None:
        if part in "[{" and not self.in_key:
            self.lines.setdefault(self.here, self.line)
            self.stack.append(_Open(self.here, 0 if part == "[" else None))
            self._next()
        elif part in "]}" and self.stack:
            self.here = self.stack.pop().path
            self.in_key, self.parts = False, []
        elif part == "," and self.stack:
            top = self.stack[-1]
            top.item = None if top.item is None else top.item + 1
            self._next()

    def _next(self) -> None:
        top = self.stack[-1]
        self.in_key, self.parts, self.here = top.item is None, [], top.child

    def _start_statement(self) -> None:
        self.in_key, self.parts, self.brackets, self.here = True, [], 0, ()

    def _end_key(self) -> None:
        base = self.stack[-1].path if self.stack else self.table
        self._note((*base, *self.parts))
        self.in_key, self.parts = False, []

    def _end_header(self) -> None:
        path = self._resolved(tuple(self.parts[:-1])) + tuple(self.parts[-1:])
        if self.brackets > 1:
            self.counts[path] = self.counts.get(path, 0) + 1
            path = (*path, self.counts[path] - 1)
        elif path in self.counts:
            path = (*path, self.counts[path] - 1)
        self._note(path)
        self.table = path
        self.in_key, self.brackets, self.parts = False, 0, []

    def _resolved(self, parts: tuple[str, ...]) -> Path:
        path: Path = ()
        for part in parts:
            path = (*path, part)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def _note(self, path: Path) -> None:
        if len(path) > DEEPEST:
            raise Overgrown(TOO_DEEP, self.line)
        for end in range(1, len(path) + 1):
            self.lines.setdefault(path[:end], self.line)
        self.here = path


def _toml_key(part: str) -> str:
    if part[:1] == "'":
        return part[1:-1]
    return _json_key(part) if part[:1] == '"' else part
