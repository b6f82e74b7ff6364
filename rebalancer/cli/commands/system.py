"""Commands about the market and the installation: market, init, config, doctor, backup, restore."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portfolios.errors import RebalancerError, UsageError
from portfolios.private_file import write_private
from portfolios.values.command import command
from rebalancer import wiring
from rebalancer.cli.console import out, table, write_json
from rebalancer.cli.context import Context, context_of
from rebalancer.cli.options import AsJson, Offline
from rebalancer.usecases.reports.sort_key import SortKey

if TYPE_CHECKING:
    from rebalancer.usecases.monitoring.doctor import Check

CONFIG_NAME = "rebalancer.toml"


class TrendFilter(StrEnum):
    """A trend to show alone."""

    BULLISH = "bullish"
    BEARISH = "bearish"


class SignalFilter(StrEnum):
    """An event of the day to show alone."""

    BUY = "buy"
    SELL = "sell"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(market)
    app.command()(init)
    app.command()(config)
    app.command()(doctor)
    app.command()(backup)
    app.command()(restore)


def market(
    ctx: typer.Context,
    assets: Annotated[list[str] | None, typer.Argument(help="Asset ids or symbols.")] = None,
    sort: Annotated[SortKey, typer.Option(help="Column to sort by.")] = SortKey.RANK,
    sector: Annotated[str | None, typer.Option(help="Only this sector.")] = None,
    trend: Annotated[TrendFilter | None, typer.Option(help="Only this trend.")] = None,
    signal: Annotated[
        SignalFilter | None, typer.Option(help="Only assets whose trend turned so that day.")
    ] = None,
    min_short: Annotated[
        float | None, typer.Option(min=0, max=100, help="Only short grades from this on.")
    ] = None,
    min_long: Annotated[
        float | None, typer.Option(min=0, max=100, help="Only long grades from this on.")
    ] = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Show the token table: price, changes, grades, signal, trend, sector, ages."""
    from rebalancer.cli.views.market import show_insights, show_market
    from rebalancer.usecases.reports.market_table import (
        SORT_KEYS,
        asset_named,
        market_rows,
        require_sector,
    )
    from rebalancer.usecases.reports.market_table_json import row_to_json

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    known = wiring.market_from(resolved, offline=offline, clock=context.clock)
    require_sector(known, sector)
    wanted = [asset_named(known, word) for word in assets or ()] or list(known.assets.values())
    rows = market_rows(known, [a for a in wanted if sector in (None, a.sector)])
    if trend is not None:
        rows = [row for row in rows if row.trend == (1 if trend is TrendFilter.BULLISH else -1)]
    if signal is not None:
        rows = [row for row in rows if row.signal == (1 if signal is SignalFilter.BUY else -1)]
    rows = [r for r in rows if _reaches(r.short, min_short) and _reaches(r.long, min_long)]
    rows.sort(key=SORT_KEYS[sort])
    if as_json:
        write_json([row_to_json(row, is_sample=known.is_sample) for row in rows])
    else:
        show_market(out(), known, rows)
        insights = wiring.insights_from(resolved, offline=offline, clock=context.clock)
        show_insights(out(), insights, wanted, assets or [])


def _reaches(score: float | None, least: float | None) -> bool:
    """Tell whether a grade is high enough; an unknown one reaches nothing."""
    return least is None or (score is not None and score >= least)


def init(
    ctx: typer.Context,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing settings file.")
    ] = False,
) -> None:
    """Write a commented settings file and an empty database; needs no key."""
    context = context_of(ctx)
    path = context.config or Path(CONFIG_NAME)
    if path.exists() and not force:
        raise UsageError(f"{path} exists already", hint="add --force to replace it")
    is_new = not path.exists()
    try:
        write_private(path, wiring.settings_template().encode())
    except OSError as error:
        why = error.strerror or "it cannot be written"
        raise UsageError(f"{path}: {why}", hint="name another file with --config") from None
    try:
        resolved = wiring.settings_from(path)
        with wiring.open_store(resolved):
            pass
    except RebalancerError:
        if is_new:
            path.unlink()
        raise
    typer.echo(f"wrote {path}")
    typer.echo(f"database ready at {resolved.settings.database}")
    context.tell("next: `rebalancer add YOURS.toml --offline`, or `rebalancer demo`")


def config(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show every setting in force, where it came from, secrets masked."""
    resolved = wiring.settings_from(context_of(ctx).config)
    shown = resolved.shown()
    if as_json:
        write_json({s.key: {"value": s.value, "origin": s.origin} for s in shown})
        return
    grid = table("setting", "value", "origin")
    for setting in shown:
        grid.add_row(setting.key, setting.value, setting.origin)
    out().print(grid)


def doctor(
    ctx: typer.Context,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the providers too: at most two credits.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the installation; ends with 1 when something is wrong."""
    from rebalancer.usecases.monitoring import doctor as service

    context = context_of(ctx)
    checks = service.examine({**_steps(context), **(_online_steps(context) if online else {})})
    if as_json:
        write_json([{"check": c.name, "ok": c.ok, "text": c.text, "hint": c.hint} for c in checks])
    else:
        _show_checks(checks)
    raise typer.Exit(0 if all(check.ok for check in checks) else 1)


def _steps(context: Context) -> dict[str, Callable[[], str]]:
    from rebalancer.usecases.monitoring import doctor as service

    def settings() -> str:
        resolved = wiring.settings_from(context.config)
        return "; ".join(resolved.warnings) or f"{len(resolved.origins)} settings are valid"

    def database() -> str:
        with wiring.open_store(wiring.settings_from(context.config), read_only=True) as store:
            return service.stored(store)

    def market_data() -> str:
        resolved = wiring.settings_from(context.config)
        market = wiring.market_if_any(resolved, offline=False, clock=context.clock)
        if market is None:
            return "nothing pulled yet; `rebalancer refresh` does"
        return "the built-in sample" if market.is_sample else service.market_age(market)

    return {
        "program": service.program,
        "solvers": service.solvers,
        "settings": settings,
        "database": database,
        "market": market_data,
    }


def _online_steps(context: Context) -> dict[str, Callable[[], str]]:
    """Return a step for each provider; each is one call."""
    from rebalancer.wiring.provider_checks import CHECKS, ProviderCheck

    def asking(ask: ProviderCheck) -> Callable[[], str]:
        return lambda: ask(wiring.settings_from(context.config).settings, clock=context.clock)

    return {label: asking(ask) for label, ask in CHECKS.items()}


def _show_checks(checks: list[Check]) -> None:
    grid = table("", "check", "result")
    for check in checks:
        grid.add_row("ok" if check.ok else "WRONG", check.name, check.text)
        if not check.ok and check.hint:
            grid.add_row("", "", check.hint)
    out().print(grid)


def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A new file.")],
) -> None:
    """Copy the database into a new file, whole even while others write."""
    from portfolios.store.backup import back_up

    resolved = wiring.settings_from(context_of(ctx).config)
    with wiring.open_store(resolved, read_only=True) as store:
        size = back_up(store.database, file)
    typer.echo(f"wrote {file}, {size:,} bytes; to go back to it: {command('restore', str(file))}")


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
) -> None:
    """Put a backup in place of the database; what was there is kept beside it."""
    resolved = wiring.settings_from(context_of(ctx).config)
    kept = wiring.restore_store(resolved, file)
    typer.echo(f"restored {resolved.settings.database} from {file}")
    for each in kept:
        typer.echo(f"  what was there before is kept as {each}")
