"""What is proposed and why: the types that every part of the product speaks.

A plan holds results and reasons, no solver objects. It is append-only: a plan is never changed,
only decided on. Its JSON face is `portfolios.documents.plan_json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from portfolios.model.dwell import Dwell
from portfolios.values import display
from portfolios.values.total import Total

WORSENED = "the proposal worsens a zone"
"""So begins the warning of a plan that does."""
FLAGGED = "flagged: "
"""So begins what a finding says and no trade acts on."""
AIMED = "aimed "
"""So begins the warning that says why aims are not the targets."""


class Zone(StrEnum):
    """A judgement; grey is unknown and never shown as green. Ordered by `ORDER`."""

    GREEN = "green"
    GREY = "grey"
    AMBER = "amber"
    RED = "red"


ORDER: Mapping[Zone, int] = MappingProxyType({zone: i for i, zone in enumerate(Zone)})
"""Rank of a zone; grey stands between green and amber because it hides both."""


def worst(zones: tuple[Zone, ...]) -> Zone:
    """Return the worst of some zones, green when there are none."""
    return max(zones, key=ORDER.__getitem__, default=Zone.GREEN)


class Scope(StrEnum):
    """What a finding is about."""

    ASSET = "asset"
    SECTOR = "sector"
    PORTFOLIO = "portfolio"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's judgement of one subject at one moment.

    Attributes:
        scope, subject: what is judged: asset id, sector name, or `portfolio`.
        rule: key in words, e.g. `bearish_weight`; `code` is its short key, e.g. `H1`.
        zone: now; `after` is the zone after the proposal, None without one.
        value: the measured value, in the unit of the thresholds; None when unknown.
        amber, red: thresholds; None where the rule has no such level.
        text: one sentence, true now, no forecast.
        severity: 0-100, ranks findings and nothing else.
        after_text: what is true after the proposal; empty without one, or where nothing changes.
        holds: the worst zone in which the value keeps what entered it before.
        dwell: how long a zone must last.
        excess: how far the value is on the rule's own scale: 0.5 at amber, 1 at red, and on beyond
            it. These three are for alerts and no part of a plan's document, so findings that were
            read from one have the defaults, and equality leaves them out.
    """

    scope: Scope
    subject: str
    rule: str
    code: str
    zone: Zone
    value: float | None
    amber: float | None
    red: float | None
    text: str
    after: Zone | None = None
    severity: float = 0.0
    after_text: str = ""
    holds: Zone = field(default=Zone.GREEN, compare=False)
    dwell: Dwell = field(default=Dwell(), compare=False)
    excess: float = field(default=0.0, compare=False)

    def beside(self, after: Zone, after_text: str) -> Finding:
        """Return it with what is true after a proposal."""
        # Not `replace`, which takes five times as long: a plan has hundreds.
        return Finding(
            self.scope, self.subject, self.rule, self.code, self.zone, self.value, self.amber,
            self.red, self.text, after, self.severity, after_text, self.holds, self.dwell,
            self.excess,
        )  # fmt: skip


class Side(StrEnum):
    """Direction of a trade."""

    BUY = "buy"
    SELL = "sell"


class ReasonKind(StrEnum):
    """Why a trade is proposed."""

    SECTOR_LIMIT = "sector_limit"
    ASSET_LIMIT = "asset_limit"
    BUFFER = "buffer"
    VOLATILITY = "volatility"
    DRIFT = "drift"
    FLOW = "flow"
    RESTRICTION = "restriction"
    TREND = "trend"
    GRADE = "grade"
    RISK = "risk"


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause of a trade, with its share of all causes (0-1), in plain words."""

    kind: ReasonKind
    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Trade:
    """A change of one position; quantity positive, money in the portfolio's currency."""

    asset_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    notional: Decimal
    cost: Decimal
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanPosition:
    """One asset before and after; weights are fractions of the value before the trades.

    Attributes:
        value: at the last known price, 0 where there is none.
        doubt: why the price cannot be relied on; empty when it can.
        priced_at: the moment of the price, aware UTC; None where it is not known.
        trend_acts: a bearish trend that lasted counts, where signals trim or follow.
    """

    asset_id: str
    symbol: str
    sector: str
    quantity: Decimal
    price: Decimal | None
    value: Decimal
    weight: float
    reference_weight: float
    proposed_weight: float
    proposed_quantity: Decimal
    lock: str | None = None
    short_grade: float | None = None
    long_grade: float | None = None
    trend: int | None = None
    signal: int | None = None
    grade_source: str | None = None
    grade_as_of: datetime | None = None
    target_weight: float | None = None
    doubt: str = ""
    priced_at: datetime | None = None
    trend_acts: bool = False


