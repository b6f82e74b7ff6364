"""Reads the document of a plan back into the plan it was written from.

Keys that a later program added are ignored. A key added from now on must be read with a default,
because stored documents lack it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from portfolios.errors import InputError
from portfolios.model.plan import (
    Decision,
    Finding,
    LimitLine,
    Plan,
    PlanPosition,
    Reason,
    ReasonKind,
    Scope,
    SectorLine,
    Side,
    SolverReport,
    Trade,
    Zone,
)
from portfolios.values.canonical import read_utc

PLAN_SCHEMA = "rebalancer.plan/1"

_T = TypeVar("_T")
_Document = Mapping[str, Any]


def plan_from_json(document: Mapping[str, Any]) -> Plan:
    """Read a plan's document; the plan equals the one that was written.

    Raises:
        InputError: when the document is none of ours or lacks something.
    """
    if not isinstance(document, Mapping) or document.get("schema") != PLAN_SCHEMA:
        raise InputError(
            f"this is no {PLAN_SCHEMA} document", hint="give the JSON of one plan, as `run` writes"
        )
    try:
        return _plan(document)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise InputError(
            f"the plan's document cannot be read: {error!r}", hint="run the proposal again"
        ) from error


def _plan(d: _Document) -> Plan:
    cash = d["cash"]
    return Plan(
        plan_id=d["id"],
        portfolio=d["portfolio"],
        as_of=read_utc(d["as_of"]),
        inputs_hash=d["inputs_hash"],
        decision=Decision(d["decision"]),
        reason=d["reason"],
        trigger=tuple(d["trigger"]),
        mode=d["mode"],
        profile=d["profile"],
        currency=d["currency"],
        value=_last_known(d),
        cash=_decimal(cash["value"]),
        proposed_cash=_decimal(cash["proposed_value"]),
        flow=_decimal(d["flow"]),
        drift=d["drift"],
        proposed_drift=d["proposed_drift"],
        turnover=d["turnover"],
        estimated_cost=_decimal(d["estimated_cost"]),
        positions=_each(_position, d["positions"]),
        sectors=_each(_sector, d["sectors"]),
        trades=_each(_trade, d["trades"]),
        zones=_each(_finding, d["zones"]),
        limits=_each(_limit, d["limits"]),
        warnings=tuple(d["warnings"]),
        solver=_solver(d["solver"]),
        is_sample=d["sample"],
        priced_at=_moment(d.get("priced_at")),
        is_value_known=d["value"] is not None,
        last_known_at=_moment(d.get("last_known_at")),
        unpriced=d.get("unpriced", 0),
        problem=d.get("problem"),
    )


def _position(d: _Document) -> PlanPosition:
    return PlanPosition(
        asset_id=d["asset"],
        symbol=d["symbol"],
        sector=d["sector"],
        quantity=_decimal(d["quantity"]),
        price=None if d["price"] is None else _decimal(d["price"]),
        value=_last_known(d),
        weight=_share(d, "weight"),
        reference_weight=d["reference_weight"],
        proposed_weight=_share(d, "proposed_weight"),
        proposed_quantity=_decimal(d["proposed_quantity"]),
        lock=d["lock"],
        short_grade=d["short_grade"],
        long_grade=d["long_grade"],
        trend=d["trend"],
        signal=d["signal"],
        grade_source=d["grade_source"],
        grade_as_of=_moment(d["grade_at"]),
        target_weight=d["target_weight"],
        doubt=d.get("doubt") or "",
        priced_at=_moment(d.get("priced_at")),
        trend_acts=d.get("trend_acts", False),
    )


def _sector(d: _Document) -> SectorLine:
    return SectorLine(
        sector=d["sector"],
        weight=_share(d, "weight"),
        proposed_weight=_share(d, "proposed_weight"),
        min=d["min"],
        max=d["max"],
        shadow_price_bps=d["shadow_price_bps"],
    )


def _trade(d: _Document) -> Trade:
    return Trade(
        asset_id=d["asset"],
        symbol=d["symbol"],
        side=Side(d["side"]),
        quantity=_decimal(d["quantity"]),
        price=_decimal(d["price"]),
        notional=_decimal(d["notional"]),
        cost=_decimal(d["cost"]),
        reasons=_each(_reason, d["reasons"]),
    )


def _reason(d: _Document) -> Reason:
    return Reason(kind=ReasonKind(d["kind"]), share=d["share"], text=d["text"])


def _finding(d: _Document) -> Finding:
    return Finding(
        scope=Scope(d["scope"]),
        subject=d["subject"],
        rule=d["rule"],
        code=d["code"],
        zone=Zone(d["zone"]),
        value=d["value"],
        amber=d["amber"],
        red=d["red"],
        text=d["text"],
        after=None if d["after"] is None else Zone(d["after"]),
        severity=d["severity"],
        after_text=d.get("after_text", ""),
    )


def _limit(d: _Document) -> LimitLine:
    return LimitLine(
        name=d["name"],
        bound=d["bound"],
        value=d["value"],
        binding=d["binding"],
        violation=d["violation"],
        shadow_price_bps=d["shadow_price_bps"],
        text=d["text"],
        stated=d["stated"],
    )


def _solver(d: _Document | None) -> SolverReport | None:
    if d is None:
        return None
    return SolverReport(d["name"], d["status"], d["objective"], d["gap"], d.get("within_bps"))


def _each(read: Callable[[_Document], _T], documents: Iterable[_Document]) -> tuple[_T, ...]:
    return tuple(read(document) for document in documents)


def _decimal(text: object) -> Decimal:
    if not isinstance(text, str):
        raise TypeError(f"money and quantities are text, not {type(text).__name__}")
    return Decimal(text)


def _last_known(d: _Document) -> Decimal:
    """Return a value; what was last known of it where it is unknown, 0 where that was nothing."""
    told = d.get("last_known_value", "0") if d["value"] is None else d["value"]
    return Decimal(0) if told is None else _decimal(told)


def _share(d: _Document, key: str) -> float:
    share = d[f"last_known_{key}"] if d[key] is None else d[key]
    return float(share)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else read_utc(text)
