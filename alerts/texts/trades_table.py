"""The trades of a plan as a table of a message, and what they make of the cash."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.messages import Block, Style
from alerts.texts.plan_figures import cash_text, numbered
from alerts.texts.plan_weights import weight_table
from portfolios.model.assets import CASH
from portfolios.model.plan import Plan, Trade
from portfolios.values import display


def trades_table(plan: Plan, *, with_amounts: bool) -> Block:
    """Return the trades in their order, each with the weights it moves and its largest reason."""
    weights = weight_table(plan)
    rows = [
        [
            numbered(plan, trade),
            display.to_the_cent(trade.notional, plan.currency)
            if with_amounts
            else display.percent(float(trade.notional / plan.value)),
            *weights.cells(trade.asset_id),
            _why(trade),
        ]
        for trade in plan.trades
    ]
    return Block(Style.TABLE, columns=("trade", "value>", *weights.columns, "why"), rows=rows)


def cash_blocks(plan: Plan, *, with_amounts: bool) -> Iterable[Block]:
    """Say where the rest of the money goes, or comes from."""
    before, after, *_ = weight_table(plan).cells(CASH)
    if before != after:
        made = f": {cash_text(plan)}" if with_amounts else ""
        yield Block(Style.TEXT, f"cash: {before} now, {after} after{made}")


def _why(trade: Trade) -> str:
    return trade.reasons[0].text if trade.reasons else ""
