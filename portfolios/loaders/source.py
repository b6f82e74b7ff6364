"""The bytes of a portfolio file, from disk or standard input: the one effect of an import."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from portfolios.errors import InputError
from portfolios.loaders.import_session import unreadable

_BINARY = {b"PK\x03\x04": "a spreadsheet or an archive, not text", b"%PDF": "a PDF, not text"}
"""What files begin with that are no text -> what they are."""
MOST_BYTES = 10_000_000
STDIN = "-"


class Readable(Protocol):
    """What standard input is to an import."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; fewer at the end."""
        ...


def read_source(path_or_dash: str, stdin: Readable) -> bytes:
    """Read a file, or standard input for `-`.

    Args:
        path_or_dash: path as the user wrote it.
        stdin: read only for `-`.

    Raises:
        InputError: when there is no such file, it cannot be read, or it is over 10 MB.
    """
    if path_or_dash == STDIN:
        return _within_limit(stdin.read(MOST_BYTES + 1), "standard input")
    try:
        with Path(path_or_dash).open("rb") as file:
            return _within_limit(file.read(MOST_BYTES + 1), path_or_dash)
    except (OSError, ValueError) as error:
        raise _refused(path_or_dash, error) from error


def called(path_or_dash: str) -> str:
    """Return the word for a source in messages."""
    return "standard input" if path_or_dash == STDIN else path_or_dash


def decode(raw: bytes, source: str, is_western: Callable[[str], bool] = lambda _: False) -> str:
    """Return the text of a file: UTF-8, or UTF-16 with its byte order mark.

    Args:
        raw: the file.
        source: what the user called it.
        is_western: tells of a text, read in the usual encoding of older Western programs, that it
            was surely written so.

    Raises:
        InputError: when it is empty, too large, or no such text.
    """
    _within_limit(raw, source)
    if (kind := next((k for mark, k in _BINARY.items() if raw.startswith(mark)), None)) is not None:
        raise unreadable(source, kind, hint="save or export it as CSV")
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    if encoding != "utf-16" and b"\x00" in raw:
        raise unreadable(source, "not a text file", hint="give a TOML, CSV or JSON file")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-16" and is_western(western := raw.decode("cp1252", "replace")):
            return western
        line = raw.count(b"\n", 0, error.start) + 1
        why = f"line {line} is not {encoding.upper().removesuffix('-SIG')} text"
        raise unreadable(source, why, hint="save the file as UTF-8") from error
    if not text.strip():
        raise unreadable(source, "the file is empty", hint="name at least one holding in it")
    return text


def _within_limit(raw: bytes, source: str) -> bytes:
    if len(raw) > MOST_BYTES:
        raise unreadable(source, "over 10 MB", hint="a holdings file needs far less")
    return raw


def _refused(path: str, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return unreadable(path, "no such file", hint="check the name; - reads standard input")
    if isinstance(error, IsADirectoryError):
        return unreadable(path, "a directory, not a file", hint="name a file in it")
    code = getattr(error, "errno", None)
    reason = os.strerror(code).lower() if code else "not a usable file name"
    return unreadable(path, f"cannot be read ({reason})", hint="check the path and its permissions")
