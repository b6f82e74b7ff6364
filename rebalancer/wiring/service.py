"""Everything an installation does by itself: one round for a timer, or all parts for months."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.sender import DispatchReport
from portfolios.errors import UsageError
from portfolios.model.insights import Insights
from portfolios.model.market import Market
from portfolios.store.heartbeats import Heartbeats
from portfolios.store.sqlite_file import required
from portfolios.values.time import Clock
from rebalancer.optimiser.exact.method import use_compiled
from rebalancer.settings import Resolved
from rebalancer.settings.model import Settings
from rebalancer.supervisor import StopEvent, Worker, run_workers
from rebalancer.usecases.monitoring.round import Round
from rebalancer.wiring.bot import BotWorker
from rebalancer.wiring.channels import set_up
from rebalancer.wiring.delivery import deliver_now, open_full_database
from rebalancer.wiring.heartbeats import HeartbeatLog
from rebalancer.wiring.metrics_file import MetricsWorker
from rebalancer.wiring.rounds import EVERY, ROUND, RoundWorker, note_portfolios, run_round_now
from rebalancer.wiring.sender_worker import DeliveryWorker

log = logging.getLogger(__name__)

A_LOOK = timedelta(seconds=5)
"""After which it is looked again whether a round is due, or whether the bot is free."""
MEASURED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Served:
    """What one round did; `delivered` is None where no channel is set up."""

    round: Round
    delivered: DispatchReport | None


def serve_once(
    settings: Settings,
    market: Market | None,
    insights: Insights,
    *,
    clock: Clock,
    sleep: Callable[[float], None] = time.sleep,
    limiter: RateLimiter | None = None,
) -> Served:
    """Do everything that is due now, and send it.

    Args:
        settings: database, people, channels.
        market: freshly pulled; None while nothing ever was.
        insights: what the provider of grades says.
        clock: tells the moment.
        sleep: waits so many seconds of it.
        limiter: kept from round to round by who serves for long.
    """
    with open_full_database(settings) as store:
        done = run_round_now(settings, store, market, insights, clock=clock)
        note_portfolios(store.database, done, clock())
        Heartbeats(store.database).record_success(ROUND, now=clock())
        try:
            delivered = deliver_now(
                settings, store.database, limiter=limiter, clock=clock, sleep=sleep
            )
        except UsageError as error:
            log.info("%s", error)
            delivered = None
    return Served(done, delivered)


def serve(
    resolved: Resolved,
    stop: StopEvent,
    *,
    clock: Clock,
    offline: bool = False,
    metrics: Path | None = None,
) -> tuple[str, ...]:
    """Run every part that the settings make possible until asked to stop.

    Args:
        resolved: settings, with where they came from.
        stop: the request to stop.
        clock: tells the moment.
        offline: on the built-in sample market.
        metrics: file that is kept up to date for a program that watches.

    Returns:
        The parts that did not end in time.

    Raises:
        StoreError: the database cannot be used.
    """
    with open_full_database(resolved.settings):
        pass  # a fault of the database is reported once, here, and not by every part
    if use_compiled():
        log.info("solving with compiled code")
    workers = workers_of(resolved, clock=clock, offline=offline, metrics=metrics)
    with required(resolved.settings.database):
        return run_workers(workers, stop, HeartbeatLog(resolved.settings, clock))


def workers_of(
    resolved: Resolved, *, clock: Clock, offline: bool = False, metrics: Path | None = None
) -> tuple[Worker, ...]:
    """Return the workers that the settings make possible."""
    settings, owner = resolved.settings, token_hex(8)
    workers = [Worker(ROUND, RoundWorker(resolved, offline, clock, owner), A_LOOK)]
    if set_up(settings):
        workers.append(Worker("delivery", DeliveryWorker(settings, clock), A_LOOK))
    if settings.telegram.token is not None:
        workers.append(Worker("bot", BotWorker(resolved, offline, clock, owner), A_LOOK))
    if metrics is not None:
        workers.append(
            Worker("metrics", MetricsWorker(resolved, offline, clock, metrics), MEASURED_EVERY)
        )
    return tuple(workers)


def what_runs(settings: Settings) -> tuple[str, ...]:
    """Say what runs and where in a first line, and in others what is missing."""
    channels = set_up(settings)
    bot = "the bot, " if settings.telegram.token is not None else ""
    minutes = EVERY // timedelta(minutes=1)
    sends = f", delivery by {' and '.join(channels)}" if channels else ""
    first = f"serving: {bot}a round every {minutes} minutes{sends}; database {settings.database}"
    missing = []
    if not bot:
        missing.append("no bot: set REBALANCER_TELEGRAM__TOKEN")
    if not channels:
        missing.append("no channel: what is written waits in `rebalancer outbox`")
    return (first, *missing)
