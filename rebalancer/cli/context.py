"""What the options before the command said, and the clock, handed to every command."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import typer

from portfolios.values.time import Clock, utc_now
from rebalancer.cli.console import say

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Context:
    """Options that come before the command.

    Attributes:
        clock: tells the moment.
        is_logged: all that is said goes into the log, as a line for programs.
    """

    config: Path | None = None
    quiet: bool = False
    clock: Clock = utc_now
    is_logged: bool = False

    def tell(self, text: str) -> None:
        """Say something to the person, unless they asked for quiet."""
        if not self.quiet:
            (log.info if self.is_logged else say)(text)

    def put(self, text: str) -> None:
        """Write one line of the result."""
        (log.info if self.is_logged else typer.echo)(text)


def context_of(ctx: typer.Context) -> Context:
    """Return the options that came before the command."""
    found = ctx.find_object(Context)
    return found if found is not None else Context()
