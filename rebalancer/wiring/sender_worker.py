"""Delivery as a part of a service: what is due goes out within seconds, for months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.delivery.rate_limit import ZERO, RateLimiter
from alerts.delivery.sender import DispatchReport
from portfolios.values.time import Clock
from rebalancer.settings.model import Settings
from rebalancer.supervisor import WorkerContext
from rebalancer.wiring.channels import channels_of
from rebalancer.wiring.delivery import Sender, open_full_database
from rebalancer.wiring.held_up import HeldUp

EVERY = 1.0
"""Seconds between two looks at the outbox."""
REFUSED_FOR = timedelta(minutes=5)
"""A channel that refused our credentials is left alone for so long."""


@dataclass(frozen=True, slots=True)
class DeliveryWorker:
    """Sends what is due until told to stop; senders of other processes may do the same."""

    settings: Settings
    clock: Clock

    def __call__(self, context: WorkerContext) -> bool:
        """Send for as long as nothing goes wrong with the outbox itself."""
        with (
            open_full_database(self.settings) as store,
            channels_of(self.settings, clock=self.clock) as channels,
        ):
            sender = Sender(
                self.settings,
                store.database,
                channels,
                RateLimiter(),
                self.clock,
                lambda s: _nap(context, s),
            )
            held_up, refused = HeldUp(), dict[str, datetime]()
            while not context.is_stopping():
                now = self.clock()
                refused = {n: at for n, at in refused.items() if ZERO <= now - at < REFUSED_FOR}
                report = sender.send(context.is_stopping, without=refused)
                refused |= dict.fromkeys(report.stopped, self.clock())
                words = held_up.look(store.database, self.clock())
                _tell(context, report, words, is_whole=not refused)
                context.rest(EVERY)
        return False


def _tell(context: WorkerContext, report: DispatchReport, held_up: str, *, is_whole: bool) -> None:
    if report.stopped:
        context.wrong("; ".join(f"{name}: {why}" for name, why in sorted(report.stopped.items())))
    elif held_up:
        context.wrong(held_up)
    elif is_whole:
        context.well()


def _nap(context: WorkerContext, seconds: float) -> None:
    context.rest(seconds)
