"""Portfolios against doing nothing, as people read it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from portfolios.model.market import Market
from portfolios.values import display
from portfolios.values.cents import to_cents
from rebalancer.cli.console import table
from rebalancer.usecases.performance.performance import Performance
from rebalancer.usecases.performance.reconciliation import (
    Reconciliation,
    StepCause,
    Unreconciled,
    ValueStep,
)
from rebalancer.usecases.performance.track_record import in_words


def show_performance(console: Console, found: Sequence[Performance], market: Market) -> None:
    """Print each portfolio with the lines that lead from doing nothing to what is held."""
    if not found:
        console.print("no portfolios yet; `rebalancer add FILE` adds one")
    sample = "   SAMPLE DATA" if market.is_sample else ""
    for number, each in enumerate(found):
        if number:
            console.print()
        console.print(_head(each), style="bold")
        console.print(f"{market.as_of_text}{sample}")
        if isinstance(each.against_nothing, Reconciliation):
            _lines(console, each.against_nothing, each.portfolio.currency)
        for line in in_words(each.results, each.portfolio.currency):
            console.print(line)


def _head(each: Performance) -> str:
    name, currency, found = each.portfolio.name, each.portfolio.currency, each.against_nothing
    if isinstance(found, Unreconciled):
        return f"{name}   nothing to set against doing nothing: {found.why}"
    growth = "" if found.growth is None else f" ({display.percent(found.growth, 2)})"
    earned = display.to_the_cent(found.earned, currency, signed=True)
    return (
        f"{name}   {earned}{growth} against doing nothing since {display.day(found.since.date())}"
    )


def _lines(console: Console, found: Reconciliation, currency: str) -> None:
    grid = table("  line", "on", "worth>")
    grid.add_row("  doing nothing", "", display.to_the_cent(found.shown_start, currency))
    for step in found.shown:
        amount = display.to_the_cent(step.amount, currency, signed=True)
        grid.add_row(f"  {_what(step)}", display.day(step.at.date()), amount)
    if to_cents(found.lost):
        lost = display.to_the_cent(found.lost, currency, signed=True)
        grid.add_row("  parts of cents lost", "", lost)
    grid.add_row("  held now", "", display.to_the_cent(found.now, currency))
    console.print(grid)
    if found.left_out:
        console.print(f"in no line, for want of a good price: {', '.join(found.left_out)}")


def _what(step: ValueStep) -> str:
    if step.cause is StepCause.PLAN:
        return f"earned by plan {step.plan_id}"
    if step.cause is StepCause.FLOW:
        return "paid in" if step.amount > 0 else "paid out"
    return "changed by hand"
