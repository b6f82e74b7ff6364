"""Past plans as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from portfolios.values.canonical import money, utc_text
from rebalancer.usecases.performance.past_plans import PastPlan


def history_to_json(entry: PastPlan) -> dict[str, object]:
    """Return the JSON face of a past plan; `earned` is `earned_since` as it is shown, in cents."""
    ruling = entry.ruling
    return {
        "plan": entry.plan.plan_id,
        "portfolio": entry.plan.portfolio,
        "as_of": utc_text(entry.plan.as_of),
        "proposed": entry.plan.decision.value,
        "trades": len(entry.plan.trades),
        "decision": ruling.verdict.value if ruling else None,
        "decided_at": utc_text(ruling.at) if ruling else None,
        "earned_since": _money(entry.earned),
        "outcome": entry.outcome.value if entry.outcome else None,
        "currency": entry.plan.currency,
        "earned": _money(entry.cents),
        "unknown": entry.unknown or None,
        "by_trade": list(_parts(entry)),
        "sample": entry.plan.is_sample,
    }


def _parts(entry: PastPlan) -> Iterator[dict[str, object]]:
    for part, cents in zip(entry.parts, entry.cents_of_parts, strict=True):
        yield {
            "asset": part.trade.asset_id,
            "side": part.trade.side.value,
            "earned_since": _money(part.earned),
            "earned": _money(cents),
        }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else money(amount)
