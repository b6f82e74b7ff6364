"""Stored portfolios as people read them: the list, and one with holdings, locks and limits."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Console

from alerts.texts.plan_weights import wished_columns
from portfolios.model.market import Market
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Position, Valuation
from portfolios.values import display
from portfolios.values.canonical import plain
from portfolios.values.cents import in_cents
from portfolios.values.parts import in_tenths
from rebalancer.cli.console import table
from rebalancer.usecases.proposals.analysis import Analysis, aims_apart, analyse, wishes_of
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
    value = valuation.total.text(portfolio.currency, to_the_cent=True)
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
    valuation, currency = analysis.valuation, analysis.portfolio.currency
    wished = wished_columns(wishes_of(analysis))
    amounts = in_cents([*(p.value for p in valuation.positions), valuation.cash])
    weights = in_tenths([*map(float, analysis.w0), analysis.c0], last=True)
    wanted = zip(*wished.values(), strict=True)
    *rows, cash = zip(amounts, weights, wanted, strict=True)
    grid = table("  asset", "symbol", "quantity>", "value>", "weight>", *wished, "lock or note")
    for position, why, row in zip(valuation.positions, analysis.bounds.why, rows, strict=True):
        quantity, note = display.quantity(position.quantity), position.grey or why
        name = (f"  {position.asset.asset_id}", position.asset.symbol, quantity)
        grid.add_row(*name, *_held(analysis, position, *row), note)
    name = ("  cash", "", "")
    grid.add_row(*name, *_shown(analysis, display.to_the_cent(cash[0], currency), *cash[1:]), "")
    console.print(grid)
    for moved in aims_apart(analysis):
        console.print(f"NOTE    {moved}")


_Wanted = tuple[Decimal, ...]


def _held(
    analysis: Analysis, position: Position, value: Decimal, weight: Decimal, wanted: _Wanted
) -> list[str]:
    """Return the figures of one position; nothing is known of what was never priced."""
    if position.grey and not position.value:
        return ["unknown", "unknown", *map(display.percent, wanted)]
    doubt = "?" if position.grey else ""
    told = f"{display.to_the_cent(value, analysis.portfolio.currency)}{doubt}"
    return _shown(analysis, told, weight, wanted)


def _shown(analysis: Analysis, value: str, weight: Decimal, wanted: _Wanted) -> list[str]:
    share = display.share(weight, is_known=analysis.valuation.total.is_known)
    return [value, share, *map(display.percent, wanted)]


def _limits(console: Console, analysis: Analysis) -> None:
    grid = table("  limit", "bound>", "origin", title="LIMITS")
    for row in limit_table(analysis):
        grid.add_row(f"  {row.name}", display.limit(row.bound), row.origin)
    console.print(grid)
