"""Commands about telling: alerts, notify, outbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from portfolios.errors import NotFoundError, UsageError
from portfolios.loaders.alert_rules import parse_rule
from portfolios.model.users import Person
from portfolios.values.command import command
from portfolios.values.display import counted
from rebalancer import wiring
from rebalancer.cli.commands.portfolios import assets_of
from rebalancer.cli.console import out, table, write_json
from rebalancer.cli.context import context_of
from rebalancer.cli.options import AsJson, Offline

if TYPE_CHECKING:
    from portfolios.model.assets import AssetIndex
    from portfolios.store.portfolio_store import Store


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(alerts)
    app.command()(notify)
    app.command()(outbox)


def alerts(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(help='[NAME], or: add NAME "RULE", or: remove NAME "RULE".'),
    ] = None,
    replay: Annotated[
        str, typer.Option(help="How many messages, e.g. 90d: rehearsed on the past, none sent.")
    ] = "",
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Show alert rules with their state; add or remove one of your own."""
    from rebalancer.wiring.delivery import open_full_database

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    if replay:
        _replay(ctx, words or [], _days(replay), offline=offline, as_json=as_json)
        return
    with open_full_database(resolved.settings) as store:
        match words or []:
            case ["add", name, rule]:
                index = partial(assets_of, context, resolved, offline=offline)
                _add_rule(store, name, rule, index=index, at=context.clock())
            case ["remove", name, rule]:
                _remove_rule(store, name, rule, at=context.clock())
            case [] | [_]:
                _show_rules(store, words[0] if words else None, as_json=as_json)
            case _:
                raise UsageError(
                    "this is no alerts command",
                    hint="`rebalancer alerts NAME`, or"
                    ' `rebalancer alerts add NAME "price bitcoin > 100000"`, or remove alike',
                )


def _days(text: str) -> int:
    number = text.removesuffix("d")
    is_number = number != text and number.isascii() and number.isdigit()
    if not (is_number and 1 <= int(number) <= 700):
        raise UsageError(f"--replay {text} is no number of days", hint="write it like 90d")
    return int(number)


def _replay(
    ctx: typer.Context, words: list[str], days: int, *, offline: bool, as_json: bool
) -> None:
    """Rehearse the alerts of one portfolio on its past."""
    from rebalancer.cli.views.refresh import counting
    from rebalancer.usecases.monitoring.replay import replay_alerts

    if len(words) != 1:
        raise UsageError(
            "name one portfolio to rehearse", hint="`rebalancer alerts NAME --replay 90d`"
        )
    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    with wiring.open_store(resolved, read_only=True) as store:
        portfolio = store.load_portfolio(words[0])
    market = wiring.market_from(resolved, offline=offline, clock=context.clock)
    with counting("days", is_quiet=context.quiet) as watch:
        said = replay_alerts(portfolio, market, days=days, watch=watch)
    if as_json:
        write_json([{"on": s.on.isoformat(), "kind": s.kind, "headline": s.headline} for s in said])
        return
    grid = table("day", "kind", "what")
    for one in said:
        grid.add_row(one.on.isoformat(), one.kind.value, one.headline)
    out().print(grid)
    count = f"{counted(len(said), 'message')} in {counted(days, 'day')}"
    typer.echo(f"{count}, with today's holdings and our own grades")


def _add_rule(
    store: Store, name: str, rule: str, *, index: Callable[[], AssetIndex], at: datetime
) -> None:
    from rebalancer.usecases.accounts.alert_rules import add_rule

    added = add_rule(store, name, rule, index=index, priced=(), at=at)
    if not added.is_new:
        typer.echo(f"{name}: has this rule already")
        return
    typer.echo(f"{name}: tells you when {added.when}")
    if added.doubt:
        typer.echo(
            f"  {parse_rule(added.when).name} is not in {name}: the next refresh pulls it too"
        )


