"""A room with an outbox, a clock and limits, in which a sender runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alerts.channels.channel import Channel
from alerts.delivery.delivery import State
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.sender import DispatchReport, deliver
from tests.alerts.delivery.delivery_examples import (
    Clock,
    Script,
)


@dataclass
class Room:
    outbox: Outbox
    clock: Clock
    limiter: RateLimiter

    def run(self, *channels: Channel, **given: object) -> DispatchReport:
        return deliver(
            self.outbox, {each.name: each for each in channels}, now=self.clock,
            sleep=self.clock.sleep, owner="a", limiter=self.limiter,
            random=np.random.default_rng(7).random, **given,
        )  # fmt: skip

    def states(self) -> dict[str, State]:
        return {each.message.key: each.state for each in self.outbox.find(limit=20_000)}


def failing(error: Exception, times: int = 1_000_000) -> Script:
    return lambda envelope, count: error if count <= times else f"m{envelope.delivery}"
