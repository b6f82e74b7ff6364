"""What the jobs of one refresh share: the stores, the clock, and what went wrong so far.

A provider that has refused is not asked again in the same run. Whatever a job cannot get is noted
as a typed loss, and the data from before stay.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from types import MappingProxyType
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
from portfolios.providers.quota.pauses import Cause, next_pause, pause, resume
from portfolios.store.database import Database
from portfolios.values.time import StableClock
from rebalancer.usecases.refresh.report import Degradation, Loss, Progress, Watch

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MOST_FAILURES = 2
"""A provider that failed so often in a row is left alone for this run, and paused."""
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
HINTS: Mapping[Loss, str] = MappingProxyType(
    {Loss.RATE: "run `refresh` again later; it goes on where it stopped"}
)
"""What to do after a loss, where its error does not say."""
CAUSES: Mapping[Loss, Cause] = MappingProxyType(
    {Loss.UNREACHABLE: Cause.OUTAGE, Loss.REPLY: Cause.REPLY}
)
"""Faults that may pass at any moment."""


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
    unanswered: set[str] = field(default_factory=set)
    failures: dict[str, int] = field(default_factory=dict)
    served: set[str] = field(default_factory=set)
    answered: set[tuple[str, str]] = field(default_factory=set)
    faults: dict[tuple[str, str], tuple[Loss, ProviderError]] = field(default_factory=dict)

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
        if self.is_closed(provider, job) or self._is_paused(provider, job):
            return None
        try:
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
        self.answered.add((provider, job))
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

    def finish(self) -> None:
        """Ask again who answered, and leave alone for longer what brought nothing but faults."""
        for provider, job in sorted(self.answered):
            resume(self.database, provider, endpoint=job)
        for provider in sorted(self.served - self.closed):
            resume(self.database, provider)
        for (provider, job), (loss, error) in self.faults.items():
            if provider not in self.closed and (provider, job) not in self.answered:
                self._pause_longer(provider, job, loss, error)

    def _is_paused(self, provider: str, job: str) -> bool:
        for closed, endpoint in ((provider, ""), (f"{provider}/{job}", job)):
            try:
                self.ledger.hold_to_pause(provider, endpoint)
            except ProviderError as error:
                self.closed.add(closed)
                self._note(provider, job, error, is_news=False)
                return True
        return False

    def _lose(self, provider: str, job: str, error: ProviderError) -> None:
        is_news = self._leave_alone(provider, job, self._loss(error), error)
        self._note(provider, job, error, is_news=is_news)

    def _note(self, provider: str, job: str, error: ProviderError, *, is_news: bool) -> None:
        loss = self._loss(error)
        hint = error.hint or HINTS.get(loss, "")
        lost = Degradation(provider, job, loss, str(error), hint, is_news=is_news)
        if lost not in self.degradations:
            self.degradations.append(lost)

    def _loss(self, error: ProviderError) -> Loss:
        loss = next((loss for kind, loss in LOSSES if isinstance(error, kind)), Loss.REPLY)
        return Loss.CAPPED if loss is Loss.QUOTA and self.ledger.is_capped else loss

    def _after_fault(self, provider: str, job: str, loss: Loss, error: ProviderError) -> None:
        """Close the job at a second fault in a row where the rest is served, else the provider."""
        self.faults[provider, job] = (loss, error)
        stalled = isinstance(error, UnreachableError) and error.is_stalled
        count = MOST_FAILURES if stalled else self.failures.get(provider, 0) + 1
        self.failures[provider] = count
        if loss is Loss.REPLY and provider in self.served and count == MOST_FAILURES:
            self.closed.add(f"{provider}/{job}")
        elif count >= MOST_FAILURES:
            self.closed.add(provider)
            self._pause_longer(provider, "", loss, error)

    def _leave_alone(self, provider: str, job: str, loss: Loss, error: ProviderError) -> bool:
        """Decide how much of a provider is closed by a loss, and for how long."""
        if loss in CAUSES:
            self._after_fault(provider, job, loss, error)
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

    def _pause_longer(self, provider: str, endpoint: str, loss: Loss, error: ProviderError) -> None:
        length = next_pause(self.database, provider, endpoint=endpoint)
        self._pause(provider, endpoint, CAUSES[loss], error, length)

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
