"""Commands that judge and propose: run, zones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portfolios.errors import PlanError, UsageError
from portfolios.loaders.number_parsing import parse_flow
from portfolios.model.plan import Decision, Plan, Zone, worst
from portfolios.model.policy import Mode
from portfolios.private_file import write_private
from portfolios.values.command import command
from rebalancer import wiring
from rebalancer.cli.commands.fleet import is_many, many_of, refuse_of_many, run_many, sink_of
from rebalancer.cli.commands.named_portfolios import is_file, portfolios_named
from rebalancer.cli.commands.portfolios import load_file
from rebalancer.cli.console import out, write_json
from rebalancer.cli.context import Context, context_of
from rebalancer.cli.exit_codes import Exit, exit_for
from rebalancer.cli.options import AllowUnknown, AsJson, Columns, Decimals, Maps, Offline

if TYPE_CHECKING:
    from portfolios.model.market import Market
    from portfolios.model.plan import Finding
    from portfolios.store.portfolio_store import Store
    from rebalancer.usecases.proposals.analysis import Analysis
    from rebalancer.usecases.proposals.propose import Proposal

    Judged = tuple[Analysis, tuple[Finding, ...]]


class FailOn(StrEnum):
    """The zone from which `run` and `zones` end with a code of their own."""

    RED = "red"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(run)
    app.command()(zones)


Names = Annotated[list[str] | None, typer.Argument(help="Stored names or files.")]


def run(
    ctx: typer.Context,
    names: Names = None,
    every: Annotated[bool, typer.Option("--all", help="Every stored portfolio.")] = False,
    listed: Annotated[
        str | None, typer.Option("--portfolios", help="A file with one stored name a line, or -.")
    ] = None,
    shard: Annotated[str | None, typer.Option(help="One part of all of them, such as 2/5.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes to work side by side; else as many as pay.")
    ] = None,
    mode: Annotated[Mode | None, typer.Option(help="Instead of the policy's mode.")] = None,
    cash: Annotated[
        str | None, typer.Option(help="Money coming in, negative for money going out.")
    ] = None,
    save: Annotated[
        bool, typer.Option("--save", help="Keep the plans, to decide on them.")
    ] = False,
    notify: Annotated[
        bool, typer.Option("--notify", help="Tell what is news; keeps the plans too.")
    ] = False,
    dump: Annotated[
        Path | None, typer.Option(help="Write the exact problem and answer as JSON.")
    ] = None,
    maps: Maps = None,
    allow_unknown: AllowUnknown = False,
    columns: Columns = None,
    decimal: Decimals = None,
    offline: Offline = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One trade per row.")] = False,
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="End with 10 when changes are proposed.")
    ] = False,
    fail_on: Annotated[FailOn | None, typer.Option(help="End with 11 on a red zone.")] = None,
) -> None:
    """Judge and propose for each portfolio; a file needs no database."""
    from rebalancer.usecases.fleet.worker import Task
    from rebalancer.usecases.proposals.analysis import analyse, findings_of

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    flow, many = _flow(cash), many_of(listed, shard, workers)
    few_only = {"--cash": cash, "--dump": dump, "--notify": notify, "a named portfolio": names}
    if many.is_asked_for or (every and not any(few_only.values()) and is_many(context)):
        refuse_of_many([option for option, value in few_only.items() if value])
        market = wiring.market_from(resolved, offline=offline, clock=context.clock)
        sink = sink_of(market, as_json=as_json, as_csv=as_csv)
        code = run_many(context, many, Task(market, mode), sink, save=save)
        raise typer.Exit(code(detailed=detailed, fails_on_red=fail_on is not None))
    known = cache(partial(wiring.market_from, resolved, offline=offline, clock=context.clock))
    read = partial(
        load_file, maps=maps, allow_unknown=allow_unknown, columns=columns, decimal=decimal
    )
    if (save or notify) and (files := [name for name in names or () if is_file(name)]):
        raise UsageError(
            f"{files[0]} is a file, and only plans of kept portfolios are decided on",
            hint=f"keep it with {command('add', files[0])}, then run it by its name",
        )
    portfolios = portfolios_named(context, names, read, known, every=every, offline=offline)
    if dump and len(portfolios) != 1:
        raise UsageError("--dump writes one problem", hint="name exactly one portfolio")
    if flow and len(portfolios) != 1:
        raise UsageError("--cash is money of one portfolio", hint="name exactly one portfolio")
    market = known()
    portfolios = [wiring.with_index_targets(resolved, portfolio) for portfolio in portfolios]
    analyses = [analyse(p, market, flow=flow, mode=mode) for p in portfolios]
    judged = [(each, findings_of(each)) for each in analyses]
    proposals, failures = _proposed(context, judged)
    if notify:
        if flow or mode:
            as_is = [analyse(p, market) for p in portfolios]
            judged = [(each, findings_of(each)) for each in as_is]
        _notify(context, judged, proposals)
    elif save:
        with wiring.open_store(resolved) as store:
            _keep(store, proposals, at=context.clock())
    if dump:
        _write_problem(dump, proposals[0], context)
    show_plans([p.plan for p in proposals], market, as_json=as_json, as_csv=as_csv)
    prices = ["--offline"] if offline else []
    reading = [
        *(f"--map={one}" for one in maps or ()),
        *(["--allow-unknown"] if allow_unknown else []),
        *(f"--columns={one}" for one in columns or ()),
        *([f"--decimal={decimal}"] if decimal else []),
    ]
    files = [
        command("add", _typed(file), *reading, *prices) for file in filter(is_file, names or ())
    ]
    asked = [*([f"--cash={cash}"] if flow else []), *([f"--mode={mode}"] if mode else []), *prices]
    first = dict(zip((p.name for p in portfolios), files, strict=False))
    _next_step(context, proposals, first, asked, saved=save or notify)
    plans = [p.plan for p in proposals]
    raise typer.Exit(failures or _exit_of(plans, detailed=detailed, fail_on=fail_on))


def _notify(context: Context, judged: list[Judged], proposals: list[Proposal]) -> None:
    """Remember what was judged, write the messages that are news, and send them."""
    from rebalancer.cli.views.delivery import tell_delivery
    from rebalancer.usecases.monitoring.check import check
    from rebalancer.wiring.delivery import (
        deliver_now,
        open_full_database,
        people_of,
        require_channel,
    )

    settings = wiring.settings_from(context.config).settings
    require_channel(settings)
    plans = {proposal.plan.portfolio: proposal.plan for proposal in proposals}
    with open_full_database(settings) as store:
        people = people_of(settings, store.database)
        for analysis, _ in judged:
            store.load_portfolio(analysis.portfolio.name)  # only what is kept can be remembered
        _keep(store, proposals, at=context.clock())
        for analysis, findings in judged:
            check(
                store,
                analysis,
                findings=findings,
                plan=plans.get(analysis.portfolio.name),
                people=people,
                now=context.clock(),
            )
        tell_delivery(context, deliver_now(settings, store.database, clock=context.clock))


def _keep(store: Store, proposals: list[Proposal], *, at: datetime) -> None:
    """Keep plans for good, all or none of them, and put those that trade before people."""
    from rebalancer.usecases.proposals.keep import keep_and_offer

    with store.database.transaction():
        for proposal in proposals:
            keep_and_offer(store, proposal.plan, at=at)


def _proposed(context: Context, judged: list[Judged]) -> tuple[list[Proposal], int]:
    """Propose for each portfolio; among several, one that cannot be solved stops no other.

    Returns:
        The proposals, and the exit code of the first that failed; 0 when none did.
    """
    from rebalancer.usecases.proposals.propose import propose

    if len(judged) == 1:
        return [propose(judged[0][0], findings=judged[0][1])], 0
    proposals, code = [], 0
    for analysis, findings in judged:
        try:
            proposals.append(propose(analysis, findings=findings))
        except PlanError as error:
            context.tell(f"{analysis.portfolio.name}: {error}")
            if error.hint:
                context.tell(f"  {error.hint}")
            code = code or exit_for(error)
    return proposals, code


def zones(
    ctx: typer.Context,
    names: Names = None,
    maps: Maps = None,
    allow_unknown: AllowUnknown = False,
    columns: Columns = None,
    decimal: Decimals = None,
    offline: Offline = False,
    as_json: AsJson = False,
    fail_on: Annotated[FailOn | None, typer.Option(help="End with 11 on a red zone.")] = None,
) -> None:
    """Show the risk zones of each portfolio; nothing is proposed and nothing is solved."""
    from portfolios.documents.plan_json import findings_to_json
    from rebalancer.cli.views.plan import zones_view
    from rebalancer.usecases.proposals.analysis import analyse, findings_of

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    known = cache(partial(wiring.market_from, resolved, offline=offline, clock=context.clock))
    read = partial(
        load_file, maps=maps, allow_unknown=allow_unknown, columns=columns, decimal=decimal
    )
    portfolios = portfolios_named(context, names, read, known, every=not names, offline=offline)
    market = known()
    portfolios = [wiring.with_index_targets(resolved, portfolio) for portfolio in portfolios]
    analysed = [analyse(portfolio, market) for portfolio in portfolios]
    judged = [(each, findings_of(each)) for each in analysed]
    if as_json:
        is_sample = market.is_sample
        write_json([findings_to_json(a.portfolio.name, f, is_sample=is_sample) for a, f in judged])
    else:
        for each, findings in judged:
            sample = "SAMPLE DATA   " if market.is_sample else ""
            head = f"{sample}{each.portfolio.name}   {each.valuation.as_of_text}"
            out().print(head, style="bold")
            out().print(zones_view(findings, every=True))
    red = any(worst(tuple(f.zone for f in findings)) is Zone.RED for _, findings in judged)
    raise typer.Exit(Exit.RED if red and fail_on else Exit.DONE)


def _flow(cash: str | None) -> Decimal:
    if cash is None:
        return Decimal(0)
    try:
        return parse_flow(cash)
    except ValueError as error:
        raise UsageError(f"--cash {cash}: {error}", hint="e.g. --cash 500 or --cash=-500") from None


def _write_problem(path: Path, proposal: Proposal, context: Context) -> None:
    problem = proposal.plan.problem
    if problem is None:
        context.tell("nothing was solved, so nothing was dumped")
        return
    try:
        write_private(path, f"{json.dumps(problem, allow_nan=False)}\n".encode())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}", hint="check --dump"
        ) from None


def show_plans(
    plans: list[Plan], market: Market, *, as_json: bool = False, as_csv: bool = False
) -> None:
    """Print plans whole: as people read them, as one document, or one trade a row."""
    from portfolios.documents.plan_json import run_to_json
    from portfolios.documents.trades_csv import trades_csv
    from rebalancer.cli.views.plan import show_plan

    if as_json:
        write_json(run_to_json(plans, as_of=market.as_of))
    elif as_csv:
        typer.echo(trades_csv(plans), nl=False)
    else:
        console = out()
        for number, plan in enumerate(plans):
            if number:
                console.rule(style="dim")
            show_plan(console, plan)


def _typed(file: str) -> str:
    """Return a file as it can be named once more; what standard input gave must be in one."""
    return "FILE" if file == "-" else file


def _next_step(
    context: Context,
    proposals: list[Proposal],
    first: Mapping[str, str],
    asked: Sequence[str],
    *,
    saved: bool,
) -> None:
    """Say how to decide on what is proposed.

    Args:
        context: of the command.
        proposals: one for each portfolio.
        first: portfolio -> the command that keeps it, where it came from a file.
        asked: options on which the proposals depend.
        saved: they are kept already.
    """
    for plan in (p.plan for p in proposals if p.plan.decision is Decision.TRADE):
        name, kept = plan.portfolio, command("run", plan.portfolio, "--save", *asked)
        if saved:
            context.tell(f"next: {command('approve', plan.plan_id)}")
        elif name in first:
            context.tell(
                f"{name}: nothing was kept; to decide on a plan: {first[name]}, then {kept}"
            )
        else:
            context.tell(f"{name}: nothing was kept; {kept} keeps a plan to decide on")


def _exit_of(plans: list[Plan], *, detailed: bool, fail_on: FailOn | None) -> Exit:
    if any(plan.decision is Decision.WITHHELD for plan in plans):
        return Exit.STALE
    if fail_on and any(worst(tuple(f.zone for f in p.zones)) is Zone.RED for p in plans):
        return Exit.RED
    if detailed and any(plan.decision is Decision.TRADE for plan in plans):
        return Exit.CHANGES
    return Exit.DONE
