"""Which portfolios a run has finished: one that was cut short goes on where it ended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from portfolios.model.portfolio import Portfolio
from portfolios.store.completed_jobs import CompletedJobs
from portfolios.store.portfolio_store import Store
from portfolios.values.canonical import canonical_json
from rebalancer.decision.fingerprint import market_digest
from rebalancer.usecases.fleet.fleet import Batch, Done
from rebalancer.usecases.fleet.worker import Task
from rebalancer.usecases.proposals.keep import keep_and_offer


@dataclass(slots=True)
class RunRecord:
    """What a run that keeps its plans has done, by portfolio and all that its plan rests on.

    Attributes:
        store: where it is written down, in the unit that keeps the plans.
        task: what is asked.
        before: portfolios that were done before, so far.
    """

    store: Store
    task: Task
    before: int = 0

    def left(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield what is left to do of each batch."""
        jobs = CompletedJobs(self.store.database)
        for batch in batches:
            left = [p for p in batch if not jobs.contains(_job(p), self._period(p))]
            self.before += len(batch) - len(left)
            if left:
                yield left

    def keep(self, done: Done, *, at: datetime) -> None:
        """Keep the plans of a batch and what is done with it, all or nothing.

        Raises:
            StoreError: another plan bears the id of one of them.
        """
        jobs, portfolios = CompletedJobs(self.store.database), {p.name: p for p in done[0]}
        with self.store.database.transaction():
            for outcome in done[1]:
                if outcome.plan is not None:
                    keep_and_offer(self.store, outcome.plan, at=at)
                    portfolio = portfolios[outcome.portfolio]
                    jobs.record(_job(portfolio), self._period(portfolio), at=at)

    def _period(self, portfolio: Portfolio) -> str:
        """Return the day of the market, and a digest of all that the plan rests on."""
        rests_on = [market_digest(self.task.market), self.task.mode, portfolio]
        digest = hashlib.sha256(canonical_json(rests_on).encode()).hexdigest()
        return f"{self.task.market.as_of.date().isoformat()}:{digest[:16]}"


def _job(portfolio: Portfolio) -> str:
    return f"run:{portfolio.name}"