def _remove_rule(store: Store, name: str, rule: str, *, at: datetime) -> None:
    from rebalancer.usecases.accounts.alert_rules import remove_rule

    if not remove_rule(store, name, rule, at=at):
        raise NotFoundError(
            f"{name} has no such rule", hint=f"{command('alerts', name)} shows them"
        )
    typer.echo(f"{name}: the rule is gone")


def _show_rules(store: Store, name: str | None, *, as_json: bool) -> None:
    from alerts.triggers.state_store import AlertState
    from alerts.triggers.user_rules import state_text
    from rebalancer.usecases.accounts.alert_rules_json import rule_to_json

    portfolios = [store.load_portfolio(name)] if name else store.list_portfolios()
    rows = [
        (p.name, alert.when, {s.when: s for s in AlertState(store.database, p.name).rules()})
        for p in portfolios
        for alert in p.alerts
    ]
    if as_json:
        write_json([rule_to_json(p, when, states.get(when)) for p, when, states in rows])
        return
    grid = table("portfolio", "rule", "state", "value>")
    for portfolio, when, states in rows:
        state = states.get(when)
        is_known = state is not None and state.holds is not None
        value = f"{state.value:,.6g}" if state is not None and is_known else "unknown"
        grid.add_row(portfolio, when, state_text(state), value if state is not None else "-")
    out().print(grid)


def notify(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(help="test: one harmless message per channel.")],
    channel: Annotated[str | None, typer.Option(help="Only this channel.")] = None,
) -> None:
    """Send one harmless message on each channel that is set up."""
    from rebalancer.cli.views.delivery import exit_of_delivery, tell_delivery

    if what != "test":
        raise UsageError(f"notify {what} means nothing", hint="`rebalancer notify test`")
    from alerts.delivery.routing import Post
    from alerts.texts.event_messages import trial_message
    from rebalancer.wiring.delivery import (
        deliver_now,
        open_full_database,
        people_of,
        require_channel,
    )

    context = context_of(ctx)
    settings = wiring.settings_from(context.config).settings
    with open_full_database(settings) as store:
        people = people_of(settings, store.database)
        if channel is not None:
            people = tuple(_only_by(channel, person) for person in people)
        if not any(person.addresses for person in people):
            raise UsageError(
                "nobody can be reached",
                hint="set REBALANCER_TELEGRAM__OWNER_ID or REBALANCER_EMAIL__TO",
            )
        require_channel(settings, channel)
        now = context.clock()
        Post.of(store, now=now).send(trial_message(now=now), people)
        report = deliver_now(settings, store.database, clock=context.clock)
    tell_delivery(context, report)
    raise typer.Exit(exit_of_delivery(report))


def _only_by(channel: str, person: Person) -> Person:
    from alerts.channels import CHANNELS

    if channel in CHANNELS:
        return person.only_on(channel)
    raise UsageError(f"no channel is called {channel}", hint=" or ".join(sorted(CHANNELS)))


def outbox(
    ctx: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(help="Nothing, or: retry NUMBER.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show deliveries and why they failed; try a dead one again."""
    from alerts.delivery.outbox import Outbox
    from rebalancer.usecases.monitoring.outbox_json import delivery_to_json
    from rebalancer.wiring.delivery import open_full_database

    context = context_of(ctx)
    settings = wiring.settings_from(context.config).settings
    with open_full_database(settings) as store:
        box = Outbox(store.database)
        match words or []:
            case ["retry", number] if number.isascii() and number.isdigit():
                box.retry(int(number), context.clock())
                typer.echo(f"message {number} will be sent with the next delivery")
                return
            case []:
                deliveries = box.find(limit=50)
            case _:
                raise UsageError(
                    "this is no outbox command",
                    hint="`rebalancer outbox`, or `rebalancer outbox retry NUMBER`",
                )
    if as_json:
        write_json([delivery_to_json(delivery) for delivery in deliveries])
        return
    grid = table("number>", "to", "channel", "state", "what", "reason")
    for d in deliveries:
        grid.add_row(
            str(d.number), d.person, d.channel, d.state.value, d.message.headline, d.reason
        )
    out().print(grid)
