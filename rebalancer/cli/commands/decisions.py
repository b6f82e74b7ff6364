"""Commands about plans that were kept: history, performance, approve, skip, snooze, apply."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from portfolios.model.decisions import LONGEST_SNOOZE_DAYS, Verdict
from portfolios.model.plan import Plan
from portfolios.values import display
from portfolios.values.command import command
from rebalancer import wiring
from rebalancer.cli.console import out, write_json
from rebalancer.cli.context import Context, context_of
from rebalancer.cli.options import AsJson, Offline

if TYPE_CHECKING:
    from portfolios.model.market import Market
    from rebalancer.settings import Resolved


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
    from portfolios.marketdata.market_store import MarketStore
    from rebalancer.cli.views.history import show_history
    from rebalancer.cli.views.prices import show_acceptances
    from rebalancer.usecases.performance.past_plans import past_plans
    from rebalancer.usecases.performance.past_plans_json import history_to_json

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    market = wiring.market_if_any(resolved, offline=offline, clock=context.clock)
    with wiring.open_store(resolved, read_only=True) as store:
        if name is not None and not store.plans(name):
            store.load_portfolio(name)  # which says that there is none, and what is near
        past = past_plans(store, market, name, now=context.clock())
        prices = MarketStore(store.database, currency=resolved.settings.currency)
        accepted = prices.acceptances() if name is None else []
    if as_json:
        write_json([history_to_json(entry) for entry in past])
    else:
        show_history(out(), past, with_trades=trades)
        show_acceptances(out(), accepted)


def performance(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One portfolio; all when none.")] = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Show what booked plans have made of a portfolio, against doing nothing, to the cent."""
    from rebalancer.cli.views.performance import show_performance
    from rebalancer.usecases.performance.performance import performance_of
    from rebalancer.usecases.performance.performance_json import performance_to_json

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    with wiring.open_store(resolved, read_only=True) as store:
        own = store.list_portfolios() if name is None else (store.load_portfolio(name),)
        market = wiring.market_from(resolved, offline=offline, clock=context.clock)
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
    days: Annotated[
        int, typer.Option(min=1, max=LONGEST_SNOOZE_DAYS, help="Days until it is shown again.")
    ] = 1,
) -> None:
    """Put a plan off."""
    _decide(ctx, plan, Verdict.SNOOZE, days=days)


def apply_plan(ctx: typer.Context, plan: Plan_) -> None:
    """Record a plan's trades as done in the stored portfolio; applying twice changes nothing."""
    from rebalancer.cli.views.decision import refusal_error
    from rebalancer.usecases.proposals.decide import book
    from rebalancer.usecases.proposals.refusals import OPERATOR, Refused
    from rebalancer.wiring.delivery import open_full_database, people_of

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    market = wiring.market_if_any(resolved, offline=False, clock=context.clock)
    with open_full_database(resolved.settings) as store:
        people = people_of(resolved.settings, store.database)
        done = book(
            store, store.load_plan(plan), OPERATOR,
            people=people, at=context.clock(), market=market,
        )  # fmt: skip
    if isinstance(done, Refused):
        raise refusal_error(done)
    if done.is_new:
        typer.echo(f"plan {done.ruling.plan_id}: its trades are booked")
    else:
        typer.echo(f"plan {done.ruling.plan_id} was applied already; nothing changed")


def _decide(ctx: typer.Context, plan: str, verdict: Verdict, *, days: int | None = None) -> None:
    from rebalancer.cli.views.decision import refusal_error
    from rebalancer.usecases.proposals.decide import decide
    from rebalancer.usecases.proposals.refusals import OPERATOR, Refused
    from rebalancer.wiring.delivery import open_full_database, people_of

    context = context_of(ctx)
    resolved, now = wiring.settings_from(context.config), context.clock()
    until = now + timedelta(days=days) if days else None
    with open_full_database(resolved.settings) as store:
        made, people = store.load_plan(plan), people_of(resolved.settings, store.database)
        market = _market_for(made, context, resolved) if verdict is Verdict.APPROVE else None
        done = decide(
            store, made, verdict, OPERATOR, people=people, at=now, market=market, until=until
        )
    if isinstance(done, Refused):
        raise refusal_error(done)
    again = "" if done.is_new else " (as before)"
    until_text = f" until {display.day(until.date())}" if until else ""
    typer.echo(f"plan {done.ruling.plan_id}: {verdict.value}{until_text}{again}")
    if verdict is Verdict.APPROVE:
        context.tell(f"when you have traded: {command('apply', done.ruling.plan_id)}")


def _market_for(plan: Plan, context: Context, resolved: Resolved) -> Market | None:
    """Return the newest market; the sample's for its own plans while no real prices are here."""
    market = wiring.market_if_any(resolved, offline=False, clock=context.clock)
    if market is None and plan.is_sample:
        return wiring.market_from(resolved, offline=True, clock=context.clock)
    return market
