"""What the user wants: profile, mode, limits, bands and costs.

Fractions are exact Decimals as written (`"35%"` is Decimal("0.35")); None means that the user did
not say, and the profile's default applies. Where defaults come from is written beside each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

BREACH = 1e-3
"""A tenth of a point: a limit counts as broken beyond this, since a wallet's rounding is no breach.
Proposals, triggers, zones and what is shown share it."""


class Profile(StrEnum):
    """How much risk an active bet may take."""

    CAUTIOUS = "cautious"
    BALANCED = "balanced"
    BOLD = "bold"


class Mode(StrEnum):
    """What may be done to get nearer to the reference."""

    FULL = "full"
    CASH_FLOW = "cash_flow"
    HYBRID = "hybrid"


class Signals(StrEnum):
    """How far grades and trends may move the weights."""

    IGNORE = "ignore"
    TILT = "tilt"
    TRIM = "trim"
    FOLLOW = "follow"


class LimitUse(StrEnum):
    """What the limits do that the user did not state."""

    ENFORCE = "enforce"
    WARN = "warn"


class Technical(StrEnum):
    """What our own price-only grades may do."""

    SHOW = "show"
    USE = "use"


class Freed(StrEnum):
    """Where the weight goes that a limit frees."""

    CASH = "cash"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True)
class Range:
    """A floor and a cap as fractions of value; None where the user states none."""

    min: Decimal | None = None
    max: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ProfileDefaults:
    """What a profile means where the user states nothing (judgement, documented in the README).

    Attributes:
        risk_aversion: λ of the active bet.
        turnover: most that a proposal buys, and most that it sells, a fraction.
        signals: see `Signals`.
    """

    risk_aversion: float
    turnover: Decimal
    signals: Signals


DEFAULTS: Mapping[Profile, ProfileDefaults] = MappingProxyType(
    {
        Profile.CAUTIOUS: ProfileDefaults(10.0, Decimal("0.10"), Signals.TRIM),
        Profile.BALANCED: ProfileDefaults(5.0, Decimal("0.20"), Signals.TILT),
        Profile.BOLD: ProfileDefaults(2.5, Decimal("0.30"), Signals.TILT),
    }
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The user's wishes; None where only the profile speaks.

    Attributes:
        profile: None where none is stated; then defaults warn and do not sell.
        mode, signals, freed, technical: see the enumerations.
        limits: what default limits do; None where the rest of the file says it.
        turnover: the most one proposal may buy, and the most it may sell, as a fraction.
        min_trade: smallest trade worth making, in the portfolio's currency.
        fee: cost of a trade as a fraction of its size.
        cash_buffer: least share in cash and healthy stablecoins.
        max_volatility: most volatility of the portfolio per 30 days; no limit when None.
        band: fixed tolerance band; None is the 5/25 rule.
        rebalance_every_days: days after which a proposal is due anyway.
        candidates: assets it may buy although neither held nor targeted.
        sectors: sector -> floor and cap.
        assets: asset id -> cap (and floor).
    """

    profile: Profile | None = None
    mode: Mode = Mode.FULL
    signals: Signals | None = None
    freed: Freed = Freed.CASH
    technical: Technical = Technical.SHOW
    limits: LimitUse | None = None
    turnover: Decimal | None = None
    min_trade: Decimal | None = None
    fee: Decimal | None = None
    cash_buffer: Decimal | None = None
    max_volatility: Decimal | None = None
    band: Decimal | None = None
    rebalance_every_days: int = 30
    candidates: tuple[str, ...] = ()
    sectors: Mapping[str, Range] = field(default_factory=dict)
    assets: Mapping[str, Range] = field(default_factory=dict)

    @property
    def profile_in_force(self) -> Profile:
        """The stated profile, else the balanced one."""
        return self.profile or Profile.BALANCED

    @property
    def defaults(self) -> ProfileDefaults:
        """What the profile says where the user does not."""
        return DEFAULTS[self.profile_in_force]

    @property
    def says_limits(self) -> bool:
        """Tell whether the user states a profile or any limit of weights."""
        stated = (self.profile, self.cash_buffer, self.max_volatility)
        return bool(self.sectors or self.assets) or any(one is not None for one in stated)

    @property
    def signals_in_force(self) -> Signals:
        """The stated setting, else the profile's."""
        return self.signals or self.defaults.signals

    @property
    def turnover_in_force(self) -> Decimal:
        """The stated turnover, else the profile's."""
        return self.defaults.turnover if self.turnover is None else self.turnover
