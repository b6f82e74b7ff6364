"""An analysis and its outcome as the plan that everybody speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from portfolios.documents.plan_json import inputs_hash, plan_id_from
from portfolios.model.market import Array
from portfolios.model.measures import drift, forced_sales, turnover
from portfolios.model.plan import Plan, PlanPosition, SectorLine
from portfolios.model.portfolio import lock_text
from portfolios.model.valuation import Position, after_trades
from portfolios.values import display
from portfolios.values.causes import by_cause
from rebalancer.decision.aims import aims_apart, wishes_of
from rebalancer.decision.analysis import Analysis
from rebalancer.decision.fingerprint import fingerprint
from rebalancer.decision.result import ProposalResult
from rebalancer.decision.trend_notes import trends_turned_lately
from rebalancer.decision.warned_limits import what_keeping_takes
from rebalancer.estimates.pegs import lost_peg
from rebalancer.estimates.scores import acts_bearish

LIMIT_OFF = 1.0
"""A cap at the whole value is no cap."""


def plan_of(analysis: Analysis, outcome: ProposalResult) -> Plan:
    """Return the plan that states an outcome."""
    hashed = inputs_hash(fingerprint(analysis, outcome.causes))
    cash = analysis.valuation.cash if outcome.cash is None else outcome.cash
    after = after_trades(analysis.valuation, dict(outcome.quantities), cash)
    (w, c), now = _shares(analysis, after.positions, cash), analysis.w0
    total = analysis.valuation.total
    cost = sum((trade.cost for trade in outcome.trades), Decimal(0))
    return Plan(
        plan_id=plan_id_from(hashed),
        portfolio=analysis.portfolio.name,
        as_of=analysis.valuation.as_of,
        inputs_hash=hashed,
        decision=outcome.decision,
        reason=". ".join((*_lost_pegs(analysis), outcome.reason)),
        trigger=tuple(cause.value for cause in outcome.causes),
        mode=analysis.policy.mode.value,
        profile=analysis.policy.profile_in_force.value,
        currency=analysis.portfolio.currency,
        value=total.amount,
        cash=analysis.valuation.cash,
        proposed_cash=cash,
        flow=analysis.valuation.flow,
        drift=analysis.drift,
        proposed_drift=drift(w, c, analysis.reference.r) if total.is_known else None,
        turnover=_turnover(analysis, w),
        estimated_cost=cost,
        positions=tuple(
            _position(analysis, i, float(now[i]), float(w[i]), after.positions[i].quantity)
            for i in range(len(w))
        ),
        sectors=_sectors(analysis, w, outcome),
        trades=outcome.trades,
        zones=outcome.findings,
        limits=outcome.limits,
        warnings=(*_notes(analysis), *outcome.warnings),
        solver=outcome.solver,
        is_sample=analysis.market.is_sample,
        priced_at=analysis.valuation.priced_at,
        is_value_known=total.is_known,
        last_known_at=total.at,
        unpriced=total.unpriced,
        problem=outcome.problem,
    )


def _lost_pegs(analysis: Analysis) -> Iterator[str]:
    """Say first, of what is held, that it has lost what it stands for."""
    for position in analysis.valuation.positions:
        lost = lost_peg(analysis.market, position.asset) if position.quantity > 0 else ""
        if lost:
            yield f"{position.asset.symbol} is {lost} and is not bought"


def _shares(
    analysis: Analysis, positions: tuple[Position, ...], cash: Decimal
) -> tuple[Array, float]:
    value = analysis.valuation.value
    if value <= 0:
        return np.zeros(len(positions)), 1.0
    return np.array([float(p.value / value) for p in positions]), float(cash / value)


def _turnover(analysis: Analysis, w: Array) -> float:
    forced = forced_sales(analysis.limits.c_hard - analysis.c0, analysis.kappa)
    return turnover(analysis.w0, w, deposit=max(0.0, analysis.flow), forced=forced)


def _position(
    analysis: Analysis, i: int, weight: float, proposed: float, quantity: Decimal
) -> PlanPosition:
    position = analysis.valuation.positions[i]
    asset, (target, aim) = position.asset, wishes_of(analysis)[i]
    grade = analysis.market.grades.get(asset.asset_id)
    return PlanPosition(
        asset_id=asset.asset_id,
        symbol=asset.symbol,
        sector=asset.sector,
        quantity=position.quantity,
        price=position.price,
        value=position.value,
        weight=weight,
        reference_weight=aim,
        proposed_weight=proposed,
        proposed_quantity=quantity,
        lock=lock_text(position.locks),
        short_grade=grade.short if grade else None,
        long_grade=grade.long if grade else None,
        trend=grade.trend if grade else None,
        signal=grade.signal if grade else None,
        grade_source=grade.source if grade else None,
        grade_as_of=grade.short_at if grade else None,
        target_weight=target,
        doubt=position.grey,
        priced_at=position.quote.at if position.quote else None,
        trend_acts=acts_bearish(analysis.market, asset.asset_id, analysis.policy.technical),
    )


def _sectors(analysis: Analysis, w: Array, outcome: ProposalResult) -> tuple[SectorLine, ...]:
    limits = analysis.limits
    prices = {line.name: line.shadow_price_bps for line in outcome.limits}
    now, after = limits.M.T @ analysis.w0, limits.M.T @ w
    lines = []
    for j, name in enumerate(limits.sector_names):
        low, high = float(limits.S_lo[j]), float(limits.S_hi[j])
        limited = low > 0 or high < LIMIT_OFF
        lines.append(
            SectorLine(
                sector=name,
                weight=float(now[j]),
                proposed_weight=float(after[j]),
                min=low if limited else None,
                max=high if limited else None,
                shadow_price_bps=prices.get(f"sector.{name}.max"),
            )
        )
    return tuple(lines)


def _notes(analysis: Analysis) -> tuple[str, ...]:
    portfolio = analysis.portfolio
    notes = list(
        by_cause((n, "unknown, so valued at zero, never traded") for n in portfolio.unknown)
    )
    notes += _frozen(analysis)
    notes += [
        f"{asset_id}: no price to buy it at; its {display.percent(float(weight))} wait in cash"
        for asset_id, weight in sorted((portfolio.targets or {}).items())
        if weight > 0 and _cannot_be_bought(analysis, asset_id)
    ]
    notes += [
        f"{p.asset.symbol}: {why}; its {display.percent(float(wished))} wait in cash"
        for p, why, wished in zip(
            analysis.valuation.positions,
            analysis.bounds.why,
            analysis.reference.wished,
            strict=True,
        )
        if wished > 0 and p.quantity == 0 and why and not p.grey
    ]
    notes += aims_apart(analysis)
    notes += trends_turned_lately(analysis)
    if warned := what_keeping_takes(analysis):
        notes.append(warned)
    if not analysis.reference.has_targets and not analysis.reference.is_recorded:
        notes.append(
            "no targets: the aims are today's weights, so only limits, trims and cash flows"
            " cause trades"
        )
    return tuple(notes)


def _frozen(analysis: Analysis) -> tuple[str, ...]:
    """Say what is not traded for want of a price, unless the plan's reason says it."""
    valuation, unknown = analysis.valuation, analysis.portfolio.unknown
    return by_cause(
        (p.name, f"{p.grey}; {'counts at its last known price, ' if p.value else ''}not traded")
        for p in valuation.positions
        if p.grey and p.quantity > 0 and p.asset.asset_id not in unknown
        if p.is_stated or p.asset.asset_id not in valuation.in_doubt
    )


def _cannot_be_bought(analysis: Analysis, asset_id: str) -> bool:
    position = next((p for p in analysis.valuation.positions if p.asset.asset_id == asset_id), None)
    if position is None:
        return asset_id not in analysis.portfolio.unknown
    return bool(position.grey) and position.quantity == 0
