"""One message on its way to one address, and the rules for what becomes of it.

Nobody can know whether a message arrived when the answer got lost, so every send that began and
was not refused counts as a copy that may be there, and the promise decides whether another may go.
The rules are pure: they take a delivery and what happened, and return the delivery that follows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.messages import Message, Picture, Promise
from portfolios.errors import DeliveryError
from portfolios.model.decisions import OPEN_HOURS

LONGEST_BACKOFF = 1800.0
"""Seconds between two attempts at most: those who refuse for a while mean minutes or hours."""
MOST_IN_ORDER = 8
"""A message that was refused so often no longer holds up what comes after it."""
OUTAGE_PAUSE = 120.0
"""Seconds until an unreachable channel is tried again, at most."""
SHORTEST_REST, LONGEST_REST = 1.0, 86_400.0
"""Seconds an address is left alone at least, and at most, whatever the other side asks for."""
_LONGEST_REASON = 300

TIME_TO_LIVE: Mapping[Promise, timedelta] = {
    Promise.MUST: timedelta(hours=6),
    Promise.ONCE: timedelta(days=3),
    Promise.LOW: timedelta(hours=1),
}
MOST_COPIES: Mapping[Promise, int] = {
    Promise.MUST: 2,
    Promise.ONCE: 2,
    Promise.ACTION: 8,
    Promise.LOW: 1,
}


class State(StrEnum):
    """Where a delivery stands.

    The first three are alive. `UNKNOWN` may have arrived and is not repeated; `DEAD` was given up;
    `EXPIRED` came too late to be worth sending; `SUPPRESSED` had an address that takes nothing.
    """

    PENDING = "pending"
    SENDING = "sending"
    RETRY = "retry"
    SENT = "sent"
    UNKNOWN = "unknown"
    DEAD = "dead"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"

    @property
    def is_alive(self) -> bool:
        """Tell whether something can still happen by itself."""
        return self in (State.PENDING, State.SENDING, State.RETRY)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one address.

    Attributes:
        dedupe_key: names cause, person and channel; a second one of the same key is ignored.
        created_at: when it was written down.
        not_before: the moment from which it may be sent.
        expires_at: the moment from which it is not worth sending any more.
        pictures: what travels with it; present before it is kept and on its way out only.
        headers: what a mail needs besides.
        answers: dedupe key of the earlier delivery to the same address that this one belongs to.
        number: given when it is kept; 0 before.
        attempts: sends that began; a request to wait is not counted.
        copies: sends that may have arrived, of the part that is next.
        parts: texts and pictures of it that have arrived.
        begun_at: when the send that is under way began; None while only claimed.
        receipt: what the channel called the sent message.
        reason: why it stands where it stands, in words.
    """

    dedupe_key: str
    person: str
    channel: str
    address: str
    message: Message
    promise: Promise
    created_at: datetime
    not_before: datetime
    expires_at: datetime
    is_silent: bool = False
    pictures: Sequence[Picture] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    answers: str = ""
    number: int = 0
    state: State = State.PENDING
    attempts: int = 0
    copies: int = 0
    lease_owner: str = ""
    lease_until: datetime | None = None
    begun_at: datetime | None = None
    receipt: str = ""
    reason: str = ""
    ended_at: datetime | None = None
    parts: int = 0

    @property
    def may_repeat(self) -> bool:
        """Tell whether an earlier send may have arrived."""
        return self.copies > (self.begun_at is not None)

    @property
    def lets_pass(self) -> bool:
        """Tell whether it is tried beside its line, for it was refused too often to be waited for.

        The fault may lie in the message, and what comes after it is not to suffer for that.
        """
        return self.attempts >= MOST_IN_ORDER


def worth_until(promise: Promise, *, made_at: datetime, due: datetime) -> datetime:
    """Return until when a message is worth sending that is due at a moment.

    An invitation is, while it is open, and for as long as other news after it was put off: what
    lapsed meanwhile is told as something past.
    """
    if promise is Promise.ACTION:
        return max(made_at + timedelta(hours=OPEN_HOURS), due + TIME_TO_LIVE[Promise.MUST])
    return due + TIME_TO_LIVE[promise]


def compose(
    message: Message,
    *,
    person: str,
    channel: str,
    address: str,
    promise: Promise,
    now: datetime,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    is_silent: bool = False,
    pictures: Sequence[Picture] = (),
    headers: Mapping[str, str] | None = None,
    answers: str = "",
) -> Delivery:
    """Address a message to somebody.

    It may be sent from `not_before`, at once where None, until `expires_at`; where that is None,
    its promise says how long, counted from when it may be sent.

    Raises:
        ValueError: when an invitation to act has no end.
    """
    due = max(now, not_before or now)
    if expires_at is None and promise not in TIME_TO_LIVE:
        raise ValueError("a message that invites an action says until when it may be taken")
    return Delivery(
        dedupe_key=key_of(message, person=person, channel=channel),
        person=person,
        channel=channel,
        address=address,
        message=message,
        promise=promise,
        created_at=now,
        not_before=due,
        expires_at=expires_at or due + TIME_TO_LIVE[promise],
        is_silent=is_silent,
        pictures=tuple(pictures),
        headers=headers or {},
        answers=answers,
    )


def key_of(message: Message, *, person: str, channel: str) -> str:
    """Name a delivery: the same cause is told to the same person once a channel."""
    return f"{message.key}:{person}:{channel}"


def held(delivery: Delivery, owner: str, *, until: datetime) -> Delivery:
    """Return the delivery in the hands of a sender."""
    return replace(delivery, state=State.SENDING, lease_owner=owner, lease_until=until)


