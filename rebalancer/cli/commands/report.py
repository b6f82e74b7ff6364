"""The command about the weekly report: show it, write it to files, or send it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portfolios.errors import UsageError
from portfolios.private_file import create_folders, write_private
from portfolios.values.schedule import read_week, weekly
from portfolios.values.visible_text import file_stem
from rebalancer import wiring
from rebalancer.cli.context import context_of
from rebalancer.cli.options import Offline

if TYPE_CHECKING:
    from rebalancer.wiring.report import Report


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A stored portfolio.")],
    week: Annotated[str, typer.Option(help="Its name for this week, as 2026-W47.")] = "",
    to: Annotated[
        Path | None, typer.Option("--out", help="Write .html, .txt, .eml and charts there.")
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Send it; a week is sent once.")] = False,
    offline: Offline = False,
) -> None:
    """Show the weekly report of a portfolio, write it to files, or send it."""
    from rebalancer.cli.views.delivery import exit_of_delivery, nobody_told, tell_delivery
    from rebalancer.usecases.proposals.analysis import analyse
    from rebalancer.usecases.reports.weekly_report import readers
    from rebalancer.wiring.delivery import (
        deliver_now,
        open_full_database,
        people_of,
        require_channel,
    )
    from rebalancer.wiring.report import make_report, send_report

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    week = _week(week, context.clock() if send else None, resolved.settings.timezone)
    if send:
        require_channel(resolved.settings)
    with open_full_database(resolved.settings) as store:
        portfolio = store.load_portfolio(name)
        market = wiring.market_from(resolved, offline=offline, clock=context.clock)
        portfolio = wiring.with_index_targets(resolved, portfolio)
        insights = wiring.insights_from(resolved, offline=offline, clock=context.clock)
        people = people_of(resolved.settings, store.database) if send else ()
        if send and not readers(store, name, people, now=context.clock()):
            raise nobody_told(name, people)
        analysis = analyse(portfolio, market)
        made = make_report(store, analysis, insights=insights, week=week)
        if to is not None:
            for path in write_report(made, to, sender=resolved.settings.email.sender):
                context.tell(f"wrote {path}")
        if not send:
            if to is None:
                typer.echo(made.text, nl=False)
            return
        if not send_report(resolved.settings, store, made, now=context.clock()):
            context.tell(f"{name}: the report of {made.facts.week} was sent before")
            return
        outcome = deliver_now(resolved.settings, store.database, clock=context.clock)
    tell_delivery(context, outcome)
    raise typer.Exit(exit_of_delivery(outcome))


def _week(stated: str, sent_at: datetime | None, zone: str) -> str:
    """Return the week of a report: as stated; of what is sent, the one that `serve` counts by."""
    if stated:
        try:
            return read_week(stated)
        except ValueError as error:
            raise UsageError(f"--week {stated} {error}", hint="write it like 2026-W47") from None
    return weekly(sent_at, zone).period if sent_at is not None else ""


def write_report(made: Report, folder: Path, *, sender: str | None) -> list[Path]:
    """Write a report as web page, text and mail, with its pictures, for its owner alone.

    Returns:
        The files written.

    Raises:
        UsageError: they cannot be written.
    """
    stem = f"{file_stem(made.facts.portfolio)}-{made.facts.week}"
    try:
        create_folders(folder / stem)
        files = {
            folder / f"{stem}.txt": made.text.encode(),
            folder / f"{stem}.html": made.page.encode(),
            folder / f"{stem}.eml": made.mail(sender or "rebalancer@localhost"),
            **{folder / f"{stem}-{p.name}": p.png for p in made.pictures},
        }
        for path, content in files.items():
            write_private(path, content)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}", hint="check --out"
        ) from None
    return list(files)
