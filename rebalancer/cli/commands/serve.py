"""Commands that work by themselves: all of it for months, one round for a timer, the bot alone."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from portfolios.errors import RebalancerError, UsageError
from rebalancer import wiring
from rebalancer.cli.context import Context, context_of
from rebalancer.cli.exit_codes import Exit, exit_for
from rebalancer.cli.options import Offline
from rebalancer.logs import start_logging

if TYPE_CHECKING:
    from rebalancer.settings import Resolved

log = logging.getLogger(__name__)

Metrics = Annotated[
    Path | None,
    typer.Option("--metrics", help="Keep a file of figures up to date, as Prometheus reads them."),
]
LogJson = Annotated[bool, typer.Option("--log-json", help="Log one JSON object a line.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(serve)
    app.command()(bot)


def serve(
    ctx: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="One round, for a timer such as cron or systemd.")
    ] = False,
    offline: Offline = False,
    metrics: Metrics = None,
    log_json: LogJson = False,
) -> None:
    """Run the bot, pull, judge, report and deliver, until interrupted."""
    context = replace(context_of(ctx), is_logged=log_json)
    if once and metrics is not None:
        raise UsageError("--metrics is for serve without --once", hint="leave one of them out")
    if log_json or not once:
        _log(context, as_json=log_json)
    try:
        resolved = wiring.settings_from(context.config)
        if once:
            _serve_once(context, resolved, offline=offline)
            return
        raise typer.Exit(_serve(context, resolved, offline=offline, metrics=metrics))
    except RebalancerError as error:
        if not log_json:
            raise
        log.error("%s; %s", error, error.hint)
        raise typer.Exit(exit_for(error)) from None


def _serve(context: Context, resolved: Resolved, *, offline: bool, metrics: Path | None) -> int:
    log.info("starting")
    with _asked() as asked:  # before anything large is loaded, so that a request to stop is heard
        from rebalancer.wiring import open_store
        from rebalancer.wiring.service import serve as run_all
        from rebalancer.wiring.service import what_runs

        with open_store(resolved):
            pass  # a fault of the database is reported once, here, and not by every part
        first, *missing = what_runs(resolved.settings)
        log.info(first)
        for each in missing:
            log.warning(each)
        left = run_all(resolved, asked.stop, clock=context.clock, offline=offline, metrics=metrics)
    if left:
        log.warning("ended in the middle of: %s", ", ".join(left))
        logging.shutdown()
        # A thread that cannot be ended would keep the process; what it was at is whole or absent.
        os._exit(asked.code)
    log.info("stopped")
    return asked.code


def _serve_once(context: Context, resolved: Resolved, *, offline: bool) -> None:
    from rebalancer.cli.views.delivery import tell_delivery
    from rebalancer.cli.views.refresh import tell_losses
    from rebalancer.wiring.rounds import pull
    from rebalancer.wiring.service import serve_once

    clock = context.clock
    if not offline and resolved.settings.provider == "live":
        report = pull(resolved.settings, clock=clock)
        if report is not None:
            tell_losses(report, context.tell)
    market = wiring.market_from(resolved, offline=offline, clock=clock)
    insights = wiring.insights_from(resolved, offline=offline, clock=clock)
    served = serve_once(resolved.settings, market, insights, clock=clock)
    for name, why in served.round.failed.items():
        context.tell(f"{name}: {why}")
    context.put(str(served.round))
    if served.delivered is None:
        context.tell("no channel is set up: what was written waits in `rebalancer outbox`")
        raise typer.Exit(Exit.DONE)
    tell_delivery(context, served.delivered)
    raise typer.Exit(Exit.DELIVERY if served.delivered.stopped else Exit.DONE)


def bot(ctx: typer.Context, offline: Offline = False) -> None:
    """Answer commands on Telegram until interrupted."""
    context = context_of(ctx)
    with _asked() as asked:
        from rebalancer.wiring.bot import run_bot

        resolved = wiring.settings_from(context.config)
        if resolved.settings.telegram.token is not None:
            context.tell("listening; Ctrl-C ends it")
        run_bot(resolved, asked.stop, clock=context.clock, offline=offline)
    raise typer.Exit(asked.code)


@dataclass
class _Asked:
    """The request to stop, and what the process then ends with."""

    stop: Event = field(default_factory=Event)
    code: Exit = Exit.DONE

    def __call__(self, number: int, _: FrameType | None) -> None:
        self.code = Exit.INTERRUPTED if number == signal.SIGINT else Exit.DONE
        self.stop.set()
        signal.signal(number, signal.SIG_DFL)  # asked a second time, it ends at once


@contextmanager
def _asked() -> Iterator[_Asked]:
    """Let Ctrl-C and SIGTERM be a request to stop for as long as the block lasts."""
    asked = _Asked()
    before = {n: signal.signal(n, asked) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log(context: Context, *, as_json: bool) -> None:
    """Log what a service does by itself, unless it was asked for quiet."""
    asked = logging.getLogger().level
    level = logging.WARNING if context.quiet else min(asked, logging.INFO)
    start_logging(level, as_json=as_json)
