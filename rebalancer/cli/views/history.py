"""Past plans as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

from rich.console import Console

from portfolios.values import display
from rebalancer.cli.console import table
from rebalancer.usecases.performance.past_plans import PastPlan
from rebalancer.usecases.performance.track_record import in_words, results_of

Row = tuple[str, str, str, str, str, str]


def show_history(console: Console, past: list[PastPlan], *, with_trades: bool = False) -> None:
    """Print past plans, newest first, and what those of one outcome have earned together."""
    if not past:
        console.print("no plans yet; `rebalancer run NAME --save` keeps one")
        return
    grid = table("plan", "portfolio", "as of", "proposed", "decision", "since>")
    for entry in past:
        grid.add_row(*_row(entry))
        for row in _trades(entry) if with_trades else ():
            grid.add_row(*row)
    console.print(grid)
    console.print("since: what the trades would have made by now, costs included, against holding")
    for line in _together(past):
        console.print(line)


def _row(entry: PastPlan) -> Row:
    plan = entry.plan
    count = display.counted(len(plan.trades), "trade")
    return (
        plan.plan_id,
        plan.portfolio,
        display.marked(display.moment(plan.as_of), is_sample=plan.is_sample),
        count if plan.trades else plan.decision.value,
        entry.outcome.value if entry.outcome else "",
        _earned(entry.cents, plan.currency) if plan.trades else "",
    )


def _trades(entry: PastPlan) -> Iterator[Row]:
    for part, cents in zip(entry.parts, entry.cents_of_parts, strict=True):
        what = f"{part.trade.side.value} {part.trade.symbol}"
        yield "", "", "", f"  {what}", "", _earned(cents, entry.plan.currency)


def _earned(cents: Decimal | None, currency: str) -> str:
    return "unknown" if cents is None else display.to_the_cent(cents, currency, signed=True)


def _together(past: list[PastPlan]) -> Iterator[str]:
    """Yield what proposals have earned together, by the currency they are in."""
    proposals = sorted((entry for entry in past if entry.plan.trades), key=_currency)
    for currency, own in groupby(proposals, _currency):
        yield from in_words(results_of(own), currency)
    for why in sorted({entry.unknown for entry in proposals} - {""}):
        yield f"unknown: {why}"


def _currency(entry: PastPlan) -> str:
    return entry.plan.currency
