"""A what-if and what comes of it, as JSON."""

from __future__ import annotations

from typing import Any

from portfolios.documents.plan_json import plan_to_json
from portfolios.model.plan import LimitLine
from portfolios.values.canonical import money
from rebalancer.usecases.explanations.plan_diff import Difference, in_money
from rebalancer.usecases.explanations.what_if import Answer, WhatIf

SCHEMA = "rebalancer.whatif/1"


def whatif_to_json(whatif: WhatIf) -> dict[str, Any]:
    """Return the JSON face of a supposition: both plans whole, and what differs."""
    difference = whatif.difference
    return {
        "schema": SCHEMA,
        "portfolio": whatif.portfolio,
        "changes": list(whatif.words),
        "headline": whatif.headline,
        "now": _answer(whatif.now),
        "then": _answer(whatif.then),
        "difference": None if difference is None else _difference(difference),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    plan = None if answer.plan is None else plan_to_json(answer.plan)
    return {"plan": plan, "refusal": answer.refusal or None, "hint": answer.hint or None}


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "trades": [
            {
                "asset": change.asset_id,
                "now": money(in_money(change.now)),
                "then": money(in_money(change.then)),
            }
            for change in difference.trades
        ],
        "zones": [
            {
                "scope": change.scope.value,
                "subject": change.subject,
                "rule": change.rule,
                "now": change.now.value if change.now else None,
                "then": change.then.value if change.then else None,
            }
            for change in difference.zones
        ],
        "limits_now": _names(difference.limits_now),
        "limits_then": _names(difference.limits_then),
    }


def _names(lines: tuple[LimitLine, ...]) -> list[str]:
    return [line.name for line in lines]
