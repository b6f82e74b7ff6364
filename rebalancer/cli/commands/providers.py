"""Commands that ask the providers, and the account of what that costs: refresh, credits, ask."""

from __future__ import annotations

from typing import Annotated

import typer

from portfolios.providers import PROVIDERS
from rebalancer import wiring
from rebalancer.cli.console import out, table, write_json
from rebalancer.cli.context import context_of
from rebalancer.cli.exit_codes import Exit
from rebalancer.cli.options import AsJson, Offline
from rebalancer.usecases.monitoring.credits_json import usage_to_json
from rebalancer.usecases.refresh.report import Loss, RefreshReport
from rebalancer.usecases.refresh.report_json import refresh_to_json


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(refresh)
    app.command("credits")(credits_)
    app.command()(ask)
    app.command()(probe)
    app.command()(indices)


def refresh(
    ctx: typer.Context,
    max_calls: Annotated[
        int | None, typer.Option(min=1, help="Most calls of this run; run again to go on.")
    ] = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Pull prices, history, signals, grades and sectors for everything that is held."""
    from rebalancer.cli.views.refresh import show_refresh, tell_losses, watching

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    if offline or resolved.settings.provider == "sample":
        context.tell("the built-in sample market is always complete: nothing to refresh")
        return
    from rebalancer.wiring.refresh import refresh_all

    with wiring.open_store(resolved) as store:
        is_empty = not store.list_portfolios()
    if is_empty:
        context.tell("no portfolio is stored yet, so there is nothing to pull")
        context.tell("  `rebalancer add FILE` keeps one")
        return
    has_grades = resolved.settings.tokenmetrics.api_key is not None
    with watching(is_quiet=context.quiet) as watcher:
        report = refresh_all(
            resolved.settings,
            clock=context.clock,
            max_calls=max_calls,
            watch=watcher.watch,
            wait=watcher.wait,
            announce=watcher.announce,
        )
    if report is None:
        context.tell("another refresh is at work; nothing was asked twice")
        return
    if as_json:
        write_json(refresh_to_json(report))
    else:
        show_refresh(out(), report, has_grades=has_grades)
    tell_losses(report, context.tell)
    raise typer.Exit(_exit_of(report))


def _exit_of(report: RefreshReport) -> Exit:
    """Return 7 when something due was not served; a cap that the user set is no failure."""
    lost = [d for d in report.degradations if d.loss is not Loss.CAPPED and d.is_news]
    return Exit.PROVIDER if lost else Exit.DONE


def credits_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show the calls to each provider: used, left, and the forecast to the month's end."""
    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    from rebalancer.wiring.providers import ledger_of

    with wiring.open_store(resolved) as store:
        ledger = ledger_of(resolved.settings, store.database, clock=context.clock)
        usages = [ledger.usage(provider) for provider in PROVIDERS]
    if as_json:
        write_json([usage_to_json(usage) for usage in usages])
        return
    grid = table("provider", "month", "used>", "today>", "left>", "of>", "forecast>")
    for usage in usages:
        left = "no limit" if usage.left is None else str(usage.left)
        limit = "-" if usage.limit is None else str(usage.limit)
        grid.add_row(
            usage.provider, usage.month, str(usage.used), str(usage.today), left, limit,
            str(usage.forecast),
        )  # fmt: skip
    out().print(grid)


def ask(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(help="In your own words.")],
) -> None:
    """Put a question to the assistant of Token Metrics; costs one credit."""
    from rebalancer.wiring.assistant import ask_assistant

    context = context_of(ctx)
    settings = wiring.settings_from(context.config).settings
    answer, left = ask_assistant(settings, question, clock=context.clock)
    typer.echo(answer or "the assistant had nothing to say")
    context.tell(f"Token Metrics' words, not ours; one credit spent, {left} left this month")


def probe(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Ask the live providers what their documents leave open; about 15 credits."""
    from rebalancer.cli.views.refresh import watching

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    from portfolios.providers import probe as service
    from rebalancer.wiring.providers import probe_ground

    with (
        wiring.open_store(resolved) as store,
        watching(is_quiet=context.quiet) as watcher,
        probe_ground(
            resolved.settings, store.database, clock=context.clock, wait=watcher.wait
        ) as ground,
    ):
        found = service.probe(ground)
    if as_json:
        write_json([{"question": f.question, "answer": f.answer, "ok": f.ok} for f in found])
        return
    grid = table("", "question", "answer")
    for one in found:
        grid.add_row("ok" if one.ok else "NO", one.question, one.answer)
    out().print(grid)


def indices(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the indices of Token Metrics that a portfolio can follow; costs one credit."""
    from rebalancer.wiring.assistant import their_service

    context = context_of(ctx)
    settings = wiring.settings_from(context.config).settings
    with their_service(settings, clock=context.clock) as (source, _):
        found = source.indices()
    if as_json:
        write_json([{"id": key, "name": name} for key, name in found.items()])
        return
    grid = table("write as targets_from", "name")
    for key, name in found.items():
        grid.add_row(f"{source.name}:{key}", name)
    out().print(grid)
