"""Commands that explain: whatif, explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portfolios.errors import StaleDataError
from portfolios.model.portfolio import Portfolio
from rebalancer import wiring
from rebalancer.cli.commands.decisions import Plan_
from rebalancer.cli.console import out, write_json
from rebalancer.cli.context import context_of
from rebalancer.cli.options import AsJson, Offline

if TYPE_CHECKING:
    from rebalancer.settings import Resolved


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(explain)
    app.command()(whatif)


def explain(
    ctx: typer.Context,
    plan: Plan_,
    asset: Annotated[
        str | None, typer.Argument(help="One asset: its trade and what would end it, or why none.")
    ] = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Explain a kept plan: its reasons, its limits with their prices, zones, one asset."""
    from rebalancer.cli.views.explanation import show_explanation
    from rebalancer.usecases.explanations.explanation import explain_plan
    from rebalancer.usecases.explanations.explanation_json import explanation_to_json
    from rebalancer.usecases.performance.past_plans import portfolio_if_any

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    with wiring.open_store(resolved, read_only=True) as store:
        kept = store.load_plan(plan)
        portfolio = portfolio_if_any(store, kept.portfolio)
    portfolio = _as_wanted(resolved, portfolio) if portfolio is not None else None
    market = wiring.market_if_any(resolved, offline=offline, clock=context.clock)
    explained = explain_plan(kept, asset, portfolio=portfolio, market=market)
    if as_json:
        write_json(explanation_to_json(explained))
    else:
        show_explanation(out(), explained)


def whatif(
    ctx: typer.Context,
    name: str,
    changes: Annotated[
        list[str], typer.Argument(metavar="KEY=VALUE...", help="What to suppose: cash=1000.")
    ],
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Propose as if something were otherwise, and show the difference; nothing is kept."""
    from rebalancer.cli.views.what_if import show_whatif
    from rebalancer.usecases.explanations.what_if import what_if
    from rebalancer.usecases.explanations.what_if_json import whatif_to_json
    from rebalancer.usecases.proposals.analysis import analyse

    context = context_of(ctx)
    resolved = wiring.settings_from(context.config)
    with wiring.open_store(resolved, read_only=True) as store:
        portfolio = store.load_portfolio(name)
    market = wiring.market_from(resolved, offline=offline, clock=context.clock)
    analysis = analyse(wiring.with_index_targets(resolved, portfolio), market)
    supposed = what_if(analysis, changes)
    if as_json:
        write_json(whatif_to_json(supposed))
    else:
        show_whatif(out(), supposed)


def _as_wanted(resolved: Resolved, portfolio: Portfolio) -> Portfolio | None:
    """Return a portfolio with the targets it follows, None where they are not known now."""
    try:
        return wiring.with_index_targets(resolved, portfolio)
    except StaleDataError:
        return None
