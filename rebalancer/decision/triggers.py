"""What causes a proposal: calendar, band, limit, cash flow, zone, or a request.

A trigger says that it is worth asking the optimiser; whether anything is traded, and how far, the
optimiser decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from portfolios.model.measures import portfolio_volatility
from portfolios.model.plan import Finding, Scope, Zone
from portfolios.model.policy import BREACH
from portfolios.values.time import is_ahead
from rebalancer.decision.analysis import Analysis
from rebalancer.estimates.violations import BUFFER
from rebalancer.zones import ZONES

Flags = npt.NDArray[np.bool_]
REST_SHARE = 0.5
"""An asset within this share of its band is left alone unless another reason needs it."""
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
        Trigger.LIMIT: any(mendable(analysis)) or is_too_volatile(analysis),
        Trigger.ZONE: _red_zone_can_be_left(analysis, findings),
        Trigger.CASH_FLOW: abs(analysis.flow) > NOTABLE_FLOW,
        Trigger.CALENDAR: last_plan_at is not None and _due(analysis, last_plan_at),
        Trigger.REQUEST: requested,
    }
    return tuple(trigger for trigger, on in fired.items() if on)


def outside_band(analysis: Analysis) -> Flags:
    """Tell for each asset, shape (n,), whether it is outside its tolerance band."""
    outside: Flags = np.abs(analysis.w0 - analysis.reference.r) > analysis.bands
    return outside


def mendable(analysis: Analysis) -> list[bool]:
    """Tell for each broken limit whether a trade can bring it nearer."""
    can_sell = analysis.bounds.v_hi > 0
    can_buy = analysis.bounds.u_hi > 0
    return [
        bool(row.is_kept and np.any((row.members > 0) & (can_sell if row.is_cap else can_buy)))
        for row in analysis.broken
    ]


def is_too_volatile(analysis: Analysis) -> bool:
    """Tell whether a stated limit of volatility is broken and something may be sold."""
    most = analysis.policy.max_volatility
    if most is None or not analysis.bounds.v_hi.any():
        return False
    return portfolio_volatility(analysis.w0, analysis.risk.covariance) > float(most) + BREACH


def at_rest(analysis: Analysis, *, share_left: float = 1.0) -> Flags:
    """Tell which assets, shape (n,), no trade needs: well inside their bands, in no broken limit.

    People ask to touch only what drifted. A cash flow concerns everything, and so does a lack of
    cash or too much volatility.

    Args:
        analysis: the portfolio and its aims.
        share_left: what costs leave of the value.
    """
    weights = analysis.w0 / share_left
    rests = np.abs(weights - analysis.reference.r) <= REST_SHARE * analysis.bands
    if analysis.flow != 0 or is_too_volatile(analysis):
        return np.zeros_like(rests)
    for row in analysis.broken_at(share_left):
        if row.is_kept:
            rests &= (row.members == 0) if row.name != BUFFER else False
    return rests


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
