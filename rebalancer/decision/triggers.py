"""What causes a proposal: calendar, band, limit, cash flow, zone, or a request.

A trigger says that it is worth asking the optimiser; whether anything is traded, and how far, the
optimiser decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from portfolios.model.plan import Finding, Scope, Zone
from portfolios.values.time import is_ahead
from rebalancer.decision.analysis import Analysis
from rebalancer.zones import ZONES

NOTABLE_FLOW = 0.01
"""A cash flow below this share of value waits for the next occasion."""
PAST = frozenset(rule.key for rule in ZONES.values() if rule.is_past)


class Trigger(StrEnum):
    """A cause of a proposal."""

    BAND = "band"
    LIMIT = "limit"
    ZONE = "zone"
    CASH_FLOW = "cash_flow"
    CALENDAR = "calendar"
    REQUEST = "request"


def triggers(
    analysis: Analysis,
    findings: Sequence[Finding],
    *,
    requested: bool,
    last_plan_at: datetime | None = None,
) -> tuple[Trigger, ...]:
    """Return everything that causes a proposal now, in a fixed order.

    Args:
        analysis: the portfolio, its reference and its limits.
        findings: zones at today's weights.
        requested: a person asks.
        last_plan_at: when the last plan was made; None leaves the calendar out.
    """
    fired = {
        Trigger.BAND: bool(outside_band(analysis).any()),
        Trigger.LIMIT: any(mendable(analysis)),
        Trigger.ZONE: _red_zone_can_be_left(analysis, findings),
        Trigger.CASH_FLOW: abs(analysis.flow) > NOTABLE_FLOW,
        Trigger.CALENDAR: last_plan_at is not None and _due(analysis, last_plan_at),
        Trigger.REQUEST: requested,
    }
    return tuple(trigger for trigger, on in fired.items() if on)


def outside_band(analysis: Analysis) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell for each asset, shape (n,), whether it is outside its tolerance band."""
    outside: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        np.abs(analysis.w0 - analysis.reference.r) > analysis.bands
    )
    return outside


def mendable(analysis: Analysis) -> list[bool]:
    """Tell for each broken limit whether a trade can bring it nearer."""
    can_sell = analysis.bounds.v_hi > 0
    can_buy = analysis.bounds.u_hi > 0
    return [
        bool(np.any((row.members > 0) & (can_sell if row.is_cap else can_buy)))
        for row in analysis.broken
    ]


def _red_zone_can_be_left(analysis: Analysis, findings: Sequence[Finding]) -> bool:
    place = {asset_id: i for i, asset_id in enumerate(analysis.valuation.asset_ids)}
    for finding in findings:
        if finding.zone is not Zone.RED:
            continue
        if finding.scope is not Scope.ASSET:
            if finding.rule not in PAST:
                return True
            continue
        if analysis.bounds.v_hi[place[finding.subject]] > 0:
            return True
    return False


def _due(analysis: Analysis, last_plan_at: datetime) -> bool:
    """Tell whether it is time again; a market is of the hour that has begun, or of its prices."""
    wait = timedelta(days=analysis.policy.rebalance_every_days)
    as_of = analysis.valuation.as_of
    return as_of - last_plan_at >= wait or is_ahead(last_plan_at, as_of + timedelta(hours=1))
