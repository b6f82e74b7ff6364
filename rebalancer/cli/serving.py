"""Commands that work by themselves: a round of what is due, and the bot."""

from __future__ import annotations

from typing import Annotated

import typer

from portfolios.errors import UsageError
from rebalancer import wiring
from rebalancer.cli.alerting import tell_delivery
from rebalancer.cli.context import context_of
from rebalancer.cli.exits import Exit
from rebalancer.cli.holdings import Offline
from rebalancer.cli.refreshview import tell_losses


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
) -> None:
    """Pull, judge, write reports and digests that are due, and deliver."""
    from rebalancer.wiring.refreshing import refresh_all
    from rebalancer.wiring.serving import serve_once

    if not once:
        raise UsageError(
            "serve runs one round at a time in this version",
            hint="call `rebalancer serve --once` from a timer, every quarter of an hour",
        )
    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    if not offline and resolved.settings.provider == "live":
        report = refresh_all(resolved.settings, manual=False)
        if report is not None:
            tell_losses(report, context.tell)
    market = wiring.market_from(resolved, offline=offline)
    insights = wiring.insights_from(resolved, offline=offline)
    done = serve_once(resolved.settings, market, insights)
    for name, why in done.failed.items():
        context.tell(f"{name}: {why}")
    typer.echo(f"{done.checked} portfolios checked, {done.reports} reports, {done.digests} digests")
    if done.delivered is None:
        context.tell("no channel is set up: what was written waits in `rebalancer outbox`")
        raise typer.Exit(Exit.DONE)
    tell_delivery(context, done.delivered)


def bot(ctx: typer.Context, offline: Offline = False) -> None:
    """Answer commands on Telegram until interrupted."""
    from portfolios.errors import DeliveryError
    from rebalancer.wiring.botting import run_bot

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    context.tell("listening; Ctrl-C ends it")
    try:
        run_bot(resolved, offline=offline)
    except Exception as error:
        if type(error).__name__ != "InvalidToken":
            raise
        raise DeliveryError(
            "Telegram refused the bot's token", hint="check REBALANCER_TELEGRAM__TOKEN"
        ) from None
