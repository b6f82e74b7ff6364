"""Trades as CSV: one per row, text guarded against spreadsheet formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from portfolios.documents.portfolio_toml import guarded
from portfolios.model.plan import Plan
from portfolios.values.canonical import money, plain, utc_text
from portfolios.values.display import SAMPLE

COLUMNS = (
    "plan", "portfolio", "as_of", "asset", "symbol", "side",
    "quantity", "price", "notional", "cost", "currency", "reason", "sample",
)  # fmt: skip


def trades_csv(plans: Sequence[Plan]) -> str:
    """Return the trades of some plans, with a header."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    for plan in plans:
        for trade in plan.trades:
            writer.writerow(
                [
                    plan.plan_id, guarded(plan.portfolio), utc_text(plan.as_of),
                    guarded(trade.asset_id), guarded(trade.symbol), trade.side.value,
                    plain(trade.quantity), plain(trade.price), money(trade.notional),
                    money(trade.cost), plan.currency, guarded(trade.reasons[0].text),
                    SAMPLE if plan.is_sample else "",
                ]
            )  # fmt: skip
    return text.getvalue()
