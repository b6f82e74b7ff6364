"""The JSON face of a plan: `rebalancer.plan/1`, stable to the byte.

Money and quantities are strings, weights numbers, unknown is null. Keys keep their order and are
only ever added. Reading lives in `portfolios.documents.plan_reader`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from portfolios.documents.plan_reader import PLAN_SCHEMA, plan_from_json
from portfolios.model.plan import (
    Finding,
    LimitLine,
    Plan,
    PlanPosition,
    SectorLine,
    SolverReport,
    Trade,
)
from portfolios.values.canonical import canonical_json, digest_of, money, plain, utc_text

__all__ = [
    "PLAN_SCHEMA",
    "RUN_SCHEMA",
    "dumps",
    "findings_to_json",
    "inputs_hash",
    "plan_from_json",
    "plan_id_from",
    "plan_to_json",
    "run_to_json",
]

RUN_SCHEMA = "rebalancer.run/1"
PLAN_ID_LENGTH = 12

Json = dict[str, Any]


def inputs_hash(document: object) -> str:
    """Return `sha256:...` over the canonical JSON of everything a plan was computed from."""
    return "sha256:" + hashlib.sha256(canonical_json(document).encode()).hexdigest()


def plan_id_from(hashed: str) -> str:
    """Return the short readable id that belongs to an inputs hash.

    >>> plan_id_from("sha256:0123456789abcdef0123")
    '0123456789ab'
    """
    return hashed.removeprefix("sha256:")[:PLAN_ID_LENGTH]


def dumps(document: Mapping[str, Any], *, indent: int | None = None) -> str:
    """Write a document with its keys in the order given; NaN is refused with ValueError."""
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(
        document, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators
    )


def run_to_json(plans: Iterable[Plan], *, as_of: datetime) -> Json:
    """Return the document that a run over several portfolios prints."""
    documents = [plan_to_json(plan) for plan in plans]
    return {"schema": RUN_SCHEMA, "as_of": utc_text(as_of), "plans": documents}


def plan_to_json(plan: Plan) -> Json:
    """Return a plan as its document."""
    document = {
        "schema": PLAN_SCHEMA,
        "id": plan.plan_id,
        "portfolio": plan.portfolio,
        "as_of": utc_text(plan.as_of),
        "inputs_hash": plan.inputs_hash,
        "decision": plan.decision.value,
        "reason": plan.reason,
        "trigger": list(plan.trigger),
        "mode": plan.mode,
        "profile": plan.profile,
        "currency": plan.currency,
        "value": money(plan.value) if plan.is_value_known else None,
        "flow": money(plan.flow),
        "cash": {
            "value": money(plan.cash),
            "weight": _number(plan.cash_weight) if plan.is_value_known else None,
            "proposed_value": money(plan.proposed_cash),
            "proposed_weight": _number(plan.proposed_cash_weight) if plan.is_value_known else None,
        },
        "drift": _unknown(plan.drift),
        "proposed_drift": _unknown(plan.proposed_drift),
        "turnover": _number(plan.turnover),
        "estimated_cost": money(plan.estimated_cost),
        "positions": [_position(p, is_known=plan.is_value_known) for p in plan.positions],
        "sectors": [_sector(line, is_known=plan.is_value_known) for line in plan.sectors],
        "trades": [_trade(trade) for trade in plan.trades],
        "zones": [_finding(finding) for finding in plan.zones],
        "limits": [_limit(line) for line in plan.limits],
        "warnings": list(plan.warnings),
        "solver": _solver(plan.solver),
        "sample": bool(plan.is_sample),
        "priced_at": _moment(plan.priced_at),
        "last_known_value": None if plan.is_value_known else money(plan.value),
        "last_known_at": _moment(plan.last_known_at),
        "unpriced": int(plan.unpriced),
        "problem": plan.problem,
    }
    return {**document, "digest": digest_of(document)}


def _position(p: PlanPosition, *, is_known: bool) -> Json:
    return {
        "asset": p.asset_id,
        "symbol": p.symbol,
        "sector": p.sector,
        "quantity": plain(p.quantity),
        "price": None if p.price is None else money(p.price),
        "value": None if p.doubt else money(p.value),
        "weight": _number(p.weight) if is_known else None,
        "target_weight": _unknown(p.target_weight),
        "reference_weight": _number(p.reference_weight),
        "proposed_weight": _number(p.proposed_weight) if is_known else None,
        "proposed_quantity": plain(p.proposed_quantity),
        "lock": p.lock,
        "short_grade": _unknown(p.short_grade),
        "long_grade": _unknown(p.long_grade),
        "trend": None if p.trend is None else int(p.trend),
        "signal": None if p.signal is None else int(p.signal),
        "grade_source": p.grade_source,
        # The day for people and scripts, the moment for an exact copy.
        "grade_as_of": None if p.grade_as_of is None else utc_text(p.grade_as_of)[:10],
        "grade_at": _moment(p.grade_as_of),
        "priced_at": _moment(p.priced_at),
        "trend_acts": p.trend_acts,
        "doubt": p.doubt or None,
        "last_known_value": money(p.value) if p.doubt and p.value else None,
        **_last_known(p.weight, p.proposed_weight, is_known=is_known),
    }


def _sector(line: SectorLine, *, is_known: bool) -> Json:
    return {
        "sector": line.sector,
        "weight": _number(line.weight) if is_known else None,
        "proposed_weight": _number(line.proposed_weight) if is_known else None,
        "min": _unknown(line.min),
        "max": _unknown(line.max),
        "shadow_price_bps": _unknown(line.shadow_price_bps),
        **_last_known(line.weight, line.proposed_weight, is_known=is_known),
    }


def _trade(trade: Trade) -> Json:
    return {
        "asset": trade.asset_id,
        "symbol": trade.symbol,
        "side": trade.side.value,
        "quantity": plain(trade.quantity),
        "price": money(trade.price),
        "notional": money(trade.notional),
        "cost": money(trade.cost),
        "reasons": [
            {"kind": r.kind.value, "share": _number(r.share), "text": r.text} for r in trade.reasons
        ],
    }


def findings_to_json(portfolio: str, findings: Sequence[Finding], *, is_sample: bool) -> Json:
    """Return what was judged of a portfolio, each finding as it stands in a plan's document."""
    return {
        "portfolio": portfolio,
        "zones": [_finding(each) for each in findings],
        "sample": is_sample,
    }


