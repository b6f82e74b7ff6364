"""The sender: takes from the outbox what is due, hands it to its channel, writes down what came.

Every step is durable before the next begins, and no step holds the database while a channel is at
work. Urgent messages are looked for before each ordinary one, so they wait for one send at most.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import SystemRandom

from alerts.channels.channel import Channel
from alerts.delivery.delivery import Delivery, State, resting
from alerts.delivery.outbox import Outbox
from alerts.delivery.queue import RANKED
from alerts.delivery.rate_limit import ZERO, RateLimiter
from alerts.messages import Message, Promise
from portfolios.errors import DeliveryError

LEASE = timedelta(minutes=2)
"""Longer than any channel takes over one message."""
PATIENCE = timedelta(minutes=5)
"""How far ahead a run looks that waits for what comes due."""
MOST_UNREACHED = 3
"""So many sends in a row that reached nobody mean an outage, not an address."""
Review = Callable[[Delivery, datetime], Message | None]
_AT_ONCE = 10
_CHANCE = SystemRandom().random
_LONGEST_NAP, _SHORTEST_NAP = timedelta(milliseconds=250), timedelta(milliseconds=10)


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Somebody whom a channel does not reach any more, to be told on another.

    Attributes:
        people: those who had something waiting there.
    """

    people: tuple[str, ...]
    channel: str
    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """An address that became another."""

    person: str
    channel: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class DispatchReport:
    """What a run of the sender did.

    Attributes:
        outcomes: sends by the state they led to, and deliveries that came too late.
        stopped: channels that refused our credentials, with the reason; nothing more was sent on
            them, and what waits there still waits.
        gone: who must be told on another channel.
        moved: whose address changed.
        next_due: when the next delivery may be due; None when nothing waits.
    """

    outcomes: Mapping[State, int]
    stopped: Mapping[str, str]
    gone: tuple[Unreachable, ...]
    moved: tuple[AddressChanged, ...]
    next_due: datetime | None


@dataclass(slots=True)
class _Run:
    """One run of the sender, and what it found out so far.

    Attributes:
        idle: slept since something was last sent or ended; counted, for the clock may be set.
    """

    outbox: Outbox
    channels: dict[str, Channel]
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    owner: str
    limiter: RateLimiter
    random: Callable[[], float]
    lease: timedelta
    is_stopping: Callable[[], bool]
    on_moved: Callable[[AddressChanged], None]
    review: Review
    zone_of: Callable[[str], str]
    outcomes: Counter[State] = field(default_factory=Counter)
    stopped: dict[str, str] = field(default_factory=dict)
    gone: list[Unreachable] = field(default_factory=list)
    moved: list[AddressChanged] = field(default_factory=list)
    unreached: Counter[str] = field(default_factory=Counter)
    idle: timedelta = ZERO

    def round(self) -> bool:
        """Send what is due now; tell whether there was anything."""
        now = self.now()
        self.outbox.set_right(now)
        self.outcomes[State.EXPIRED] += len(self.outbox.expire(now))
        batch = deque(self._claim(now, RANKED))
        is_busy = bool(batch)
        try:
            while batch and not self.is_stopping():
                self._step(batch)
        finally:
            for each in batch:
                self.outbox.release(each, self.now())
        return is_busy

    def nap(self, wait: timedelta) -> None:
        """Sleep, but never long: something urgent may come in between."""
        length = min(max(wait, _SHORTEST_NAP), _LONGEST_NAP)
        self.idle += length
        self.sleep(length.total_seconds())

    def _claim(self, now: datetime, promises: Sequence[Promise]) -> tuple[Delivery, ...]:
        return self.outbox.claim(
            now,
            owner=self.owner,
            lease=self.lease,
            limit=_AT_ONCE,
            channels=self.channels,
            promises=promises,
        )

    def _step(self, batch: deque[Delivery]) -> None:
        """Send the first of the batch, or wait for it, or put it back."""
        now = self.now()
        if batch[0].promise is not Promise.MUST and self._is_urgent(now):
            batch.extendleft(reversed(self._claim(now, (Promise.MUST,))))
        first = batch[0]
        if first.channel not in self.channels:
            self.outbox.release(batch.popleft(), now)
            return
        turn = self.limiter.take(first.channel, first.address, first.promise, now)
        if turn.wait == ZERO:
            self._send(batch.popleft())
        elif turn.is_address:
            self.outbox.release(batch.popleft(), now, not_before=now + turn.wait)
        else:
            self.nap(turn.wait)

    def _is_urgent(self, now: datetime) -> bool:
        return self.outbox.is_due(now, channels=self.channels, promise=Promise.MUST)

    def _send(self, claimed: Delivery) -> None:
        told = self.review(claimed, self.now())
        if told is None:
            self.outbox.drop(claimed, self.now())
            return
        zone = self.zone_of(claimed.person)
        delivery = self.outbox.begin(claimed, self.now(), lease=self.lease, zone=zone)
        if delivery is None:
            return
        envelope = replace(
            self.outbox.envelope(delivery),
            message=told,
            on_part=lambda receipt: self.outbox.part_done(
                delivery, receipt, self.now(), lease=self.lease
            ),
        )
        try:
            receipt = self.channels[delivery.channel].send(envelope)
        except Exception as error:
            self._fail(delivery, error)
            return
        self.unreached.pop(delivery.channel, None)
        self.outbox.done(delivery, receipt, self.now())
        self._count(State.SENT)

    def _fail(self, delivery: Delivery, error: Exception) -> None:
        now = self.now()
        with self.outbox.database.transaction():
            changed = self.outbox.failed(delivery, error, now, random=self.random)
            if changed and isinstance(error, DeliveryError) and error.moved_to:
                self._move(delivery, error.moved_to)
        if changed:
            self._count(changed[0].state)
        if isinstance(error, DeliveryError):
            self._heed(delivery, error, now, changed)

    def _count(self, state: State) -> None:
        self.outcomes[state] += 1
        if not state.is_alive:
            self.idle = ZERO

    def _move(self, delivery: Delivery, new: str) -> None:
        moved = AddressChanged(delivery.person, delivery.channel, delivery.address, new)
        self.on_moved(moved)
        self.moved.append(moved)

    def _heed(
        self, delivery: Delivery, error: DeliveryError, now: datetime, changed: Sequence[Delivery]
    ) -> None:
        """Draw from a failure what concerns more than the one delivery."""
        channel, address = delivery.channel, delivery.address
        if error.unreached:
            self.unreached[channel] += 1
            if self.unreached[channel] >= MOST_UNREACHED:
                del self.channels[channel]  # for this run; the next one tries again
        elif error.channel_down:
            del self.channels[channel]
            self.stopped[channel] = str(error)
        elif error.address_gone:
            people = {delivery.person, *(each.person for each in changed)}
            self.gone.append(Unreachable(tuple(sorted(people)), channel, address, str(error)))
        elif rest := resting(error, now=now):
            self.limiter.park(channel, address, until=rest, now=now)


