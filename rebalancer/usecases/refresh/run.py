"""What the jobs of one refresh share: the stores, the clock, and what went wrong so far.

A provider that has refused is not asked again in the same run. Whatever a job cannot get is noted
as a typed loss, and the data from before stay.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import ParamSpec, TypeVar

from portfolios.errors import (
    CredentialError,
    ProviderError,
    QuotaSpentError,
    RateLimitError,
    ReplyError,
    UnreachableError,
)
from portfolios.marketdata.fetch_log import FetchLog
from portfolios.marketdata.grade_store import GradeStore
from portfolios.marketdata.market_store import MarketStore
from portfolios.marketdata.universe import Universe
from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.quota.pauses import Cause, pause
from portfolios.store.database import Database
from portfolios.values.time import StableClock
from rebalancer.usecases.refresh.report import Degradation, Loss, Progress, Watch

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MOST_FAILURES = 2
"""A provider that could not be reached so often in a row is left alone for this run."""
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading a reply of an unknown shape may raise; the reply is broken then, not the run."""
REFUSED_FOR = timedelta(hours=24)
RATE_PAUSE = timedelta(hours=1)
LOSSES: tuple[tuple[type[ProviderError], Loss], ...] = (
    (UnreachableError, Loss.UNREACHABLE),
    (RateLimitError, Loss.RATE),
    (QuotaSpentError, Loss.QUOTA),
    (CredentialError, Loss.CREDENTIAL),
    (ReplyError, Loss.REPLY),
)


@dataclass
class RunState:
    """The state of one refresh."""

    database: Database
    ledger: Ledger
    clock: StableClock
    currency: str
    universe: Universe
    watch: Watch
    is_lean: bool = False
    degradations: list[Degradation] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    priced: set[str] = field(default_factory=set)
    graded: set[str] = field(default_factory=set)
    histories: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    failures: dict[str, int] = field(default_factory=dict)
    served: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.market = MarketStore(self.database, currency=self.currency)
        self.grades = GradeStore(self.database)
        self.asked = FetchLog(self.database)

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.clock().wall

    def call(
        self, provider: str, job: str, ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Return what a provider answers; None when it did not, which is noted."""
        if self.is_closed(provider, job):
            return None
        try:
            self.ledger.hold_to_pause(provider, job)
            answer = ask(*args, **kwargs)
        except ProviderError as error:
            self._lose(provider, job, error)
            return None
        except UNREADABLE as error:
            log.warning("%s, %s: %r", provider, job, error)
            unread = f"{provider} sent {job} that cannot be read ({type(error).__name__})"
            self._lose(provider, job, ReplyError(unread, provider=provider))
            return None
        self.failures[provider] = 0
        self.served.add(provider)
        return answer

    def batches(
        self, provider: str, job: str, subjects: Sequence[str], size: int
    ) -> Iterator[tuple[str, ...]]:
        """Yield the subjects in batches, telling how far it is, while the provider serves."""
        total = -(-len(subjects) // size)
        for done, start in enumerate(range(0, len(subjects), size)):
            if self.is_closed(provider, job):
                return
            self.watch(Progress(job, done, total))
            yield tuple(subjects[start : start + size])
        if total:
            self.watch(Progress(job, total, total))

    def is_closed(self, provider: str, job: str) -> bool:
        """Tell whether a provider, or one job of it, is left alone for the rest of the run."""
        return provider in self.closed or f"{provider}/{job}" in self.closed

    def _lose(self, provider: str, job: str, error: ProviderError) -> None:
        loss = next((loss for kind, loss in LOSSES if isinstance(error, kind)), Loss.REPLY)
        if loss is Loss.QUOTA and self.ledger.is_capped:
            loss = Loss.CAPPED
        is_news = self._leave_alone(provider, job, loss, error)
        lost = Degradation(provider, job, loss, str(error), error.hint, is_news=is_news)
        if lost not in self.degradations:
            self.degradations.append(lost)

    def _leave_alone(self, provider: str, job: str, loss: Loss, error: ProviderError) -> bool:
        """Decide how much of a provider is closed by a loss, and for how long."""
        if loss is Loss.REPLY:
            return True
        if loss is Loss.UNREACHABLE:
            stalled = isinstance(error, UnreachableError) and error.is_stalled
            self.failures[provider] = (
                MOST_FAILURES if stalled else self.failures.get(provider, 0) + 1
            )
            if self.failures[provider] >= MOST_FAILURES:
                self.closed.add(provider)
            return True
        if loss is Loss.CREDENTIAL and provider in self.served:
            # The key is good for the rest: only this job is beyond the plan.
            self.closed.add(f"{provider}/{job}")
            return self._pause(provider, job, Cause.CREDENTIAL, error, REFUSED_FOR)
        self.closed.add(provider)
        if loss is Loss.CREDENTIAL:
            return self._pause(provider, "", Cause.CREDENTIAL, error, REFUSED_FOR)
        if isinstance(error, RateLimitError):
            stated = error.retry_after
            told = RATE_PAUSE if stated is None else timedelta(seconds=stated)
            return self._pause(provider, "", Cause.QUOTA, error, self._until_tomorrow(told))
        if loss is Loss.QUOTA and self.ledger.left(provider) != 0:
            # By our own account there are credits left: the provider itself says there are none.
            return self._pause(provider, "", Cause.QUOTA, error, self._until_tomorrow(REFUSED_FOR))
        return True

    def _until_tomorrow(self, told: timedelta) -> timedelta:
        """Return how long to stay away: as told, within reason, and not into the next UTC day."""
        tomorrow = datetime.combine(self.now.date() + timedelta(days=1), time(), self.now.tzinfo)
        return max(timedelta(minutes=1), min(told, tomorrow - self.now))

    def _pause(
        self, provider: str, endpoint: str, cause: Cause, error: Exception, length: timedelta
    ) -> bool:
        now = self.now
        return pause(
            self.database,
            provider,
            cause,
            reason=str(error),
            since=now,
            until=now + length,
            endpoint=endpoint,
        )
