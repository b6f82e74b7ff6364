"""The rounds of a service: pull what is due, judge, write reports and digests, on one clock."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from portfolios.model.insights import Insights
from portfolios.model.market import Market
from portfolios.providers import PROVIDERS
from portfolios.providers.provider import Capability
from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.quota.quota import Usage
from portfolios.store.database import Database
from portfolios.store.heartbeats import Heartbeats
from portfolios.store.leases import Lease, holding
from portfolios.store.portfolio_store import Store
from portfolios.values.time import Clock, Moment
from rebalancer import wiring
from rebalancer.logs import masked
from rebalancer.settings import Resolved
from rebalancer.settings.model import Settings
from rebalancer.supervisor import WorkerContext
from rebalancer.usecases.monitoring.round import GoesOn, Round, RoundInputs, run_round
from rebalancer.usecases.refresh.report import Degradation, Loss, RefreshReport
from rebalancer.wiring.delivery import open_full_database, people_of
from rebalancer.wiring.providers import credit_plans
from rebalancer.wiring.refresh import refresh_all

log = logging.getLogger(__name__)

ROUND, PORTFOLIOS = "round", "portfolios"
EVERY = timedelta(minutes=15)
"""From one round to the next, whichever process does them."""
LEASE = timedelta(minutes=10)
"""Longer than judging one portfolio, or one call to a provider, ever takes."""
NOTABLE_WAIT = 3.0


class _InterruptedError(Exception):
    """The round ends early."""


@dataclass(frozen=True, slots=True)
class RoundWorker:
    """Does a round when one is due, if no other process is at it.

    Attributes:
        owner: names this process among those on the same database.
    """

    resolved: Resolved
    offline: bool
    clock: Clock
    owner: str

    def __call__(self, context: WorkerContext) -> bool:
        """Do one round, or nothing; it is noted here, as part of the task."""
        with open_full_database(self.resolved.settings, is_checked=True) as store:
            if not is_due(store.database, self.clock()):
                return False
            lease = Lease(store.database, ROUND, self.owner, LEASE)
            with holding(lease, self.clock()) as is_ours:
                if is_ours and is_due(store.database, self.clock()):
                    self._round(context, store, lease)
        return False

    def _round(self, context: WorkerContext, store: Store, lease: Lease) -> None:
        def goes_on() -> bool:
            return not context.is_stopping() and lease.take(self.clock())

        try:
            self._pull(context, store.database, goes_on)
        except _InterruptedError:
            return
        resolved, offline, clock = self.resolved, self.offline, self.clock
        market = wiring.market_if_any(resolved, offline=offline, clock=clock)
        insights = wiring.insights_from(resolved, offline=offline, clock=clock)
        done = run_round_now(
            resolved.settings, store, market, insights, clock=clock, goes_on=goes_on
        )
        if goes_on():
            log.info("%s", done)
            note_portfolios(store.database, done, self.clock())
            context.well()

    def _pull(self, context: WorkerContext, database: Database, goes_on: GoesOn) -> None:
        settings = self.resolved.settings
        if self.offline or settings.provider != "live":
            return

        def wait(seconds: float) -> None:
            if seconds >= NOTABLE_WAIT:
                log.info("waiting %.0f s: a provider's plan allows no more in this minute", seconds)
            if context.rest(seconds) or not goes_on():
                raise _InterruptedError

        report = pull(settings, clock=self.clock, wait=wait)
        if report is not None:
            note_providers(database, report, self.clock())


def pull(
    settings: Settings, *, clock: Clock, wait: Callable[[float], None] = time.sleep
) -> RefreshReport | None:
    """Refresh as part of a round, which goes on with the last good data whatever happens here."""
    try:
        return refresh_all(settings, clock=clock, manual=False, wait=wait)
    except _InterruptedError:
        raise
    except Exception as error:
        log.debug("the pull ended", exc_info=True)
        words = masked(f"ended early: {type(error).__name__}: {error}")
        return RefreshReport(degradations=(Degradation("", "refresh", Loss.FAILED, words),))


def run_round_now(
    settings: Settings,
    store: Store,
    market: Market | None,
    insights: Insights,
    *,
    clock: Clock,
    goes_on: GoesOn = lambda: True,
) -> Round:
    """Do everything that is due now, except sending it."""
    now = clock()
    usages = tuple(usages_of(settings, store.database, now).values())
    inputs = RoundInputs(market, insights, people_of(settings, store.database), usages)
    return run_round(store, inputs, now=now, goes_on=goes_on)


def usages_of(settings: Settings, database: Database, now: datetime) -> dict[str, Usage]:
    """Return provider -> what of its plan was spent."""
    ledger = Ledger(database, credit_plans(settings), clock=lambda: Moment(now, 0.0))
    return {provider: ledger.usage(provider) for provider in PROVIDERS}


def is_due(database: Database, now: datetime) -> bool:
    """Tell whether a round is due: the last one, of any process, was long enough ago."""
    last = next(
        (beat.good_at for beat in Heartbeats(database).by_part() if beat.part == ROUND), None
    )
    return last is None or not timedelta(0) <= now - last < EVERY


def note_providers(database: Database, report: RefreshReport, now: datetime) -> None:
    """Note of each provider that was asked how it served."""
    lost = {loss.provider: loss.text for loss in report.degradations if loss.provider}
    for loss in report.degradations:
        if not loss.provider:
            log.warning("%s %s", loss.job, loss.text)
    served = {Capability.PRICES: report.priced, Capability.GRADES: report.graded}
    for name, provider in PROVIDERS.items():
        if name in lost:
            Heartbeats(database).record_failure(name, lost[name], now=now)
            log.warning("%s: %s", name, lost[name])
        elif served[provider.capability]:
            Heartbeats(database).record_success(name, now=now)


def note_portfolios(database: Database, done: Round, now: datetime) -> None:
    """Note whether every portfolio could be judged."""
    for name, why in done.failed.items():
        log.warning("%s: %s", name, why)
    if done.failed:
        count = len(done.failed)
        words = "; ".join(f"{name}: {why}" for name, why in list(done.failed.items())[:3])
        Heartbeats(database).record_failure(
            PORTFOLIOS, f"{count} could not be judged. {words}", now=now
        )
    elif done.checked:
        Heartbeats(database).record_success(PORTFOLIOS, now=now)