def deliver(
    outbox: Outbox,
    channels: Mapping[str, Channel],
    *,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    owner: str,
    limiter: RateLimiter,
    until_empty: bool = True,
    patience: timedelta = PATIENCE,
    lease: timedelta = LEASE,
    random: Callable[[], float] = _CHANCE,
    is_stopping: Callable[[], bool] = lambda: False,
    on_moved: Callable[[AddressChanged], None] = lambda _: None,
    review: Review = lambda delivery, _: delivery.message,
    zone_of: Callable[[str], str] = lambda _: "UTC",
) -> DispatchReport:
    """Send what is due, urgent things first, each as its promise says.

    Args:
        outbox: what is to be told.
        channels: by name; what waits for others is left alone.
        now: the clock.
        sleep: waits for some seconds.
        owner: names this sender; unique among those that live.
        limiter: kept from run to run, since limits hold across runs.
        until_empty: wait for what comes due within `patience`; otherwise return when nothing is
            due at this moment.
        patience: how far ahead is waited, and how long in a row while nothing goes out.
        lease: after which another sender may take over; longer than any channel takes.
        random: from 0 to 1, for backoff.
        is_stopping: asked before each send; what was not begun is given back.
        on_moved: called inside the transaction that redirects what waits, so that whoever keeps
            addresses changes them in the same unit.
        review: asked for the message as it is true by now; None where it is to be told no more.
        zone_of: returns the time zone of a person who chose none, for their quiet hours.
    """
    run = _Run(
        outbox,
        dict(channels),
        now,
        sleep,
        owner,
        limiter,
        random,
        lease,
        is_stopping,
        on_moved,
        review,
        zone_of,
    )
    while not is_stopping():
        if run.round():
            continue
        due = outbox.next_due(run.channels, now())
        if not until_empty or due is None or max(due - now(), run.idle) > patience:
            break
        run.nap(due - now())
    return DispatchReport(
        outcomes={state: count for state, count in run.outcomes.items() if count},
        stopped=run.stopped,
        gone=tuple(run.gone),
        moved=tuple(run.moved),
        next_due=outbox.next_due(run.channels, now()),
    )
