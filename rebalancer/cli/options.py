"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

Maps = Annotated[
    list[str] | None, typer.Option("--map", help="SYM=ID settles what a symbol means.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--columns", help="What columns are: asset=Coin,quantity=Amount."),
]


class DecimalMark(StrEnum):
    """The decimal character of a table's numbers."""

    POINT = "point"
    COMMA = "comma"


Decimals = Annotated[
    DecimalMark | None,
    typer.Option("--decimal", help="Where numbers may be read in two ways, as 1.000."),
]
AllowUnknown = Annotated[
    bool,
    typer.Option("--allow-unknown", help="Keep assets that nobody knows, valued at zero."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Use the built-in sample market.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
