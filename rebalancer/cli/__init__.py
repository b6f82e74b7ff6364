"""The command line: parse, call a verb, print. Every command is a few lines over a use case.

Nothing large is imported here: each command imports what it needs when it is run, so that help is
there at once, and the solver is loaded only by commands that solve.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from portfolios.errors import InputError, RebalancerError
from portfolios.values.command import command
from portfolios.values.time import Clock, utc_now
from rebalancer.cli.commands import (
    alerts,
    decisions,
    demo,
    explain,
    plans,
    portfolios,
    prices,
    providers,
    report,
    serve,
    system,
    users,
    verify,
)
from rebalancer.cli.console import say
from rebalancer.cli.context import Context, context_of
from rebalancer.cli.exit_codes import Exit, exit_for
from rebalancer.logs import masked, start_logging

app = typer.Typer(
    name="rebalancer",
    help="Proposes sector-aware crypto rebalances and flags risk zones. It proposes; you trade.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (
    demo,
    plans,
    decisions,
    explain,
    verify,
    portfolios,
    prices,
    providers,
    alerts,
    users,
    report,
    serve,
    system,
):
    group.register(app)


def _told(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"rebalancer {version('rebalancer')}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Settings file instead of ./rebalancer.toml.")
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No words, only data.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what is done.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_told, is_eager=True),
    ] = False,
) -> None:
    """Options that come before the command."""
    start_logging(logging.DEBUG if debug else logging.INFO if verbose else logging.WARNING)
    ctx.obj = Context(config=config, quiet=quiet, clock=context_of(ctx).clock)


def main(clock: Clock = utc_now) -> None:
    """Run the command line and end the process with its exit code.

    Args:
        clock: tells every command the moment.
    """
    debug = "--debug" in sys.argv
    try:
        app(prog_name="rebalancer", obj=Context(clock=clock))
    except RebalancerError as error:
        _explain(error, debug=debug)
        sys.exit(exit_for(error))
    except KeyboardInterrupt:
        say("interrupted; nothing was left half-written")
        sys.exit(Exit.INTERRUPTED)
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        # The reader went away (`| head`), which is nothing wrong; what is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.DONE)
    except Exception as error:
        if debug:
            say(masked(traceback.format_exc()))
        say(f"unexpected error: {type(error).__name__}")
        again = command("--debug", *(word for word in sys.argv[1:] if word != "--debug"))
        say(f"  this is a fault of the program; {again} shows the details")
        sys.exit(Exit.UNEXPECTED)


def _explain(error: RebalancerError, *, debug: bool) -> None:
    if debug:
        say(masked(traceback.format_exc()))
    say(str(error))
    if isinstance(error, InputError):
        for problem in error.problems:
            say(f"  {problem}")
    if error.hint:
        say(f"  {error.hint}")
