"""What two plans for one portfolio differ in: trades, zones at the end, limits that bind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from alerts.texts.plan_figures import signed_notional
from portfolios.model.plan import Finding, LimitLine, Plan, Scope, Side, Trade, Zone


@dataclass(frozen=True, slots=True)
class TradeChange:
    """One asset's trade in two plans that trade it differently; None where one does not."""

    asset_id: str
    symbol: str
    now: Trade | None
    then: Trade | None


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """A finding that ends in another zone; None where one plan has no such finding."""

    scope: Scope
    subject: str
    rule: str
    now: Zone | None
    then: Zone | None
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What two plans differ in.

    Attributes:
        trades: that appear, vanish or change, by asset id.
        zones: findings that end in another zone once the trades are done.
        limits_now, limits_then: that bind or stay broken in just one of the plans.
    """

    trades: tuple[TradeChange, ...] = ()
    zones: tuple[ZoneChange, ...] = ()
    limits_now: tuple[LimitLine, ...] = ()
    limits_then: tuple[LimitLine, ...] = ()

    @property
    def is_none(self) -> bool:
        """Tell whether the plans come to the same."""
        return not (self.trades or self.zones or self.limits_now or self.limits_then)


def difference_of(now: Plan, then: Plan) -> Difference:
    """Return what the second plan does otherwise than the first."""
    limits_now = {line.name: line for line in now.limits}
    limits_then = {line.name: line for line in then.limits}
    return Difference(
        trades=_trades(now, then),
        zones=_zones(now, then),
        limits_now=_only(limits_now, limits_then),
        limits_then=_only(limits_then, limits_now),
    )


def in_money(trade: Trade | None) -> Decimal:
    """Return what a trade moves: positive where it buys, nothing where there is none."""
    return Decimal(0) if trade is None else signed_notional(trade)


def end_of(finding: Finding) -> Zone:
    """Return the zone that a plan leaves a finding in."""
    return finding.zone if finding.after is None else finding.after


def _trades(now: Plan, then: Plan) -> tuple[TradeChange, ...]:
    before = {trade.asset_id: trade for trade in now.trades}
    after = {trade.asset_id: trade for trade in then.trades}
    return tuple(
        TradeChange(a, (before.get(a) or after[a]).symbol, before.get(a), after.get(a))
        for a in sorted(before.keys() | after.keys())
        if _moved(before.get(a)) != _moved(after.get(a))
    )


def _moved(trade: Trade | None) -> tuple[Side, Decimal] | None:
    return None if trade is None else (trade.side, trade.quantity)


def _zones(now: Plan, then: Plan) -> tuple[ZoneChange, ...]:
    before = {(f.scope, f.subject, f.rule): f for f in now.zones}
    after = {(f.scope, f.subject, f.rule): f for f in then.zones}
    found = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        ends = (end_of(old) if old else None, end_of(new) if new else None)
        if ends[0] is not ends[1]:
            found.append(ZoneChange(*key, *ends, text=(new or before[key]).text))
    return tuple(found)


def _only(own: Mapping[str, LimitLine], other: Mapping[str, LimitLine]) -> tuple[LimitLine, ...]:
    return tuple(line for name, line in own.items() if name not in other)
