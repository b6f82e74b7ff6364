"""A supposition and what comes of it, as people read it."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.text import Text

from portfolios.model.plan import Plan, Scope, Trade
from portfolios.values import display
from rebalancer.cli.console import table, zone_text
from rebalancer.usecases.explanations.plan_diff import Difference, in_money
from rebalancer.usecases.explanations.what_if import WhatIf


def show_whatif(console: Console, whatif: WhatIf) -> None:
    """Print the story in one line, the figures side by side, and what differs."""
    mark = "SAMPLE DATA   " if whatif.market.is_sample else ""
    parts: list[RenderableType] = [
        Text(f"{mark}{whatif.headline}", style="bold"),
        Text(whatif.market.as_of_text),
    ]
    if whatif.then.hint:
        parts.append(Text(whatif.then.hint))
    if (difference := whatif.difference) is not None:
        parts += [Text(""), _figures(whatif), *_differences(difference, whatif.market.currency)]
    parts += [Text(""), Text("Nothing was changed.")]
    console.print(Group(*parts))


def _figures(whatif: WhatIf) -> RenderableType:
    grid = table("", "as it is>", "with it>")
    plans = [answer.plan for answer in (whatif.now, whatif.then) if answer.plan is not None]
    for row in zip(*(_column(plan) for plan in plans), strict=True):
        grid.add_row(row[0][0], *(figure for _, figure in row))
    return grid


def _column(plan: Plan) -> list[tuple[str, str]]:
    cash = plan.share_after(plan.proposed_cash_weight)
    return [
        ("  decision", plan.decision.value),
        ("  trades", str(len(plan.trades))),
        ("  value", plan.total.text(plan.currency)),
        ("  drift now", display.percent(plan.drift)),
        ("  drift after", display.percent(plan.proposed_drift)),
        ("  cash after", display.share(cash, is_known=plan.is_value_known)),
        ("  turnover", display.percent(plan.turnover)),
        ("  cost", display.money(plan.estimated_cost, plan.currency)),
    ]


def _differences(difference: Difference, currency: str) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if difference.trades:
        grid = table("  trade", "as it is>", "with it>", title="TRADES THAT DIFFER")
        for change in difference.trades:
            cells = (_amount(change.now, currency), _amount(change.then, currency))
            grid.add_row(f"  {change.symbol}", *cells)
        parts += [Text(""), grid]
    if difference.zones:
        grid = table("  zone after", "with it", "subject", "what", title="ZONES THAT DIFFER")
        for zone in difference.zones:
            subject = "portfolio" if zone.scope is Scope.PORTFOLIO else zone.subject
            first = Text("  ").append_text(zone_text(zone.now))
            grid.add_row(first, zone_text(zone.then), subject, zone.text)
        parts += [Text(""), grid]
    return parts + _limits(difference)


def _limits(difference: Difference) -> list[RenderableType]:
    both = (("as it is", difference.limits_now), ("with it", difference.limits_then))
    said = [f"LIMIT   only {when}: {line.text}" for when, lines in both for line in lines]
    return [Text(""), *(Text(line) for line in said)] if said else []


def _amount(trade: Trade | None, currency: str) -> str:
    if trade is None:
        return "-"
    quantity = display.quantity(trade.quantity)
    amount = display.money(in_money(trade), currency, signed=True)
    return f"{trade.side.value} {quantity}, {amount}"
