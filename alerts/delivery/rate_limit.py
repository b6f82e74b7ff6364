"""How fast messages may go out: over all, to one address, to one group.

Three limits hold at once: 25 in any second over all, with 5 more that only urgent messages may
use; three at once and one a second on average to one address; 20 a minute to a group. Who was
asked to wait waits alone, but when several are asked within a second everything slows down.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from alerts.messages import Promise

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast messages may go out.

    Attributes:
        bulk: in any second, over all addresses.
        reserve: on top of that, for urgent ones.
        burst: to one address at once; afterwards one a second.
        group: a minute to one group.
        crowd: addresses that ask to wait within a second before everything slows down.
        slow: how long it then stays slow, at half the pace.
    """

    bulk: int = 25
    reserve: int = 5
    burst: int = 3
    group: int = 20
    crowd: int = 3
    slow: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Permit:
    """Whether a message may go out.

    Attributes:
        wait: how long not yet; zero when its place is taken and it must go now.
        is_address: it is the address that has to wait; others may go.
    """

    wait: timedelta
    is_address: bool = False


@dataclass(slots=True)
class _Address:
    """What is remembered of one address; tokens as of `at`."""

    tokens: float
    at: datetime
    sent: deque[datetime] = field(default_factory=deque)


class RateLimiter:
    """Limits how fast one way out is used; threads may share it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._all: deque[datetime] = deque()
        self._addresses: OrderedDict[tuple[str, str], _Address] = OrderedDict()
        self._parked: dict[tuple[str, str], datetime] = {}
        self._asked: deque[tuple[datetime, tuple[str, str]]] = deque()
        self._slow_until: datetime | None = None
        self._latest: datetime | None = None
        self._lock = Lock()

    def take(self, channel: str, address: str, promise: Promise, now: datetime) -> Permit:
        """Take a place for a message that goes out now, or say how long it has to wait."""
        with self._lock:
            self._watch(now)
            key = (channel, address)
            alone = max(self._rest(key, now), self._burst(key, now), self._group(key, now))
            if alone > ZERO:
                return Permit(alone, is_address=True)
            together = self._together(promise, now)
            if together > ZERO:
                return Permit(together)
            self._note(key, now)
            return Permit(ZERO)

    def park(self, channel: str, address: str, *, until: datetime, now: datetime) -> None:
        """Leave an address alone, as it asked."""
        with self._lock:
            self._watch(now)
            key = (channel, address)
            self._parked[key] = max(until, self._parked.get(key, until))
            self._asked.append((now, key))
            while self._asked[0][0] <= now - SECOND:
                self._asked.popleft()
            if len({each for _, each in self._asked}) >= self.limits.crowd:
                self._slow_until = now + self.limits.slow

    def is_slow(self, now: datetime) -> bool:
        """Tell whether everything goes at half the pace."""
        return self._slow_until is not None and now < self._slow_until

    @property
    def remembered(self) -> int:
        """Count the addresses that are remembered: those of the last minute."""
        return len(self._addresses)

    def _watch(self, now: datetime) -> None:
        """Forget what is over; all of it when the clock was set back."""
        if self._latest is not None and self._latest - now > MINUTE:
            self._all.clear()
            self._addresses.clear()
            self._parked.clear()
            self._asked.clear()
            self._slow_until = None
        self._latest = now
        while self._all and self._all[0] <= now - SECOND:
            self._all.popleft()
        while self._addresses and next(iter(self._addresses.values())).at <= now - MINUTE:
            self._addresses.popitem(last=False)

    def _rest(self, key: tuple[str, str], now: datetime) -> timedelta:
        until = self._parked.get(key)
        if until is None:
            return ZERO
        if until <= now:
            del self._parked[key]
        return max(ZERO, until - now)

    def _burst(self, key: tuple[str, str], now: datetime) -> timedelta:
        missing = 1.0 - self._tokens(key, now)
        # A microsecond more than is missing: rounding must not let a fourth one slip in.
        return timedelta(seconds=missing, microseconds=1) if missing > 0 else ZERO

    def _tokens(self, key: tuple[str, str], now: datetime) -> float:
        known = self._addresses.get(key)
        if known is None:
            return float(self.limits.burst)
        passed = max(0.0, (now - known.at).total_seconds())
        return min(float(self.limits.burst), known.tokens + passed)

    def _group(self, key: tuple[str, str], now: datetime) -> timedelta:
        known = self._addresses.get(key)
        if known is None or not _is_group(key[1]):
            return ZERO
        while known.sent and known.sent[0] <= now - MINUTE:
            known.sent.popleft()
        if len(known.sent) < self.limits.group:
            return ZERO
        return known.sent[-self.limits.group] + MINUTE - now

    def _together(self, promise: Promise, now: datetime) -> timedelta:
        most = self.limits.bulk // 2 if self.is_slow(now) else self.limits.bulk
        if promise is Promise.MUST:
            most += self.limits.reserve
        if len(self._all) < most:
            return ZERO
        return self._all[-most] + SECOND - now

    def _note(self, key: tuple[str, str], now: datetime) -> None:
        known = _Address(self._tokens(key, now) - 1.0, now)
        before = self._addresses.pop(key, None)
        if _is_group(key[1]):
            known.sent = before.sent if before else known.sent
            known.sent.append(now)
        self._addresses[key] = known
        self._all.append(now)


def _is_group(address: str) -> bool:
    """Tell whether an address is a group's: their chat ids are negative."""
    return address.startswith("-") and address[1:].isdigit()
