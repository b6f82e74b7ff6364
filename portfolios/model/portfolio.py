"""What a person holds, and what may not be done with it.

A holding is a quantity of one asset, perhaps in lots, perhaps under locks. Everything here is a
value: quantities and money are Decimal, dates are dates, nothing is computed from a clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from portfolios.model.policy import LimitUse, Policy


@dataclass(frozen=True, slots=True)
class Lot:
    """A quantity bought at one time; `cost` is the total paid, in the portfolio's currency."""

    quantity: Decimal
    cost: Decimal | None = None
    acquired: date | None = None


class LockKind(StrEnum):
    """What a lock forbids."""

    FROZEN = "frozen"
    NO_SELL = "no_sell"
    NO_BUY = "no_buy"


@dataclass(frozen=True, slots=True)
class Lock:
    """A ban on selling, buying or both, until a date or for good.

    Attributes:
        kind: what is forbidden.
        until: first day on which the lock no longer holds; None for good.
        reason: why, in the user's words.
        quantity: how much of the holding it covers; None for all of it.
    """

    kind: LockKind
    until: date | None = None
    reason: str = ""
    quantity: Decimal | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether the lock still holds on a day."""
        return self.until is None or day < self.until


BARS_SALE = frozenset({LockKind.FROZEN, LockKind.NO_SELL})
"""Locks under which nothing of what they cover may be sold."""
BARS_PURCHASE = frozenset({LockKind.FROZEN, LockKind.NO_BUY})
"""Locks under which no more may be bought, where they cover all that is held."""


def locked_quantity(quantity: Decimal, locks: Iterable[Lock]) -> Decimal:
    """Return how much of a quantity may not be sold; locks overlap, so the largest one counts."""
    barred = [lock for lock in locks if lock.kind in BARS_SALE]
    covered = [quantity if lock.quantity is None else lock.quantity for lock in barred]
    return min(quantity, max(covered, default=Decimal(0)))


def purchase_ban(locks: Iterable[Lock]) -> Lock | None:
    """Return the lock that forbids buying more; one on a part of a holding forbids no purchase."""
    return next((k for k in locks if k.kind in BARS_PURCHASE and k.quantity is None), None)


def together_locked(parts: Sequence[tuple[Decimal, tuple[Lock, ...]]]) -> tuple[Lock, ...]:
    """Return the locks of several quantities of one asset that are kept apart.

    Within a part locks overlap, but those of different parts never cover the same coins. So for
    each stretch of time up to the end of some lock, what the parts then hold locked is added up.
    """
    found = []
    for lock in (lock for quantity, locks in parts if quantity for lock in locks):
        last = None if lock.until is None else lock.until - timedelta(days=1)
        covered = Decimal(0)
        for quantity, locks in parts:
            then = [o for o in locks if o.until is None or (last and o.holds_on(last))]
            covered += locked_quantity(quantity, then)
        found.append(replace(lock, quantity=covered) if lock.kind in BARS_SALE else lock)
    return tuple(dict.fromkeys(found))


BANS: Mapping[str, str] = MappingProxyType(
    {
        LockKind.FROZEN.value: "frozen",
        LockKind.NO_SELL.value: "may not be sold",
        LockKind.NO_BUY.value: "may not be bought",
    }
)
LOCKS_SAID = re.compile(rf"(?:^|(?<=; ))((?:part )?)({'|'.join(BANS)})\b")
"""Each lock in what `lock_text` says: whether of a part, and its kind."""


def lock_text(locks: tuple[Lock, ...]) -> str | None:
    """Say what locks forbid; None where nothing is locked.

    >>> lock_text((Lock(LockKind.FROZEN, date(2027, 3, 1), "staked"),))
    'frozen until 2027-03-01 (staked)'
    """
    parts = []
    for lock in locks:
        until = f" until {lock.until}" if lock.until else ""
        why = f" ({lock.reason})" if lock.reason else ""
        part = "part " if lock.quantity is not None else ""
        parts.append(f"{part}{lock.kind.value}{until}{why}")
    return "; ".join(parts) or None


def in_words(text: str) -> str:
    """Return what `lock_text` says as a person would.

    >>> in_words("part no_sell until 2027-03-01 (no_buy is no lock here)")
    'part may not be sold until 2027-03-01 (no_buy is no lock here)'
    """
    return LOCKS_SAID.sub(lambda found: found[1] + BANS[found[2]], text)


@dataclass(frozen=True, slots=True)
class StatedPrice:
    """A price that the user states for something without a public market, with its date."""

    price: Decimal
    as_of: date


@dataclass(frozen=True, slots=True)
class Investor:
    """What the user says about themselves; used only to enforce restrictions. None is unknown."""

    accredited: bool | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Restrictions:
    """Rules of a security token on who may trade it, and when.

    Attributes:
        accredited_only: only accredited investors may buy or sell.
        countries_allowed: ISO country codes that may trade; empty means everyone.
        lockup_until: no sale before this day.
        max_holders_reached: the register is full: nobody new may buy.
        transferable: False freezes, None is unknown and freezes too when stated as such.
    """

    accredited_only: bool = False
    countries_allowed: tuple[str, ...] = ()
    lockup_until: date | None = None
    max_holders_reached: bool = False
    transferable: bool | None = True

    def locks(self, investor: Investor) -> tuple[Lock, ...]:
        """Translate the rules into locks for one investor; what is not known freezes.

        >>> Restrictions(accredited_only=True).locks(Investor(accredited=False))[0].kind
        <LockKind.NO_BUY: 'no_buy'>
        """
        found: list[Lock] = []
        if self.transferable is not True:
            word = "not transferable" if self.transferable is False else "transfer rule unknown"
            found.append(Lock(LockKind.FROZEN, reason=word))
        if self.lockup_until is not None:
            found.append(Lock(LockKind.FROZEN, self.lockup_until, "lock-up"))
        if self.accredited_only and investor.accredited is not True:
            found.append(Lock(LockKind.NO_BUY, reason="accredited investors only"))
        if self.countries_allowed and investor.country is None:
            found.append(Lock(LockKind.FROZEN, reason="your country is not stated"))
        elif self.countries_allowed and investor.country not in self.countries_allowed:
            found.append(Lock(LockKind.NO_BUY, reason=f"not offered in {investor.country}"))
        if self.max_holders_reached:
            found.append(Lock(LockKind.NO_BUY, reason="maximum number of holders reached"))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Holding:
    """A quantity of one asset.

    Attributes:
        asset_id: the asset; cash is not a holding but `Portfolio.cash`.
        quantity: total, locked part included; never negative.
        lots: the same quantity by purchase, where known.
        locks: bans stated by the user.
        restrictions: rules of a security token.
        stated: price stated by the user; the market's price where None.
        kind: `security_token` for something without a public market, else empty.
        symbol, name, sector: display name and sector of an asset the market does not know.
        membership: sector -> share where the user put it in several sectors.
        account: where it is kept, for display.
    """

    asset_id: str
    quantity: Decimal
    lots: tuple[Lot, ...] = ()
    locks: tuple[Lock, ...] = ()
    restrictions: Restrictions = Restrictions()
    stated: StatedPrice | None = None
    kind: str = ""
    symbol: str = ""
    name: str = ""
    sector: str = ""
    membership: Mapping[str, Decimal] = field(default_factory=dict)
    account: str = ""

    def every_lock(self, investor: Investor) -> tuple[Lock, ...]:
        """Return the stated locks and those of the restrictions, in force or over."""
        return (*self.locks, *self.restrictions.locks(investor))

    def locks_on(self, day: date, investor: Investor) -> tuple[Lock, ...]:
        """Return all locks in force on a day."""
        return tuple(lock for lock in self.every_lock(investor) if lock.holds_on(day))


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A rule of the user's own, kept as written: `price bitcoin > 100000`."""

    when: str


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Everything one portfolio file says.

    Attributes:
        name: the user's name for it.
        currency: of all money in it, lower case ISO code.
        cash: money in that currency; never negative.
        holdings: sorted by asset id, one per asset.
        policy: what the user wants.
        targets: asset id -> fraction; None when the user states none.
        targets_from: `provider:index` that supplies the targets, empty when none.
        recorded: asset id -> weight held when the portfolio was added (the reference when there
            are no targets); None for a file that was never added.
        investor: see `Investor`.
        alerts: the user's own rules.
        unknown: ids or symbols that no source knows: listed, valued at zero, never traded.
    """

    name: str
    currency: str = "usd"
    cash: Decimal = Decimal(0)
    holdings: tuple[Holding, ...] = ()
    policy: Policy = Policy()
    targets: Mapping[str, Decimal] | None = None
    targets_from: str = ""
    recorded: Mapping[str, Decimal] | None = None
    investor: Investor = Investor()
    alerts: tuple[AlertRule, ...] = ()
    unknown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.holdings, key=lambda holding: holding.asset_id))
        object.__setattr__(self, "holdings", ordered)

    @property
    def wished(self) -> frozenset[str]:
        """Assets it may buy although they are not held: targeted, recorded, or candidates.

        Recorded weights are a wish as targets are: what a signal sold out may come back.
        """
        reference = self.targets if self.targets is not None else self.recorded
        wanted = {asset_id for asset_id, weight in (reference or {}).items() if weight > 0}
        return frozenset(wanted | set(self.policy.candidates))

    @property
    def enforces_limits(self) -> bool:
        """Tell whether default limits are kept by trades, and not only warn.

        They only warn somebody who brings a list of holdings and states nothing else.
        """
        if self.policy.limits is not None:
            return self.policy.limits is LimitUse.ENFORCE
        return self.targets is not None or self.policy.says_limits

    def holding(self, asset_id: str) -> Holding | None:
        """Return the holding of an asset, None when it is not held."""
        return next((h for h in self.holdings if h.asset_id == asset_id), None)

    def with_quantities(self, quantities: Mapping[str, Decimal], cash: Decimal) -> Portfolio:
        """Return the portfolio after trades: new quantities by asset id, and new cash.

        A holding sold to nothing disappears; a new asset appears; lots of a changed holding are
        dropped, because the program does not know which were sold.
        """
        kept = [_resized(h, quantities.get(h.asset_id, h.quantity)) for h in self.holdings]
        held = {h.asset_id for h in self.holdings}
        new = [Holding(a, q) for a, q in quantities.items() if a not in held]
        return replace(self, holdings=tuple(h for h in (*kept, *new) if h.quantity > 0), cash=cash)


def _resized(holding: Holding, quantity: Decimal) -> Holding:
    if quantity == holding.quantity:
        return holding
    return replace(holding, quantity=quantity, lots=())
