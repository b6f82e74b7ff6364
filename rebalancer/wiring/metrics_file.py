"""Keeps a file of figures up to date for a program that watches the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from portfolios.errors import StoreError
from portfolios.marketdata.market_store import MarketStore
from portfolios.private_file import write_private
from portfolios.store.database import Database
from portfolios.values.time import Clock
from rebalancer import wiring
from rebalancer.settings import Resolved
from rebalancer.supervisor import WorkerContext
from rebalancer.usecases.monitoring.metrics import gather, metrics_text
from rebalancer.wiring.delivery import open_full_database
from rebalancer.wiring.rounds import usages_of

READABLE = 0o644
"""The program that watches is another user's; the umask may narrow it."""


@dataclass(frozen=True, slots=True)
class MetricsWorker:
    """Writes the figures of the moment into a file, all of them or none."""

    resolved: Resolved
    offline: bool
    clock: Clock
    path: Path

    def __call__(self, _: WorkerContext) -> bool:
        """Write them.

        Raises:
            StoreError: the file cannot be written.
        """
        now = self.clock()
        settings = self.resolved.settings
        with open_full_database(settings, is_checked=True) as store:
            usages = tuple(usages_of(settings, store.database, now).values())
            age = self._price_age(store.database, now)
            text = metrics_text(gather(store, usages, price_age=age, now=now))
        write_whole(self.path, text)
        return True

    def _price_age(self, database: Database, now: datetime) -> timedelta | None:
        """Return the age of the newest price that is believed; the whole market is not needed."""
        settings = self.resolved.settings
        if self.offline or settings.provider == "sample":
            market = wiring.market_from(self.resolved, offline=True, clock=self.clock)
            return market.age(max(quote.at for quote in market.quotes.values()))
        known = MarketStore(database, currency=settings.currency).accepted().values()
        return now - max(reading.at for reading in known) if known else None


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        write_private(path, text.encode(), mode=READABLE)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise StoreError(f"{path} cannot be written ({why})", hint="see --metrics") from error
