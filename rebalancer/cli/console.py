"""The two streams: data on standard output, words on standard error."""

from __future__ import annotations

import json
import shlex
import sys
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from portfolios.errors import UsageError
from portfolios.model.plan import Zone

WIDTH = 100
"""Tables are made for this width; a narrower terminal wraps, a wider one gains nothing."""

ZONE_STYLES = {
    Zone.GREEN: "green",
    Zone.GREY: "bright_black",
    Zone.AMBER: "yellow",
    Zone.RED: "bold red",
}


def out() -> Console:
    """Return the console of data; colour only on a terminal, and never under NO_COLOR."""
    console = Console(highlight=False, soft_wrap=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


def say(text: str) -> None:
    """Write words for the person, not data."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text(text))


def typed() -> str:
    """Return the command as it was typed, to be typed again."""
    return shlex.join(["rebalancer", *sys.argv[1:]])


def confirmed(question: str, command: str) -> bool:
    """Ask before something is removed.

    Raises:
        UsageError: nobody is there to answer; `command` does it without asking.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "nothing was removed: there is no terminal to ask on", hint=f"{command} does not ask"
        )
    return typer.confirm(question, err=True)


def write_json(document: Any) -> None:
    """Write one JSON document, the same bytes for the same document."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def zone_text(zone: Zone | None) -> Text:
    """Show a zone: alarms in capitals, so that colour is never the only sign."""
    if zone is None:
        return Text("")
    word = zone.value.upper() if zone in (Zone.AMBER, Zone.RED) else zone.value
    return Text(word, style=ZONE_STYLES[zone])


def table(*columns: str, title: str = "") -> Table:
    """Start a plain table; a column named `value>` is aligned to the right.

    Args:
        columns: the headings, in order.
        title: what the table shows, in capitals.
    """
    grid = Table(
        title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    for name in columns:
        right = name.endswith(">")
        grid.add_column(
            name.rstrip(">"), justify="right" if right else "left", no_wrap=right, overflow="fold"
        )
    return grid
