"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Maps = Annotated[
    list[str] | None, typer.Option("--map", help="SYM=ID settles what a symbol means.")
]
AllowUnknown = Annotated[
    bool,
    typer.Option("--allow-unknown", help="Keep assets that nobody knows, valued at zero."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Use the built-in sample market.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
