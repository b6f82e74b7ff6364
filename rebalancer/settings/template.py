"""The commented settings file that a new user starts from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import platformdirs
from pydantic.fields import FieldInfo

from rebalancer.settings.model import KEYS, SECRETS, variable

HEAD = """\
# Settings of rebalancer. Every key stands here with its default; take away the # before a key to
# change it. A flag wins over the environment, the environment over this file.
# Secrets are not kept here: set their variables in the environment or in a file named .env.
"""


def template(*, data_dir: Path | None = None) -> str:
    """Return a settings file with every key commented out at its default.

    Args:
        data_dir: where the database is kept by default; the user's own when None.
    """
    data = data_dir or platformdirs.user_data_path("rebalancer", appauthor=False)
    return "\n".join([HEAD, *_lines(data / "rebalancer.db")]) + "\n"


def _lines(database: Path) -> Iterator[str]:
    for section, keys in groupby(KEYS, lambda key: key.rpartition(".")[0]):
        if section:
            yield f"\n[{section}]"
        for key in keys:
            yield from _entry(key, KEYS[key], database)


def _entry(key: str, field: FieldInfo, database: Path) -> Iterator[str]:
    if key in SECRETS:
        yield f"# {field.description}: set {variable(key)}"
        return
    default = str(database) if key == "database" else field.default
    name = key.rpartition(".")[2]
    yield f"# {field.description}"
    if default is None:
        example = _toml((field.examples or [""])[0])
        yield f"#{name} = {example}  # an example; not set by default"
    else:
        yield f"#{name} = {_toml(default)}"


def _toml(value: object) -> str:
    # Text and whole numbers are written alike in JSON and TOML.
    return json.dumps(value, ensure_ascii=False)
