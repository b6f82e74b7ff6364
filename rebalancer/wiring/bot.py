"""Builds the bot from settings, and lets one process on a database answer at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from secrets import token_hex
from threading import Lock

from telegram.ext import Application

from portfolios.errors import DatabaseGoneError, SettingsError
from portfolios.model.market import Market
from portfolios.store.leases import Lease
from portfolios.store.portfolio_store import Store
from portfolios.store.sqlite_file import required
from portfolios.values.time import Clock
from rebalancer import wiring
from rebalancer.bot.dispatcher import Dispatcher
from rebalancer.bot.request import Services
from rebalancer.bot.transport.application import application
from rebalancer.bot.transport.polling import PollingHooks, answer_all
from rebalancer.settings import Resolved
from rebalancer.supervisor import HealthReporter, StopEvent, WorkerContext
from rebalancer.usecases.monitoring.credit_text import credit_lines
from rebalancer.wiring.assistant import ask_assistant
from rebalancer.wiring.delivery import open_full_database, people_of, settings_owner
from rebalancer.wiring.heartbeats import HeartbeatLog
from rebalancer.wiring.rounds import usages_of

log = logging.getLogger(__name__)

RECENT = timedelta(minutes=1)
BOT = "bot"
LEASE, RENEWED = timedelta(minutes=1), timedelta(seconds=15)
"""How long no process answers after the one that did has died, and how often that one renews."""
A_LOOK = 5.0
"""Seconds after which one that stands by looks again."""


def dispatcher_of(resolved: Resolved, *, clock: Clock, offline: bool = False) -> Dispatcher:
    """Return what answers the bot's users."""
    settings = resolved.settings

    def health(store: Store) -> tuple[str, ...]:
        usages = usages_of(settings, store.database, clock())
        return tuple(credit_lines(usages.values()))

    owner = settings_owner(settings)
    return Dispatcher(
        known=[owner] if owner else [],
        open_store=lambda: open_full_database(settings, is_checked=True),
        people=lambda store: people_of(settings, store.database),
        market=Recent(partial(wiring.market_if_any, resolved, offline=offline, clock=clock), clock),
        insights=partial(wiring.insights_from, resolved, offline=offline, clock=clock),
        now=clock,
        services=Services(
            ask=partial(ask_assistant, settings, clock=clock),
            health=health,
            assets=partial(wiring.assets_from, resolved, offline=offline, clock=clock),
            currency=settings.currency,
        ),
    )


class Recent:
    """The market as it was loaded a moment ago: many people ask, and it changes by the hour."""

    def __init__(self, load: Callable[[], Market | None], clock: Clock) -> None:
        self._load, self._clock, self._lock = load, clock, Lock()
        self._market: Market | None = None
        self._until = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> Market | None:
        """Return it, loaded anew where that was too long ago."""
        with self._lock:
            moment = self._clock()
            if not moment < self._until <= moment + RECENT:
                self._market, self._until = self._load(), moment + RECENT
            return self._market


@dataclass(frozen=True, slots=True)
class BotWorker:
    """Answers on Telegram while no other process on the same database does.

    Attributes:
        owner: names this process among them.
    """

    resolved: Resolved
    offline: bool
    clock: Clock
    owner: str

    def __call__(self, context: WorkerContext) -> bool:
        """Stand by until it is ours to do, then answer until told to stop.

        Raises:
            DeliveryError: the token is refused, or Telegram could not be reached to begin with.
        """
        with open_full_database(self.resolved.settings) as store:
            lease = Lease(store.database, BOT, self.owner, LEASE)
            if not self._waits_for(lease, context):
                return False
            log.info("answering on Telegram")
            keeps = _Renewal(self._renews, self.clock, context.wrong)
            try:
                answer_all(
                    self._made(),
                    PollingHooks(context.is_stopping, keeps, context.well, context.wrong),
                )
            finally:
                lease.give_back()
        return False

    def _waits_for(self, lease: Lease, context: WorkerContext) -> bool:
        """Wait until the lease is ours; False where it was asked to stop first."""
        is_told = False
        while not lease.take(self.clock()):
            if not is_told:
                log.warning("another process answers on Telegram; this one stands by")
                is_told = True
            if context.rest(A_LOOK):
                return False
        return not context.is_stopping()

    def _renews(self, moment: datetime) -> bool:
        # In a thread of its own, and so with a handle of its own.
        with open_full_database(self.resolved.settings, is_checked=True) as store:
            return Lease(store.database, BOT, self.owner, LEASE).take(moment)

    def _made(self) -> Application:  # type: ignore[type-arg]
        telegram = self.resolved.settings.telegram
        token = telegram.token.get_secret_value() if telegram.token else ""
        dispatcher = dispatcher_of(self.resolved, clock=self.clock, offline=self.offline)
        return application(token, base_url=telegram.base_url, dispatcher=dispatcher)


class _Renewal:
    """Tells whether a lease is still ours, and renews it now and then."""

    def __init__(
        self,
        renews: Callable[[datetime], bool],
        clock: Clock,
        wrong: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._renews, self._clock, self._wrong = renews, clock, wrong
        self._renewed = clock()
        self._is_ours = True

    def __call__(self) -> bool:
        now = self._clock()
        if self._is_ours and not timedelta(0) <= now - self._renewed < RENEWED:
            self._renewed = now
            try:
                self._is_ours = self._renews(now)
            except DatabaseGoneError as error:
                self._wrong(str(error))  # nobody else can take it, and owners may ask what is wrong
        return self._is_ours


def run_bot(resolved: Resolved, stop: StopEvent, *, clock: Clock, offline: bool = False) -> None:
    """Answer commands until asked to stop.

    Raises:
        SettingsError: without a token.
        DeliveryError: the token is refused, or Telegram cannot be reached.
    """
    if resolved.settings.telegram.token is None:
        raise SettingsError("there is no bot token", hint="set REBALANCER_TELEGRAM__TOKEN")
    kept = HealthReporter(BOT, HeartbeatLog(resolved.settings, clock))
    context = WorkerContext(stop, kept.well, kept.wrong)
    answers = BotWorker(resolved, offline, clock, token_hex(8))
    with open_full_database(resolved.settings):
        pass
    with required(resolved.settings.database):
        while not stop.is_set():
            answers(context)
