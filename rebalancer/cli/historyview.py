"""Past plans as people read them, and as JSON."""

from __future__ import annotations

from decimal import Decimal

from rich.console import Console

from portfolios import figures
from portfolios.canonical import money, utc_text
from rebalancer.cli.screen import table
from rebalancer.service.history import PastPlan


def show_history(console: Console, past: list[PastPlan]) -> None:
    """Print past plans, newest first."""
    if not past:
        console.print("no plans yet; `rebalancer run NAME --save` keeps one")
        return
    grid = table("plan", "portfolio", "as of", "proposed", "decision", "since>")
    for entry in past:
        plan = entry.plan
        grid.add_row(
            plan.plan_id,
            plan.portfolio,
            figures.moment(plan.as_of),
            f"{len(plan.trades)} trades" if plan.trades else plan.decision.value,
            entry.ruling.verdict.value if entry.ruling else "open" if plan.trades else "",
            _earned(entry.earned, plan.currency),
        )
    console.print(grid)
    console.print("since: what the trades would have made by now, costs included, against holding")


def _earned(earned: Decimal | None, currency: str) -> str:
    return "" if earned is None else figures.money(earned, currency, signed=True)


def history_to_json(entry: PastPlan) -> dict[str, object]:
    """Return the JSON face of a past plan."""
    ruling = entry.ruling
    return {
        "plan": entry.plan.plan_id,
        "portfolio": entry.plan.portfolio,
        "as_of": utc_text(entry.plan.as_of),
        "proposed": entry.plan.decision.value,
        "trades": len(entry.plan.trades),
        "decision": ruling.verdict.value if ruling else None,
        "decided_at": utc_text(ruling.at) if ruling else None,
        "earned_since": money(entry.earned) if entry.earned is not None else None,
    }
