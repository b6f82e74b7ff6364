"""Commands about stored portfolios: add, list, show, remove, export."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from portfolios.errors import (
    InputError,
    NotFoundError,
    RateLimitError,
    ReplyError,
    UnreachableError,
)
from portfolios.model.assets import AssetIndex
from portfolios.model.portfolio import Portfolio
from portfolios.values.command import command
from portfolios.values.display import counted
from rebalancer import wiring
from rebalancer.cli.console import confirmed, out, typed, write_json
from rebalancer.cli.context import Context, context_of
from rebalancer.cli.options import AllowUnknown, AsJson, Columns, Decimals, Maps, Offline

if TYPE_CHECKING:
    from portfolios.loaders import Loaded
    from portfolios.model.market import Market
    from portfolios.model.valuation import Valuation
    from rebalancer.cli.views.refresh import Watcher
    from rebalancer.settings import Resolved
    from rebalancer.usecases.accounts.imports import Import


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(add)
    app.command("list")(list_portfolios)
    app.command()(show)
    app.command()(remove)
    app.command()(export)


def load_file(
    source: str,
    index: Callable[[], AssetIndex],
    *,
    maps: list[str] | None = None,
    allow_unknown: bool = False,
    columns: list[str] | None = None,
    decimal: str | None = None,
    name: str | None = None,
) -> Loaded:
    """Read a portfolio file, or standard input for `-`.

    Args:
        source: the file.
        index: the known assets, which may have to be fetched: asked once there is a file.
        maps: words of the form SYM=ID.
        allow_unknown: keep what nobody knows.
        columns: words of the form OURS=THEIRS.
        decimal: `point` or `comma`.
        name: instead of the file's own.
    """
    from portfolios.loaders import load, read_source
    from rebalancer.usecases.accounts.imports import column_map, symbol_map

    meant, places = symbol_map(maps or ()), column_map(columns or ())
    text = read_source(source, sys.stdin.buffer)
    return load(
        text,
        source=source,
        index=index(),
        symbol_map=meant,
        allow_unknown=allow_unknown,
        columns=places,
        decimal=decimal,
        name=name,
    )


def assets_of(context: Context, resolved: Resolved, *, offline: bool) -> AssetIndex:
    """Return the look-up of names; while it is fetched, say what is waited for.

    Raises:
        ProviderError: it could not be fetched, with what to type then.
    """
    from rebalancer.cli.views.refresh import watching

    @contextmanager
    def told() -> Iterator[Watcher]:
        context.tell("fetching the list of all coins, in which names are looked up")
        with watching(is_quiet=context.quiet) as watcher:
            yield watcher

    try:
        return wiring.assets_from(resolved, offline=offline, clock=context.clock, watching=told)
    except (RateLimitError, ReplyError, UnreachableError) as error:
        later = "in some minutes"
        if isinstance(error, RateLimitError) and error.retry_after is not None:
            later = f"in {error.retry_after:.0f} s"
        error.hint = f"nothing was kept; type it again {later}: {typed()}"
        raise


def add(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(help="TOML, CSV, JSON or an export; - reads standard input.")
    ],
    name: Annotated[str | None, typer.Option(help="Keep it under this name.")] = None,
    maps: Maps = None,
    allow_unknown: AllowUnknown = False,
    columns: Columns = None,
    decimal: Decimals = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the difference, keep nothing.")
    ] = False,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask; save at once.")] = False,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Import or update a portfolio; shows the difference first."""
    from rebalancer.usecases.accounts.imports import keep_import, prepare_import

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    index = partial(assets_of, context, resolved, offline=offline)
    loaded = load_file(
        file,
        index,
        maps=maps,
        allow_unknown=allow_unknown,
        columns=columns,
        decimal=decimal,
        name=name,
    )
    market = wiring.market_if_any(resolved, offline=offline, clock=context.clock)
    for warning in loaded.warnings:
        context.tell(f"note: {warning}")
    with wiring.open_store(resolved) as store:
        prepared = prepare_import(
            store, loaded.portfolio, market, currency=resolved.settings.currency
        )
        kept = not dry_run and _confirmed(prepared, ask=not no_input and file != "-")
        if kept:
            keep_import(store, prepared, at=context.clock())
        is_told = not kept or wiring.is_seen(resolved, store, prepared.portfolio.name)
    if as_json:
        write_json(
            {"portfolio": prepared.portfolio.name, "saved": kept, "changes": list(prepared.changes)}
        )
    else:
        _report(prepared, kept=kept, offline=offline)
    if not is_told:
        from rebalancer.cli.views.delivery import nobody_told

        error = nobody_told(prepared.portfolio.name, ())
        context.tell(f"note: {error}: {error.hint}")
    if kept and prepared.is_new and is_told:
        _tell_first_report(context, resolved, prepared.portfolio.name)
    if kept and prepared.portfolio.recorded is None:
        context.tell("next: `rebalancer refresh` pulls the prices of what you hold")