@dataclass(frozen=True, slots=True)
class SectorLine:
    """One sector before and after; `min`/`max` None where it has no limit."""

    sector: str
    weight: float
    proposed_weight: float
    min: float | None
    max: float | None
    shadow_price_bps: float | None = None


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit that binds or stays broken, with its value after the proposal.

    Attributes:
        name: `sector.X.max`, `asset.ID.max`, `buffer`, `turnover`, `volatility`.
        violation: how far it stays broken; positive, 0 when met.
        shadow_price_bps: what one point more is worth, in bps of value; None until confirmed.
        text: in words, e.g. `cannot fix: locked`.
        stated: the user stated it; else it is a default of the profile.
    """

    name: str
    bound: float
    value: float
    binding: bool
    violation: float
    shadow_price_bps: float | None = None
    text: str = ""
    stated: bool = False


@dataclass(frozen=True, slots=True)
class SolverReport:
    """Who answered and how well.

    `gap` is the difference between the objective that the solver states and the one measured again
    at the answer shown; None where nothing was solved. `within_bps` says how much better any other
    choice of trades could be at most, in basis points of value; None where that is not known.
    """

    name: str
    status: str
    objective: float | None
    gap: float | None = None
    within_bps: float | None = None


class Decision(StrEnum):
    """What the program proposes."""

    TRADE = "trade"
    HOLD = "hold"
    WITHHELD = "withheld"


def scale_before_flow(value: Decimal, flow: Decimal) -> float:
    """Return what turns a share of the value after a cash flow into one of the value before it.

    >>> scale_before_flow(Decimal(80), Decimal(-20))
    0.8
    """
    before = value - flow
    return float(value / before) if before > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One proposal: before, after, trades, cost, reasons, binding limits, zones.

    Attributes:
        plan_id: derived from `inputs_hash`, so the same inputs give the same plan.
        as_of: the market's moment, never the clock.
        decision, reason: what and why, in one line.
        trigger: what caused it: calendar, band, limit, cash_flow, zone, request.
        value: at the last known prices, after the flow, before the trades; all weights are
            fractions of it. `total` says whether it is known.
        cash, proposed_cash: money before and after the trades.
        drift: half the sum of |weight - reference|, cash included, before the trades; None while
            the total is unknown, as after them.
        turnover: what is bought or sold, whichever is more, beside what the flow takes.
        priced_at: the moment of the oldest price that matters; None where it is not known.
        is_value_known, last_known_at, unpriced: see `Total`.
        problem: what was solved, its answer and the proof, as `rebalancer.problem/1`; None where
            nothing was solved, and in plans of earlier versions.
    """

    plan_id: str
    portfolio: str
    as_of: datetime
    inputs_hash: str
    decision: Decision
    reason: str
    trigger: tuple[str, ...]
    mode: str
    profile: str
    currency: str
    value: Decimal
    cash: Decimal
    proposed_cash: Decimal
    flow: Decimal
    drift: float | None
    proposed_drift: float | None
    turnover: float
    estimated_cost: Decimal
    positions: tuple[PlanPosition, ...] = ()
    sectors: tuple[SectorLine, ...] = ()
    trades: tuple[Trade, ...] = ()
    zones: tuple[Finding, ...] = ()
    limits: tuple[LimitLine, ...] = ()
    warnings: tuple[str, ...] = ()
    solver: SolverReport | None = None
    is_sample: bool = False
    priced_at: datetime | None = None
    is_value_known: bool = True
    last_known_at: datetime | None = None
    unpriced: int = 0
    problem: Mapping[str, Any] | None = field(default=None, hash=False, repr=False)

    @property
    def total(self) -> Total:
        """The value, or what was last known of it."""
        return Total(self.value, self.is_value_known, self.last_known_at, self.unpriced)

    @property
    def total_now(self) -> Total:
        """The total before the cash flow."""
        return Total(self.value - self.flow, self.is_value_known, self.last_known_at, self.unpriced)

    def share_now(self, weight: float) -> float:
        """Return a weight before the trades as a share of what is held before the cash flow."""
        return weight * scale_before_flow(self.value, self.flow)

    def share_after(self, weight: float) -> float:
        """Return a weight after the trades as a share of what is held then, costs paid."""
        left = sum(p.proposed_weight for p in self.positions) + self.proposed_cash_weight
        return weight / left if left > 0 else weight

    @property
    def cash_now(self) -> Decimal:
        """Cash before the cash flow and the trades."""
        return self.cash - self.flow

    @property
    def cash_share_now(self) -> float:
        """Cash before the cash flow as a share of what is held then."""
        before = self.value - self.flow
        return float(self.cash_now / before) if before > 0 else 0.0

    @property
    def as_of_text(self) -> str:
        """Say which moment its prices are of."""
        return display.as_of(self.priced_at or self.as_of, self.as_of)

    @property
    def cash_weight(self) -> float:
        """Cash before the trades as a fraction of value."""
        return float(self.cash / self.value) if self.value > 0 else 1.0

    @property
    def proposed_cash_weight(self) -> float:
        """Cash after the trades as a fraction of the value before them."""
        return float(self.proposed_cash / self.value) if self.value > 0 else 1.0
