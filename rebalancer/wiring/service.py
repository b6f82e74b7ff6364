"""Everything an installation does by itself: one round for a timer, or all parts for months."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from alerts.delivery.rate_limit import Pace
from alerts.delivery.sender import DispatchReport
from portfolios.errors import UsageError
from portfolios.model.insights import Insights
from portfolios.model.market import Market
from portfolios.store.heartbeats import went_well
from rebalancer.settings import Resolved
from rebalancer.settings.model import Settings
from rebalancer.supervisor import Part, Stop, run_parts
from rebalancer.usecases.monitoring.round import Round
from rebalancer.wiring.bot import Answers
from rebalancer.wiring.delivery import Clock, deliver_now, now, open_office
from rebalancer.wiring.heartbeats import Noted
from rebalancer.wiring.metrics_file import Measures
from rebalancer.wiring.rounds import EVERY, ROUND, Rounds, look_now, note_portfolios
from rebalancer.wiring.sender_worker import Deliveries

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
    clock: Clock = now,
    sleep: Callable[[float], None] = time.sleep,
    pace: Pace | None = None,
) -> Served:
    """Do everything that is due now, and send it.

    Args:
        settings: database, people, channels.
        market: freshly pulled; None while nothing ever was.
        insights: what the provider of grades says.
        clock: tells the moment.
        sleep: waits so many seconds of it.
        pace: kept from round to round by who serves for long.
    """
    with open_office(settings) as store:
        done = look_now(settings, store, market, insights, clock=clock)
        note_portfolios(store.database, done, clock())
        went_well(store.database, ROUND, now=clock())
        try:
            delivered = deliver_now(settings, store.database, pace=pace, clock=clock, sleep=sleep)
        except UsageError as error:
            log.info("%s", error)
            delivered = None
    return Served(done, delivered)


def serve(
    resolved: Resolved, stop: Stop, *, offline: bool = False, metrics: Path | None = None
) -> tuple[str, ...]:
    """Run every part that the settings make possible until the word to stop.

    Args:
        resolved: settings, with where they came from.
        stop: the word.
        offline: on the built-in sample market.
        metrics: file that is kept up to date for a program that watches.

    Returns:
        The parts that did not end in time.

    Raises:
        StoreError: the database cannot be used.
    """
    with open_office(resolved.settings):
        pass  # what is wrong with it is said now and once, not by every part
    parts = parts_of(resolved, offline=offline, metrics=metrics)
    return run_parts(parts, stop, Noted(resolved.settings, now))


def parts_of(
    resolved: Resolved, *, offline: bool = False, metrics: Path | None = None
) -> tuple[Part, ...]:
    """Return the parts that the settings make possible."""
    settings, owner = resolved.settings, token_hex(8)
    parts = [Part(ROUND, Rounds(resolved, offline, now, owner), A_LOOK)]
    if _channels(settings):
        parts.append(Part("delivery", Deliveries(settings, now), A_LOOK))
    if settings.telegram.token is not None:
        parts.append(Part("bot", Answers(resolved, offline, now, owner), A_LOOK))
    if metrics is not None:
        parts.append(Part("metrics", Measures(resolved, offline, now, metrics), MEASURED_EVERY))
    return tuple(parts)


def what_runs(settings: Settings) -> tuple[str, ...]:
    """Say what runs and where in a first line, and in others what is missing."""
    channels = _channels(settings)
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


def _channels(settings: Settings) -> tuple[str, ...]:
    mail = settings.email
    telegram = ("telegram",) if settings.telegram.token is not None else ()
    return (*telegram, "email") if mail.host and (mail.sender or mail.username) else telegram
