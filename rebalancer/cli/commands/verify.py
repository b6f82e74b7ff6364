"""The command that checks a plan without trusting what made it: verify."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from portfolios.loaders.source import read_source
from rebalancer import wiring
from rebalancer.cli.commands.named_portfolios import is_file
from rebalancer.cli.context import context_of


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(verify)


def verify(
    ctx: typer.Context,
    plan: Annotated[
        str, typer.Argument(help="A kept plan's id, or a file of `run --json` or `run --dump`.")
    ],
    again: Annotated[
        bool, typer.Option("--again", help="Solve it anew with a general solver, and compare.")
    ] = False,
) -> None:
    """Check a plan by arithmetic of its own: cents, limits, and the proof that it is optimal."""
    from rebalancer.usecases.proposals.verify import verify as checks

    if is_file(plan):
        text = read_source(plan, sys.stdin.buffer)
    else:
        with wiring.open_store(
            wiring.settings_from(context_of(ctx).config), read_only=True
        ) as store:
            text = store.plan_document(plan)
    for line in checks(text, again=again):
        typer.echo(line)
