"""Builds what delivery needs from settings: the tables of alerts, channels, people."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from secrets import token_hex
from threading import Event, current_thread, main_thread

from alerts.channels.channel import Channel
from alerts.channels.email.traits import EMAIL
from alerts.channels.telegram.traits import TELEGRAM
from alerts.delivery.fallback import send_fallbacks
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.sender import DispatchReport, deliver
from alerts.migrations import ALERTS
from portfolios.errors import NotFoundError, UsageError
from portfolios.model.users import Person, Role
from portfolios.store.database import Database, open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from portfolios.store.user_store import PeopleStore
from portfolios.values.time import Clock
from rebalancer.settings.model import Settings
from rebalancer.usecases.accounts.users import OWNER, move_chat
from rebalancer.usecases.monitoring.review import as_of_now
from rebalancer.wiring.channels import channels_of, set_up

PATIENCE = timedelta(seconds=20)
"""A command waits so long for what must be tried again; the rest goes with the next one."""
NO_CHANNEL = "no channel is set up, so nothing can be sent"
NO_CHANNEL_HINT = "set REBALANCER_TELEGRAM__TOKEN, or REBALANCER_EMAIL__HOST and __SENDER"
_CHOSEN_ZONES = "SELECT person, json_extract(document, '$.timezone') AS zone FROM preferences"


@contextmanager
def open_full_database(settings: Settings, *, is_checked: bool = False) -> Iterator[Store]:
    """Open the database with the tables of alerts, for as long as the block lasts.

    Args:
        settings: say where it is.
        is_checked: this process has opened it before, so it is not read through for damage.
    """
    tables = (PORTFOLIOS, ALERTS)
    with open_database(settings.database, migrations=tables, is_checked=is_checked) as database:
        yield Store(database)


def people_of(settings: Settings, database: Database) -> tuple[Person, ...]:
    """Return everybody, each in the time zone they chose."""
    chosen = {row["person"]: row["zone"] for row in database.rows(_CHOSEN_ZONES)}
    return tuple(
        replace(person, timezone=chosen.get(person.name) or person.timezone)
        for person in _named(settings, database)
    )


def _named(settings: Settings, database: Database) -> tuple[Person, ...]:
    """Return everybody as added; where no owner was, the one whom the settings name."""
    stored, owner = PeopleStore(database).everybody(), settings_owner(settings)
    if owner is None or any(person.role is Role.OWNER for person in stored):
        return stored
    return (*(person for person in stored if person.name != owner.name), owner)


def settings_owner(settings: Settings) -> Person | None:
    """Return the owner whom the settings name, who counts while none was added."""
    mail = settings.email.to or ""
    chat = "" if settings.telegram.owner_id is None else str(settings.telegram.owner_id)
    if not (mail or chat):
        return None
    owner = Person(OWNER, Role.OWNER, timezone=settings.timezone)
    return owner.with_addresses({EMAIL.name: mail, TELEGRAM.name: chat})


def deliver_now(
    settings: Settings,
    database: Database,
    *,
    clock: Clock,
    limiter: RateLimiter | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> DispatchReport:
    """Send what is due and, for a short while, what must be tried again.

    Args:
        settings: channels and people.
        database: with the outbox.
        clock: tells the moment.
        limiter: kept from call to call by who sends for long.
        sleep: waits so many seconds of it.

    Raises:
        UsageError: when the settings name no channel at all.
    """
    require_channel(settings)
    with channels_of(settings, clock=clock) as channels, asked_to_stop() as is_stopping:
        sender = Sender(settings, database, channels, limiter or RateLimiter(), clock, sleep)
        return sender.send(is_stopping, patience=PATIENCE)


def require_channel(settings: Settings, name: str | None = None) -> None:
    """Refuse to send where nothing could go out, before anything is written.

    Args:
        settings: of the channels.
        name: of the one that is meant; any where None.

    Raises:
        UsageError: when the settings do not make it possible.
    """
    possible = set_up(settings)
    if not possible:
        raise UsageError(NO_CHANNEL, hint=NO_CHANNEL_HINT)
    if name is not None and name not in possible:
        raise UsageError(f"{name} is not set up", hint=f"set up: {', '.join(possible)}")


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends what is due, and tells on another channel what one could not take."""

    settings: Settings
    database: Database
    channels: Mapping[str, Channel]
    limiter: RateLimiter
    clock: Clock
    sleep: Callable[[float], None]

    def send(
        self,
        is_stopping: Callable[[], bool],
        *,
        patience: timedelta = timedelta(0),
        without: Collection[str] = (),
    ) -> DispatchReport:
        """Send what is due, and what comes due within so long; some channels may be left alone."""
        report = self._round(is_stopping, patience, without)
        people = people_of(self.settings, self.database)
        if send_fallbacks(self.database, people, report, at=self.clock()):
            self._round(is_stopping, timedelta(0), without)
        return report

    def _round(
        self, is_stopping: Callable[[], bool], patience: timedelta, without: Collection[str]
    ) -> DispatchReport:
        return deliver(
            Outbox(self.database),
            {name: each for name, each in self.channels.items() if name not in without},
            now=self.clock,
            sleep=self.sleep,
            owner=token_hex(8),
            limiter=self.limiter,
            patience=patience,
            is_stopping=is_stopping,
            on_moved=lambda moved: move_chat(
                Store(self.database), moved.channel, moved.old, moved.new
            ),
            review=partial(as_of_now, Store(self.database)),
            zone_of=self._zone_of,
        )

    def _zone_of(self, name: str) -> str:
        try:
            return PeopleStore(self.database).person(name).timezone
        except NotFoundError:
            return self.settings.timezone  # the owner whom the settings name


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Let SIGTERM end the block at the next good moment: what is being sent is finished first."""
    asked = Event()
    if current_thread() is not main_thread():
        yield asked.is_set  # only the main thread may listen to signals
        return
    before = signal.signal(signal.SIGTERM, lambda *_: asked.set())
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
