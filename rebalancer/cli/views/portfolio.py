"""Stored portfolios as people read them: the list, and one with holdings, locks and limits."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from portfolios.model.market import Market
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Position, Valuation
from portfolios.values import display
from portfolios.values.canonical import plain
from rebalancer.cli.console import table
from rebalancer.usecases.proposals.analysis import Analysis, analyse
from rebalancer.usecases.reports.limit_table import limit_table


def show_portfolio(console: Console, portfolio: Portfolio, market: Market | None) -> None:
    """Print one portfolio; without a market, quantities only."""
    policy = portfolio.policy
    console.print(f"{portfolio.name}   {policy.profile} · {policy.mode}", style="bold")
    if market is None:
        _quantities(console, portfolio)
        return
    analysis = analyse(portfolio, market)
    sample = "   SAMPLE DATA" if market.is_sample else ""
    value = display.money(analysis.valuation.value, portfolio.currency)
    console.print(f"value {value}   as of {display.moment(market.as_of)}{sample}\n")
    _positions(console, analysis)
    console.print()
    _limits(console, analysis)


def show_portfolios(console: Console, rows: Sequence[tuple[Portfolio, Valuation | None]]) -> None:
    """Print one row for each portfolio, with its value where a market is known."""
    grid = table("name", "profile", "mode", "holdings>", "targets", "value>")
    for portfolio, valuation in rows:
        grid.add_row(
            portfolio.name,
            portfolio.policy.profile.value,
            portfolio.policy.mode.value,
            str(len(portfolio.holdings)),
            "yes" if portfolio.targets else "no",
            display.money(valuation.value, portfolio.currency) if valuation else "unknown",
        )
    console.print(grid)


def _quantities(console: Console, portfolio: Portfolio) -> None:
    grid = table("  asset", "quantity>")
    for holding in portfolio.holdings:
        grid.add_row(f"  {holding.asset_id}", plain(holding.quantity))
    grid.add_row("  cash", plain(portfolio.cash))
    console.print(grid)


def _positions(console: Console, analysis: Analysis) -> None:
    currency = analysis.portfolio.currency
    grid = table(
        "  asset", "symbol", "quantity>", "value>", "weight>", "reference>", "lock or note"
    )
    rows = zip(
        analysis.valuation.positions,
        analysis.w0,
        analysis.reference.r,
        analysis.bounds.why,
        strict=True,
    )
    for position, weight, reference, why in rows:
        grid.add_row(
            f"  {position.asset.asset_id}",
            position.asset.symbol,
            display.quantity(position.quantity),
            _value(position, currency),
            display.percent(weight),
            display.percent(reference),
            position.grey or why,
        )
    cash = analysis.valuation.cash
    grid.add_row(
        "  cash", "", "", display.money(cash, currency),
        display.percent(analysis.c0), display.percent(analysis.reference.cash), "",
    )  # fmt: skip
    console.print(grid)


def _value(position: Position, currency: str) -> str:
    return "unknown" if position.grey else display.money(position.value, currency)


def _limits(console: Console, analysis: Analysis) -> None:
    grid = table("  limit", "bound>", "origin", title="LIMITS")
    for row in limit_table(analysis):
        grid.add_row(f"  {row.name}", display.limit(row.bound), row.origin)
    console.print(grid)