def begun(delivery: Delivery, *, now: datetime, until: datetime) -> Delivery:
    """Return the delivery as it stands from the moment its send begins."""
    return replace(
        delivery,
        attempts=delivery.attempts + 1,
        copies=delivery.copies + 1,
        begun_at=now,
        lease_until=until,
    )


def part_arrived(delivery: Delivery, receipt: str, *, until: datetime) -> Delivery:
    """Return a delivery under way after one more part of it was taken: the next begins anew."""
    return replace(
        delivery,
        parts=delivery.parts + 1,
        attempts=1,
        copies=1,
        receipt=receipt or delivery.receipt,
        lease_until=until,
    )


def arrived(delivery: Delivery, receipt: str, *, now: datetime) -> Delivery:
    """Return the delivery after the other side took it."""
    receipt = receipt or delivery.receipt
    return _ended(delivery, State.SENT, now=now, receipt=receipt, reason="")


def ended(delivery: Delivery, state: State, reason: str, *, now: datetime) -> Delivery:
    """Return the delivery after it was ended without being sent."""
    return _ended(delivery, state, now=now, reason=reason)


def too_late(delivery: Delivery, *, now: datetime) -> Delivery:
    """Return the delivery after its time was over; why it was not taken before stays known."""
    why = f"too late; {delivery.reason}" if delivery.reason else "too late"
    return _ended(delivery, State.EXPIRED, now=now, reason=why)


def released(delivery: Delivery, *, not_before: datetime | None = None) -> Delivery:
    """Return a claimed delivery whose send never began: as it was before."""
    return _waiting(delivery, not_before or delivery.not_before, delivery.reason)


def interrupted(
    delivery: Delivery, *, now: datetime, random: Callable[[], float] = lambda: 0.0
) -> Delivery:
    """Return a claimed delivery whose sender fell silent."""
    if delivery.begun_at is None:
        return released(delivery)
    return _unsure(delivery, "the sender stopped in the middle", now, random)


def refused(
    delivery: Delivery, error: Exception, *, now: datetime, random: Callable[[], float]
) -> Delivery:
    """Return a delivery whose send failed.

    Anything but a DeliveryError leaves open what happened, and is known by its type alone, for its
    text may hold a secret. `random` gives a number from 0 to 1, so that many that failed together
    do not return together.
    """
    if not isinstance(error, DeliveryError):
        return _unsure(delivery, f"unexpected {type(error).__name__}", now, random)
    reason = str(error)[:_LONGEST_REASON] or "refused without a reason"
    if error.outcome_unknown:
        return _unsure(delivery, reason, now, random)
    missed = replace(delivery, copies=delivery.copies - 1)
    if error.channel_down:
        return _unburnt(missed, now, reason)
    if error.unreached:
        # An outage says nothing of the message: it waits, and only its own time ends it.
        pause = OUTAGE_PAUSE * (0.5 + random() / 2)
        return _unburnt(missed, now + timedelta(seconds=pause), reason)
    rest = resting(error, now=now)
    if rest is not None:
        return _unburnt(missed, rest, reason)
    if error.address_gone:
        return _ended(missed, State.SUPPRESSED, now=now, reason=reason)
    if error.permanent:
        return _ended(missed, State.DEAD, now=now, reason=reason)
    wait = 0.0 if error.moved_to else backoff(delivery.attempts, random)
    return _waiting(missed, now + timedelta(seconds=wait), reason)


def resting(error: DeliveryError, *, now: datetime) -> datetime | None:
    """Return until when the other side wants an address left alone, None when it does not."""
    seconds = error.retry_after
    if seconds is None or math.isnan(seconds):
        return None
    return now + timedelta(seconds=min(max(seconds, SHORTEST_REST), LONGEST_REST))


def backoff(attempts: int, random: Callable[[], float]) -> float:
    """Return seconds to wait after a failed attempt: anything up to 1, 2, 4, ... 1800.

    >>> [backoff(n, lambda: 1.0) for n in (1, 2, 3, 9, 12, 5000)]
    [1.0, 2.0, 4.0, 256.0, 1800.0, 1800.0]
    """
    return random() * min(LONGEST_BACKOFF, 2.0 ** min(attempts - 1, 30))


def _unsure(
    delivery: Delivery, reason: str, now: datetime, random: Callable[[], float]
) -> Delivery:
    if delivery.copies >= MOST_COPIES[delivery.promise]:
        return _ended(delivery, State.UNKNOWN, now=now, reason=reason)
    wait = timedelta(seconds=backoff(delivery.attempts, random))
    return _waiting(delivery, now + wait, reason)


def _unburnt(delivery: Delivery, not_before: datetime, reason: str) -> Delivery:
    return _waiting(replace(delivery, attempts=delivery.attempts - 1), not_before, reason)


def _waiting(delivery: Delivery, not_before: datetime, reason: str) -> Delivery:
    is_new = not (delivery.attempts or delivery.copies or reason)
    return replace(
        delivery,
        state=State.PENDING if is_new else State.RETRY,
        not_before=not_before,
        reason=reason,
        lease_owner="",
        lease_until=None,
        begun_at=None,
    )


def _ended(
    delivery: Delivery, state: State, *, now: datetime, reason: str, receipt: str = ""
) -> Delivery:
    return replace(
        delivery,
        state=state,
        receipt=receipt,
        reason=reason,
        ended_at=now,
        lease_owner="",
        lease_until=None,
        begun_at=None,
    )
