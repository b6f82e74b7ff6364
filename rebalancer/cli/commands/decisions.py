"""Commands about plans that were kept: history, performance, approve, skip, snooze, apply."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from portfolios.model.decisions import Verdict
from portfolios.values import display
from rebalancer import wiring
from rebalancer.cli.console import out, write_json
from rebalancer.cli.context import context_of
from rebalancer.cli.options import AsJson, Offline
from rebalancer.cli.views.history import show_history
from rebalancer.cli.views.performance import show_performance
from rebalancer.usecases.performance.past_plans import past_plans
from rebalancer.usecases.performance.past_plans_json import history_to_json
from rebalancer.usecases.performance.performance import performance_of
from rebalancer.usecases.performance.performance_json import performance_to_json
from rebalancer.usecases.proposals import apply


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(history)
    app.command()(performance)
    app.command()(approve)
    app.command()(skip)
    app.command()(snooze)
    app.command("apply")(apply_plan)


def history(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One portfolio; all when none.")] = None,
    trades: Annotated[
        bool, typer.Option("--trades", help="Each trade with what it has earned.")
    ] = False,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Show past plans, what became of them, and what each would have earned since."""
    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    market = wiring.market_if_any(resolved, offline=offline, clock=context.clock)
    with wiring.open_store(resolved, read_only=True) as store:
        if name is not None and not store.plans(name):
            store.load_portfolio(name)  # which says that there is none, and what is near
        past = past_plans(store, market, name, now=context.clock())
    if as_json:
        write_json([history_to_json(entry) for entry in past])
    else:
        show_history(out(), past, with_trades=trades)


def performance(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One portfolio; all when none.")] = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Show what booked plans have made of a portfolio, against doing nothing, to the cent."""
    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    market = wiring.market_from(resolved, offline=offline, clock=context.clock)
    with wiring.open_store(resolved, read_only=True) as store:
        own = store.list_portfolios() if name is None else (store.load_portfolio(name),)
        found = [performance_of(store, p, market, now=context.clock()) for p in own]
    if as_json:
        write_json(performance_to_json(found, market))
    else:
        show_performance(out(), found, market)


Plan_ = Annotated[str, typer.Argument(metavar="PLAN", help="The plan's id, or its beginning.")]


def approve(ctx: typer.Context, plan: Plan_) -> None:
    """Record that a plan is approved; the trades are yours to make."""
    _decide(ctx, plan, Verdict.APPROVE)


def skip(ctx: typer.Context, plan: Plan_) -> None:
    """Record that a plan is skipped."""
    _decide(ctx, plan, Verdict.SKIP)


def snooze(
    ctx: typer.Context,
    plan: Plan_,
    days: Annotated[int, typer.Option(min=1, max=365, help="Look again after so many days.")] = 1,
) -> None:
    """Put a plan off."""
    _decide(ctx, plan, Verdict.SNOOZE, days=days)


def apply_plan(ctx: typer.Context, plan: Plan_) -> None:
    """Record a plan's trades as done in the stored portfolio; applying twice changes nothing."""
    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    market = wiring.market_if_any(resolved, offline=False, clock=context.clock)
    with wiring.open_store(resolved) as store:
        done = apply.apply_plan(store, plan, market, at=context.clock(), by="cli")
    if done.is_new:
        typer.echo(f"plan {done.ruling.plan_id}: its trades are booked")
    else:
        typer.echo(f"plan {done.ruling.plan_id} was applied already; nothing changed")


def _decide(ctx: typer.Context, plan: str, verdict: Verdict, *, days: int | None = None) -> None:
    context = context_of(ctx)
    now = context.clock()
    until = now + timedelta(days=days) if days else None
    with wiring.open_store(wiring.settings_from(context.config)) as store:
        done = store.record_decision(plan, verdict, at=now, by="cli", until=until)
    again = "" if done.is_new else " (as before)"
    until_text = f" until {display.day(until.date())}" if until else ""
    typer.echo(f"plan {done.ruling.plan_id}: {verdict.value}{until_text}{again}")
    if verdict is Verdict.APPROVE:
        context.tell(f"when you have traded: rebalancer apply {done.ruling.plan_id}")
