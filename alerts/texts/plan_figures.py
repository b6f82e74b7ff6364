"""The figures of a plan in words: its drift and its cash, each on a basis that is named."""

from __future__ import annotations

from decimal import Decimal

from portfolios.model.plan import Plan, Side, Trade
from portfolios.values import display


def drift_text(plan: Plan) -> str:
    """Return the drift; with a cash flow it is the one after it."""
    flow = " after the cash flow" if plan.flow else ""
    return f"drift {display.percent(plan.drift)}{flow}"


def numbered(plan: Plan, trade: Trade) -> str:
    """Return a trade with its number in the plan: sales stand first."""
    return f"{plan.trades.index(trade) + 1}. {trade.side.value} {trade.symbol}"


def signed_notional(trade: Trade) -> Decimal:
    """Return what a trade makes of its position: positive where it buys."""
    return -trade.notional if trade.side is Side.SELL else trade.notional


def cash_change(plan: Plan) -> str:
    """Return what becomes of the cash: with the trades it adds up to the flow less the costs."""
    return display.to_the_cent(plan.proposed_cash - plan.cash_now, plan.currency, signed=True)


def cash_text(plan: Plan) -> str:
    """Say of what the change of the cash is made."""
    sold = sum((t.notional for t in plan.trades if t.side is Side.SELL), Decimal(0))
    bought = sum((t.notional for t in plan.trades if t.side is Side.BUY), Decimal(0))
    flow = "paid in" if plan.flow > 0 else "paid out"
    parts = {
        flow: abs(plan.flow), "sold": sold, "bought": bought, "of costs": plan.estimated_cost,
    }  # fmt: skip
    told = (f"{display.to_the_cent(amount, plan.currency)} {what}"
            for what, amount in parts.items() if amount)  # fmt: skip
    return ", ".join(told)
