"""Where settings may stand: one layer per place, all in the same form, with the lines kept.

A layer maps dotted keys to raw values. Reading a layer notes problems instead of raising, so that
the user hears of all of them at once.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from portfolios.errors import Problem
from rebalancer.settings.model import KEYS, SECRETS

PREFIX = "REBALANCER_"
SECRETS_DIRECTORY = "REBALANCER_SECRETS_DIR"
OTHERS = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The settings found in one place.

    Attributes:
        origin: the place in words, as shown beside each value.
        values: dotted key -> raw value; never printed, for it may hold secrets.
        base: directory that a relative path is relative to.
        lines: dotted key -> line, where the place has lines.
        is_file: a settings file, where secrets are not allowed.
        is_found: it lay in the working directory, and nobody named it.
        problems: what could not be read.
        warnings: what can, but should not stay so.
    """

    origin: str
    values: Mapping[str, object] = field(repr=False)
    base: Path
    lines: Mapping[str, int] = field(default_factory=dict)
    is_file: bool = False
    is_found: bool = False
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


def from_environment(environ: Mapping[str, str], *, base: Path) -> Layer:
    """Read the variables that begin with the program's prefix; empty ones count as not set."""
    return Layer(origin="environment", values=_variables(environ), base=base)


def from_dotenv(path: Path) -> Layer:
    """Read a `.env` file; variables of other programs in it are left alone."""
    text, problems = _read(path)
    # Without interpolation: a password may hold "${".
    found = dotenv_values(stream=StringIO(text), interpolate=False)
    values = _variables({name: value for name, value in found.items() if value is not None})
    return Layer(
        origin=path.name,
        values=values,
        base=path.parent,
        is_found=True,
        lines=dict(_dotenv_lines(text)),
        problems=problems,
        warnings=_open_to_others(path) if values.keys() & SECRETS else (),
    )


def from_secrets(directory: Path, *, is_ours: bool) -> Layer:
    """Read a directory with one file per secret, named `telegram.token` or like the variable.

    Args:
        directory: other files in it are left alone.
        is_ours: the user keeps it, so its files should be closed to others; those that systemd
            or a container mounts have modes of their own.
    """
    values: dict[str, object] = {}
    warnings: list[str] = []
    problems: list[Problem] = []
    for path in sorted(directory.iterdir()):
        key = _key(path.name.upper().removeprefix(PREFIX))
        if key in KEYS and path.is_file():
            text, unreadable = _read(path)
            values.update({key: text.strip()} if text.strip() else {})
            problems += unreadable
            warnings += _open_to_others(path) if is_ours else ()
    return Layer(
        origin=str(directory),
        values=values,
        base=directory,
        problems=tuple(problems),
        warnings=tuple(warnings),
    )


def from_toml(path: Path, *, is_found: bool = False) -> Layer:
    """Read a settings file.

    Args:
        path: the file.
        is_found: it lies in the working directory, and nobody named it.
    """
    text, problems = _read(path)
    values: dict[str, object] = {}
    try:
        values = dict(_leaves(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" ?\(at line (\d+), column \d+\)| ?\(at end of document\)", str(error))
        reason = str(error)[: place.start()] if place else str(error)
        at_line = int(place[1]) if place and place[1] else len(text.splitlines())
        problems = (*problems, Problem(f"{path}: no valid TOML: {reason}", line=at_line))
    return Layer(
        origin=str(path),
        values=values,
        base=path.parent,
        lines=dict(_toml_lines(text)),
        is_file=True,
        is_found=is_found,
        problems=problems,
    )


def _variables(environ: Mapping[str, str]) -> dict[str, object]:
    return {
        _key(name.removeprefix(PREFIX)): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name != SECRETS_DIRECTORY and value
    }


def _key(name: str) -> str:
    return name.lower().replace("__", ".")


def _read(path: Path) -> tuple[str, tuple[Problem, ...]]:
    try:
        return path.read_text(encoding="utf-8-sig"), ()
    except OSError as error:
        return "", (Problem(f"{path}: cannot be read: {error.strerror}"),)
    except UnicodeDecodeError:
        return "", (Problem(f"{path}: is not text in UTF-8"),)


def _leaves(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield above + name, value


def _toml_lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield each key with its line; keys of an inline table stand on the line of the table."""
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            section = _bare(header[1]) + "."
        elif pair := re.match(r"\s*([\w.\"'\- ]+?)\s*=\s*(.*)", line):
            key = section + _bare(pair[1])
            yield key, number
            for inner in re.findall(r"[{,]\s*([\w\"'.\-]+)\s*=", pair[2]):
                yield f"{key}.{_bare(inner)}", number


def _bare(key: str) -> str:
    return re.sub(r"[\"'\s]", "", key)


def _dotenv_lines(text: str) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if name := re.match(rf"\s*(?:export\s+)?{PREFIX}(\w+)\s*=", line):
            yield _key(name[1]), number


def _open_to_others(path: Path) -> tuple[str, ...]:
    if os.name != "posix" or not path.stat().st_mode & OTHERS:
        return ()
    return (f"{path} holds secrets and is open to other users; run: chmod 600 {path}",)
