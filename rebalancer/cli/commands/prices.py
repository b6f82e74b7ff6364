"""The command about prices in doubt: show them, take one at its word."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from portfolios.errors import UsageError
from portfolios.model.users import COMMAND_LINE
from rebalancer import wiring
from rebalancer.cli.console import out, write_json
from rebalancer.cli.context import Context, context_of
from rebalancer.cli.options import AsJson

if TYPE_CHECKING:
    from portfolios.marketdata.market_store import Refused
    from rebalancer.settings import Resolved


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(prices)


def prices(
    ctx: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(help="list, accept ASSET")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the prices in doubt; accept one that is right, which is kept in the history."""
    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    match words or ["list"]:
        case ["list"]:
            _list(context, resolved, as_json=as_json)
        case ["accept", name]:
            _accept(context, resolved, name)
        case ["accept"]:
            raise UsageError(
                "say which: prices accept ASSET", hint="`rebalancer prices` shows them"
            )
        case _:
            raise UsageError("this is no prices command", hint="prices list, prices accept ASSET")


def _list(context: Context, resolved: Resolved, *, as_json: bool) -> None:
    from portfolios.marketdata.market_store import MarketStore
    from rebalancer.cli.views.prices import show_acceptances, show_doubts
    from rebalancer.usecases.refresh.prices_json import prices_to_json

    with wiring.open_store(resolved, read_only=True) as store:
        market = MarketStore(store.database, currency=resolved.settings.currency)
        refused, accepted, past = market.refused(), market.accepted(), market.acceptances()
    if as_json:
        write_json(prices_to_json(refused, accepted, past))
        return
    show_doubts(out(), refused, accepted)
    show_acceptances(out(), past)
    _tell_how(context, refused)


def _tell_how(context: Context, refused: Mapping[str, Refused]) -> None:
    from rebalancer.usecases.refresh.accept_price import is_acceptable

    now = context.clock()
    usable = [a for a, doubt in refused.items() if is_acceptable(doubt.reading, now=now)]
    if usable:
        how = f"`rebalancer prices accept {quote(usable[0])}`"
        context.tell(f"{how} takes a price at its word, if you know that it is right")


def _accept(context: Context, resolved: Resolved, name: str) -> None:
    from portfolios.marketdata.market_store import MarketStore
    from rebalancer.usecases.refresh.accept_price import accept_price

    with wiring.open_store(resolved) as store:
        market = MarketStore(store.database, currency=resolved.settings.currency)
        is_id = name in market.refused() or name in market.accepted()
        asset_id = name if is_id else _named(context, resolved, name)
        done = accept_price(market, asset_id, by=COMMAND_LINE, at=context.clock())
    against = "" if done.against is None else f", against {done.against:f} before"
    typer.echo(f"{asset_id}: {done.reading.price:f} is accepted{against}")


def _named(context: Context, resolved: Resolved, name: str) -> str:
    from rebalancer.usecases.reports.market_table import asset_named

    market = wiring.market_from(resolved, offline=False, clock=context.clock)
    return asset_named(market, name).asset_id
