"""A stored portfolio as people read it: holdings, locks, targets, limits and their origin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console

from portfolios.model.market import Market
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Position
from portfolios.values import display
from portfolios.values.canonical import plain
from rebalancer.cli.console import table
from rebalancer.decision.analysis import Survey, survey_portfolio
from rebalancer.estimates.limits import Limits


def show_portfolio(console: Console, portfolio: Portfolio, market: Market | None) -> None:
    """Print one portfolio; without a market, quantities only."""
    policy = portfolio.policy
    console.print(f"{portfolio.name}   {policy.profile} · {policy.mode}", style="bold")
    if market is None:
        _quantities(console, portfolio)
        return
    survey = survey_portfolio(portfolio, market)
    sample = "   SAMPLE DATA" if market.is_sample else ""
    value = display.money(survey.valuation.value, portfolio.currency)
    console.print(f"value {value}   as of {display.moment(market.as_of)}{sample}\n")
    _positions(console, survey)
    console.print()
    _limits(console, survey)


def _quantities(console: Console, portfolio: Portfolio) -> None:
    grid = table("  asset", "quantity>")
    for holding in portfolio.holdings:
        grid.add_row(f"  {holding.asset_id}", plain(holding.quantity))
    grid.add_row("  cash", plain(portfolio.cash))
    console.print(grid)


def _positions(console: Console, survey: Survey) -> None:
    currency = survey.portfolio.currency
    grid = table(
        "  asset", "symbol", "quantity>", "value>", "weight>", "reference>", "lock or note"
    )
    rows = zip(
        survey.valuation.positions, survey.w0, survey.reference.r, survey.boxes.why, strict=True
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
    cash = survey.valuation.cash
    grid.add_row(
        "  cash", "", "", display.money(cash, currency),
        display.percent(survey.c0), display.percent(survey.reference.cash), "",
    )  # fmt: skip
    console.print(grid)


def _value(position: Position, currency: str) -> str:
    return "unknown" if position.grey else display.money(position.value, currency)


def _limits(console: Console, survey: Survey) -> None:
    grid = table("  limit", "bound>", "origin", title="LIMITS")
    for name, bound in _bounds(survey.limits, survey.valuation.asset_ids):
        grid.add_row(f"  {name}", display.limit(bound), _origin(survey.limits, name))
    policy = survey.policy
    origin = "stated" if policy.turnover is not None else f"default of {policy.profile.value}"
    grid.add_row("  turnover", display.limit(policy.turnover_in_force), origin)
    console.print(grid)


def _bounds(limits: Limits, asset_ids: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yield the name and bound of every limit that limits something."""
    for j, name in enumerate(limits.sector_names):
        if limits.S_hi[j] < 1:
            yield f"sector.{name}.max", float(limits.S_hi[j])
        if limits.S_lo[j] > 0:
            yield f"sector.{name}.min", float(limits.S_lo[j])
    for i, asset_id in enumerate(asset_ids):
        if limits.w_max[i] < 1:
            yield f"asset.{asset_id}.max", float(limits.w_max[i])
    if limits.b_min > 0:
        yield "buffer", limits.b_min


def _origin(limits: Limits, name: str) -> str:
    if name in limits.stated:
        return "stated"
    return "default, raised to your targets" if name in limits.raised else "default"
