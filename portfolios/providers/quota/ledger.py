"""The credits of the providers' plans, counted in the database before each call.

A credit is reserved and committed first and the call made afterwards, so a crash can only count
too much. The reservation takes the write lock before it looks at the clock: processes that start
together queue there, and each sees what the others have taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from portfolios.errors import QuotaSpentError
from portfolios.providers.quota.pauses import refuse_while_paused
from portfolios.providers.quota.quota import (
    FORECAST_DAYS,
    WINDOW_SECONDS,
    Credit,
    CreditPlan,
    Usage,
    Wait,
    days_left,
    forecast,
    month_of,
)
from portfolios.store.database import Database, Row
from portfolios.values.canonical import read_utc, utc_text
from portfolios.values.display import counted
from portfolios.values.time import Moment, StableClock

_RESERVE = """
INSERT INTO credits (provider, endpoint, month, day, at, steady)
VALUES (:provider, :endpoint, :month, :day, :at, :steady)
RETURNING number
"""
# A clock set back must not open a month twice: whatever was taken after this month had begun once
# counts, whichever date it bears.
_USED = """
SELECT count(*) AS calls FROM credits WHERE provider = :provider AND number >=
    (SELECT min(number) FROM credits WHERE provider = :provider AND month >= :month)
"""
_NTH_LAST = """
SELECT at, steady FROM credits WHERE provider = ? ORDER BY number DESC LIMIT 1 OFFSET ?
"""


class Ledger:
    """Gives leave for calls; one object for one run.

    Args:
        database: where the credits are counted, for all processes together.
        plans: provider -> what it allows.
        clock: tells the moment, on both clocks.
        manual: a person typed the command: the held-back tenth may be used, and a pause that an
            earlier failure caused does not hold.
        max_calls: the most calls of this run over all providers; no cap when None.
    """

    def __init__(
        self,
        database: Database,
        plans: Mapping[str, CreditPlan],
        *,
        clock: StableClock,
        manual: bool = False,
        max_calls: int | None = None,
    ) -> None:
        self.calls = 0
        self._database = database
        self._plans = plans
        self.clock = clock
        self._manual = manual
        self._max_calls = max_calls

    @property
    def is_capped(self) -> bool:
        """Tell whether this run has made all the calls it may."""
        return self._max_calls is not None and self.calls >= self._max_calls

    def reserve(self, provider: str, endpoint: str) -> Credit | Wait:
        """Count one attempt, before it is made; or say how long to wait first.

        Raises:
            QuotaSpentError: the month's credits or the run's calls are used up.
            CredentialError: the provider refused the key a short while ago.
        """
        self._hold_to_cap(provider)
        with self._database.transaction():
            now = self.clock()
            self.hold_to_pause(provider, endpoint)
            self._hold_to_month(provider, now.wall)
            wait = self._wait(provider, now)
            if wait > 0:
                return Wait(wait)
            number = self._count(provider, endpoint, now)
        self.calls += 1
        return Credit(number, provider, endpoint)

    def take(self, provider: str, endpoint: str, *, sleep: Callable[[float], None]) -> Credit:
        """Reserve one attempt, waiting as long as the plan's minute is full.

        Raises:
            QuotaSpentError, CredentialError: as `reserve`.
        """
        while True:
            got = self.reserve(provider, endpoint)
            if isinstance(got, Credit):
                return got
            sleep(got.seconds)

    def settle(self, credit: Credit, status: str) -> None:
        """Write down how a call ended; one that never ended stays counted as reserved."""
        with self._database.transaction():
            self._database.execute(
                "UPDATE credits SET status = ? WHERE number = ?", (status, credit.number)
            )

    def usage(self, provider: str) -> Usage:
        """Return what was spent, what is left and where the month will end."""
        now = self.clock().wall
        used = self._used(provider, now)
        row = self._first(
            "SELECT min(at) AS since, coalesce(sum(at > :then), 0) AS recent,"
            " coalesce(sum(day = :today), 0) AS today FROM credits WHERE provider = :provider",
            {
                "provider": provider,
                "then": utc_text(now - timedelta(days=FORECAST_DAYS)),
                "today": now.date().isoformat(),
            },
        )
        since = read_utc(row["since"]) if row["since"] else None
        return Usage(
            provider=provider,
            month=month_of(now),
            used=used,
            today=row["today"],
            limit=self._plans[provider].monthly,
            forecast=forecast(used=used, recent=row["recent"], since=since, now=now),
        )

    def left(self, provider: str) -> int | None:
        """Return how many calls this run may still make; None without any limit."""
        limit = self._plans[provider].limit(manual=self._manual)
        month = None if limit is None else max(0, limit - self._used(provider, self.clock().wall))
        run = None if self._max_calls is None else max(0, self._max_calls - self.calls)
        return run if month is None else month if run is None else min(month, run)

    def plan(self, provider: str) -> CreditPlan:
        """Return what a provider allows."""
        return self._plans[provider]

    def hold_to_pause(self, provider: str, endpoint: str) -> None:
        """Refuse what is left alone for a while; a command that a person typed is let through.

        Raises:
            CredentialError, QuotaSpentError: by the cause of the pause.
        """
        if not self._manual:
            refuse_while_paused(self._database, provider, endpoint, now=self.clock().wall)

    def _hold_to_cap(self, provider: str) -> None:
        if self.is_capped:
            raise QuotaSpentError(
                f"this run may make {counted(self._max_calls or 0, 'call')}, and has",
                provider=provider,
                hint="run again to go on where it stopped",
            )

    def _hold_to_month(self, provider: str, now: datetime) -> None:
        limit = self._plans[provider].limit(manual=self._manual)
        used = self._used(provider, now)
        if limit is not None and used >= limit:
            raise QuotaSpentError(
                f"{used} of the {self._plans[provider].monthly} calls of {month_of(now)} are used"
                + ("" if self._manual else "; the rest is kept for commands you type"),
                provider=provider,
                hint=f"new ones come in {counted(days_left(now) + 1, 'day')}; see `credits`",
            )

    def _wait(self, provider: str, now: Moment) -> float:
        """Return the seconds until the plan's minute has room; 0 when it has."""
        allowed = self._plans[provider].per_minute
        row = self._database.row(_NTH_LAST, (provider, allowed - 1))
        if row is None:
            return 0.0
        oldest = Moment(read_utc(row["at"]), row["steady"])
        left = WINDOW_SECONDS - now.seconds_since(oldest)
        return math.ceil(left * 1000) / 1000 if left > 0 else 0.0

    def _count(self, provider: str, endpoint: str, now: Moment) -> int:
        row = self._first(
            _RESERVE,
            {
                "provider": provider,
                "endpoint": endpoint,
                "month": month_of(now.wall),
                "day": now.wall.date().isoformat(),
                "at": utc_text(now.wall),
                "steady": now.steady,
            },
        )
        return int(row["number"])

    def _used(self, provider: str, now: datetime) -> int:
        row = self._first(_USED, {"provider": provider, "month": month_of(now)})
        return int(row["calls"])

    def _first(self, sql: str, values: Mapping[str, object]) -> Row:
        (row,) = self._database.rows(sql, values)
        return row
