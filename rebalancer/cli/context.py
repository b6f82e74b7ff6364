"""What the options before the command said, and the clock, handed to every command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from portfolios.values.time import Clock, utc_now
from rebalancer.cli.console import say


@dataclass(frozen=True, slots=True)
class Context:
    """Options that come before the command.

    Attributes:
        clock: tells the moment.
    """

    config: Path | None = None
    quiet: bool = False
    clock: Clock = utc_now

    def tell(self, text: str) -> None:
        """Say something to the person, unless they asked for quiet."""
        if not self.quiet:
            say(text)


def context_of(ctx: typer.Context) -> Context:
    """Return the options that came before the command."""
    found = ctx.find_object(Context)
    return found if found is not None else Context()
