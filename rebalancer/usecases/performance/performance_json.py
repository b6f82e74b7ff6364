"""Portfolios against doing nothing, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from portfolios.model.market import Market
from portfolios.values.canonical import money, utc_text
from portfolios.values.cents import to_cents
from rebalancer.usecases.performance.performance import Performance
from rebalancer.usecases.performance.reconciliation import Reconciliation
from rebalancer.usecases.performance.significance import Significance
from rebalancer.usecases.performance.track_record import Total

SCHEMA = "rebalancer.performance/1"


def performance_to_json(found: Sequence[Performance], market: Market) -> dict[str, object]:
    """Return the document of `performance`; `exact` amounts add up to the last digit."""
    return {
        "schema": SCHEMA,
        "as_of": utc_text(market.as_of),
        "sample": market.is_sample,
        "portfolios": [_performance(each) for each in found],
    }


def _performance(each: Performance) -> dict[str, object]:
    results, against = each.results, each.against_nothing
    return {
        "portfolio": each.portfolio.name,
        "currency": each.portfolio.currency,
        "against_nothing": _against(against) if isinstance(against, Reconciliation) else None,
        "unknown": None if isinstance(against, Reconciliation) else against.why,
        "approved": _total(results.approved),
        "skipped": _total(results.skipped),
        "lapsed": _total(results.lapsed),
        "choosing": _significance(results.choosing),
    }


def _against(found: Reconciliation) -> dict[str, object]:
    return {
        "since": utc_text(found.since),
        "earned": money(found.earned),
        "growth": found.growth,
        "start": {"amount": money(found.shown_start), "exact": money(found.start)},
        "steps": [
            {
                "cause": step.cause.value,
                "at": utc_text(step.at),
                "plan": step.plan_id or None,
                **_amount(step.amount),
            }
            for step in found.steps
        ],
        "rounding": _amount(found.lost),
        "now": _amount(found.now),
        "left_out": list(found.left_out),
    }


def _amount(exact: Decimal) -> dict[str, object]:
    return {"amount": money(to_cents(exact)), "exact": money(exact)}


def _total(total: Total) -> dict[str, object]:
    return {
        "count": total.count,
        "unknown": total.unknown,
        "earned": None if total.earned is None else money(total.earned),
        **_significance(total.significance),
    }


def _significance(significance: Significance) -> dict[str, object]:
    return {
        "weeks": significance.weeks,
        "chance": significance.chance,
        "is_told": significance.is_told,
    }