def _finding(finding: Finding) -> Json:
    return {
        "scope": finding.scope.value,
        "subject": finding.subject,
        "rule": finding.rule,
        "code": finding.code,
        "zone": finding.zone.value,
        "after": None if finding.after is None else finding.after.value,
        "value": _unknown(finding.value),
        "amber": _unknown(finding.amber),
        "red": _unknown(finding.red),
        "severity": _number(finding.severity),
        "text": finding.text,
        "after_text": finding.after_text,
    }


def _limit(line: LimitLine) -> Json:
    return {
        "name": line.name,
        "bound": _number(line.bound),
        "value": _number(line.value),
        "binding": bool(line.binding),
        "violation": _number(line.violation),
        "shadow_price_bps": _unknown(line.shadow_price_bps),
        "text": line.text,
        "stated": bool(line.stated),
    }


def _solver(report: SolverReport | None) -> Json | None:
    if report is None:
        return None
    return {
        "name": report.name,
        "status": report.status,
        "objective": _unknown(report.objective),
        "gap": _unknown(report.gap),
        "within_bps": _unknown(report.within_bps),
    }


def _last_known(now: float, after: float, *, is_known: bool) -> Json:
    """Return shares of a total at the last known prices, for while it is unknown."""
    return {
        "last_known_weight": None if is_known else _number(now),
        "last_known_proposed_weight": None if is_known else _number(after),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else utc_text(at)


def _number(value: float) -> float:
    return float(value) + 0.0  # numpy's numbers become Python's, minus zero becomes zero


def _unknown(value: float | None) -> float | None:
    return None if value is None else _number(value)
