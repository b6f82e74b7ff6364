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
    console.print(f"{portfolio.name}   {policy.profile_in_force} · {policy.mode}", style="bold")
    if market is None:
        _quantities(console, portfolio)
        return
    analysis = analyse(portfolio, market)
    sample = "   SAMPLE DATA" if market.is_sample else ""
    valuation = analysis.valuation
    value = valuation.total.text(portfolio.currency)
    console.print(f"value {value}   {valuation.as_of_text}{sample}\n")
    _positions(console, analysis)
    console.print()
    _limits(console, analysis)


def show_portfolios(
    console: Console, rows: Sequence[tuple[Portfolio, Valuation | None]], *, is_sample: bool
) -> None:
    """Print one row for each portfolio, with its value where a market is known."""
    grid = table("name", "profile", "mode", "holdings>", "targets", "value>")
    for column in grid.columns:
        column.no_wrap = column is not grid.columns[-1]  # an unknown value is a sentence
    for portfolio, valuation in rows:
        grid.add_row(
            portfolio.name,
            portfolio.policy.profile_in_force.value,
            portfolio.policy.mode.value,
            str(len(portfolio.holdings)),
            "yes" if portfolio.targets else "no",
            _total(portfolio, valuation, is_sample=is_sample),
        )
    console.print(grid)
    known = [(v.priced_at or v.as_of, v.as_of) for _, v in rows if v is not None]
    if known and (old := display.old(*min(known))):
        console.print(f"prices are {old}")


def _total(portfolio: Portfolio, valuation: Valuation | None, *, is_sample: bool) -> str:
    if valuation is None:
        return "unknown"
    return display.marked(valuation.total.text(portfolio.currency), is_sample=is_sample)


def _quantities(console: Console, portfolio: Portfolio) -> None:
    grid = table("  asset", "quantity>")
    for holding in portfolio.holdings:
        grid.add_row(f"  {holding.asset_id}", plain(holding.quantity))
    grid.add_row("  cash", plain(portfolio.cash))
    console.print(grid)


def _positions(console: Console, analysis: Analysis) -> None:
    currency, is_known = analysis.portfolio.currency, analysis.valuation.total.is_known
    grid = table("  asset", "symbol", "quantity>", "value>", "weight>", "aim>", "lock or note")
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
            _weight(position, weight, is_known=is_known),
            display.percent(reference),
            position.grey or why,
        )
    cash = analysis.valuation.cash
    grid.add_row(
        "  cash", "", "", display.money(cash, currency),
        display.share(analysis.c0, is_known=is_known), display.percent(analysis.reference.cash), "",
    )  # fmt: skip
    console.print(grid)


def _value(position: Position, currency: str) -> str:
    if not position.grey:
        return display.money(position.value, currency)
    return f"{display.money(position.value, currency)}?" if position.value else "unknown"


def _weight(position: Position, weight: float, *, is_known: bool) -> str:
    """Show a weight; nothing is known of what was never priced."""
    is_priced = bool(position.value) or not position.grey
    return display.share(weight, is_known=is_known) if is_priced else "unknown"


def _limits(console: Console, analysis: Analysis) -> None:
    grid = table("  limit", "bound>", "origin", title="LIMITS")
    for row in limit_table(analysis):
        grid.add_row(f"  {row.name}", display.limit(row.bound), row.origin)
    console.print(grid)