def _tell_first_report(context: Context, resolved: Resolved, name: str) -> None:
    from rebalancer.usecases.accounts.users import first_report
    from rebalancer.wiring.delivery import open_full_database, people_of

    with open_full_database(resolved.settings, is_checked=True) as store:
        people = people_of(resolved.settings, store.database)
    if first := first_report((p for p in people if p.may_see(name)), now=context.clock()):
        context.tell(first)


def _confirmed(prepared: Import, *, ask: bool) -> bool:
    interactive = ask and sys.stdin.isatty() and sys.stderr.isatty()
    if prepared.is_new or not prepared.changes or not interactive:
        return True
    for change in prepared.changes:
        typer.echo(f"  {change}", err=True)
    return typer.confirm(f"change {prepared.portfolio.name}?", err=True)


def _report(prepared: Import, *, kept: bool, offline: bool) -> None:
    from rebalancer.usecases.accounts.imports import reference_words

    name = prepared.portfolio.name
    if not prepared.changes:
        typer.echo(f"{name}: nothing changed")
        return
    verb = ("added" if prepared.is_new else "updated") if kept else "not saved"
    typer.echo(f"{name}: {verb}, {counted(len(prepared.changes), 'change')}")
    for change in prepared.changes:
        typer.echo(f"  {change}")
    if words := reference_words(prepared):
        typer.echo(f"  {words}")
    if kept and prepared.portfolio.recorded is not None:
        typer.echo(f"next: {command('run', name, *(['--offline'] if offline else []))}")


def list_portfolios(ctx: typer.Context, offline: Offline = False, as_json: AsJson = False) -> None:
    """List the stored portfolios."""
    from rebalancer.cli.views.portfolio import show_portfolios
    from rebalancer.usecases.accounts.portfolios_json import summary_to_json

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    try:
        with wiring.open_store(resolved, read_only=True) as store:
            portfolios = store.list_portfolios()
    except NotFoundError:
        portfolios = ()
    if not portfolios:
        context.tell("no portfolio is stored yet; `rebalancer add FILE` keeps one")
    market = wiring.market_if_any(resolved, offline=offline, clock=context.clock)
    rows = [(p, _valued(context, p, market)) for p in portfolios]
    is_sample = market is not None and market.is_sample
    if as_json:
        write_json([summary_to_json(p, v, is_sample=is_sample) for p, v in rows])
        return
    show_portfolios(out(), rows, is_sample=is_sample)


def _valued(context: Context, portfolio: Portfolio, market: Market | None) -> Valuation | None:
    """Return a portfolio at its prices; one that cannot be valued is told of and hides no other."""
    from portfolios.model.valuation import value_portfolio

    try:
        return None if market is None else value_portfolio(portfolio, market)
    except InputError as error:
        context.tell(f"note: {error}; {error.hint}")
        return None


def show(ctx: typer.Context, name: str, offline: Offline = False, as_json: AsJson = False) -> None:
    """Show one portfolio: holdings, locks, targets, limits and where each comes from."""
    from portfolios.documents.codec import portfolio_to_json
    from rebalancer.cli.views.portfolio import show_portfolio

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    with wiring.open_store(resolved, read_only=True) as store:
        portfolio = store.load_portfolio(name)
    if as_json:
        write_json(portfolio_to_json(portfolio))
        return
    market = wiring.market_if_any(resolved, offline=offline, clock=context.clock)
    if market is not None:
        portfolio = wiring.with_index_targets(resolved, portfolio)
    show_portfolio(out(), portfolio, market)


def remove(
    ctx: typer.Context,
    name: str,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a portfolio and what waits because of it; its plans stay in the history."""
    from rebalancer.usecases.proposals.refusals import OPERATOR
    from rebalancer.usecases.proposals.removal import remove_portfolio
    from rebalancer.wiring.delivery import open_full_database

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    with open_full_database(resolved.settings) as store:
        store.load_portfolio(name)
        if not yes and not confirmed(f"forget {name}?", command("remove", name, "--yes")):
            typer.echo(f"{name}: kept")
            return
        by = OPERATOR.person.name
        waited = remove_portfolio(store, name, by=by, at=context.clock())
    unsent = f"; {counted(waited, 'message')} about it not sent any more" if waited else ""
    typer.echo(f"{name}: removed{unsent}; its plans stay in the history")


def export(
    ctx: typer.Context,
    name: str,
    as_csv: Annotated[bool, typer.Option("--csv", help="Holdings only, as CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a portfolio as a file that can be imported again."""
    from portfolios.documents.codec import portfolio_to_json
    from portfolios.documents.portfolio_toml import to_csv, to_toml

    resolved = wiring.settings_from(context_of(ctx).config)
    with wiring.open_store(resolved, read_only=True) as store:
        portfolio = store.load_portfolio(name)
    if as_json:
        write_json(portfolio_to_json(portfolio))
    else:
        sys.stdout.write(to_csv(portfolio) if as_csv else to_toml(portfolio))
