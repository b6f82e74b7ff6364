"""What is to be told, kept in the database until it was told or given up.

A delivery is written in the transaction of its cause, so neither exists without the other. A
sender claims it for a limited time, writes down that it begins, sends, and writes down what came
of it: wherever it dies in between, the next one knows whether the message may have arrived.
Each address has one message in flight and its messages in order; only urgent ones overtake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.channels.envelope import Envelope
from alerts.delivery import delivery as rules
from alerts.delivery.addresses import (
    close_address,
    park_address,
    redirect_address,
    reopen_address,
    why_closed,
)
from alerts.delivery.clock_set_back import set_right
from alerts.delivery.delivery import Delivery, State
from alerts.delivery.expiry import expire
from alerts.delivery.queue import (
    RANKED,
    change,
    due,
    envelope_of,
    line_of,
    next_due,
    refresh_heads,
)
from alerts.delivery.rescheduling import put_off
from alerts.delivery.rows import delivery_from_row, delivery_row, moment
from alerts.delivery.stats import Summary, summarise
from alerts.messages import Promise
from portfolios.errors import DeliveryError, NotFoundError
from portfolios.store.database import Database

_ATTACH = "INSERT INTO attachments (delivery, name, png) VALUES (?, ?, ?)"
_GIVEN_UP = """
SELECT * FROM deliveries
WHERE promise = 'must' AND state IN ('unknown', 'dead', 'expired', 'suppressed')
  AND told_by = '' AND ended_at >= ?
ORDER BY number
"""
_TOLD_BY = "UPDATE deliveries SET told_by = ? WHERE number = ?"


class Outbox:
    """The deliveries of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def put(self, *deliveries: Delivery) -> tuple[int, ...]:
        """Keep deliveries, as part of the transaction of their cause.

        One whose key is known already is left out; one to a closed address is kept as suppressed.

        Returns:
            The numbers of those that are new.
        """
        with self.database.transaction():
            numbers = tuple(self._put(each) for each in deliveries)
            refresh_heads(self.database, map(line_of, deliveries))
        return tuple(number for number in numbers if number)

    def claim(
        self,
        now: datetime,
        *,
        owner: str,
        lease: timedelta,
        limit: int,
        channels: Iterable[str],
        promises: Sequence[Promise] = RANKED,
    ) -> tuple[Delivery, ...]:
        """Take what is due, the most urgent first, one an address.

        Args:
            now: the moment.
            owner: names the sender; unique among those that live.
            lease: after which another may take it; longer than any send takes.
            limit: how many at most.
            channels: those that the sender can serve.
            promises: those to take, the most urgent first.
        """
        names = sorted(channels)
        with self.database.transaction():
            self.rescue(now)
            claimed: dict[tuple[str, str], Delivery] = {}
            for promise in promises:
                wanted = limit - len(claimed)
                for each in due(self.database, now, names, promise, wanted + len(claimed)):
                    if len(claimed) < limit:
                        claimed.setdefault((each.channel, each.address), each)
            held = [rules.held(each, owner, until=now + lease) for each in claimed.values()]
            return tuple(change(self.database, each, now) for each in held)

    def is_due(self, now: datetime, *, channels: Iterable[str], promise: Promise) -> bool:
        """Tell whether something of a promise could be claimed; nothing is written."""
        return bool(due(self.database, now, channels, promise, 1))

    def begin(
        self, delivery: Delivery, now: datetime, *, lease: timedelta, zone: str = "UTC"
    ) -> Delivery | None:
        """Write down that a claimed delivery is being sent from now on.

        Args:
            delivery: that was claimed.
            now: the moment.
            lease: after which another may take it.
            zone: of its person, for quiet hours, where they chose none.

        Returns:
            The delivery to send; None when it is no longer the claimer's, came too late, or was
            put off because its person holds it back just now.
        """
        with self.database.transaction():
            mine = self._held(delivery)
            if mine is None or mine.begun_at is not None:
                return None
            if mine.expires_at <= now:
                change(self.database, rules.too_late(mine, now=now), now)
                return None
            if put_off(self.database, mine, zone=zone, now=now):
                return None
            return change(self.database, rules.begun(mine, now=now, until=now + lease), now)

    def drop(self, delivery: Delivery, now: datetime) -> None:
        """End what was claimed and not begun: it is not so any more."""
        with self.database.transaction():
            mine = self._held(delivery)
            if mine is not None and mine.begun_at is None:
                ended = rules.ended(mine, State.EXPIRED, "not so any more", now=now)
                change(self.database, ended, now)

    def part_done(
        self, delivery: Delivery, receipt: str, now: datetime, *, lease: timedelta
    ) -> None:
        """Write down that a part of a message was taken, and that more is to come."""
        with self.database.transaction():
            mine = self._held(delivery)
            if mine is not None:
                change(self.database, rules.part_arrived(mine, receipt, until=now + lease), now)

    def done(self, delivery: Delivery, receipt: str, now: datetime) -> None:
        """Write down that a message was taken.

        An answer that comes after the lease still counts, unless another sender is at it already.
        """
        with self.database.transaction():
            row = self.database.row(
                "SELECT * FROM deliveries WHERE number = ? AND state IN "
                "('sending', 'retry', 'unknown') AND lease_owner IN ('', ?)",
                (delivery.number, delivery.lease_owner),
            )
            if row is not None:
                change(self.database, rules.arrived(delivery_from_row(row), receipt, now=now), now)

    def failed(
        self, delivery: Delivery, error: Exception, now: datetime, *, random: Callable[[], float]
    ) -> tuple[Delivery, ...]:
        """Write down that a send failed, and what follows for its address.

        Returns:
            The delivery as it stands now, then others that this ended; none of them when another
            sender has taken over.
        """
        with self.database.transaction():
            mine = self._held(delivery)
            if mine is None:
                return ()
            after = rules.refused(mine, error, now=now, random=random)
            change(self.database, after, now)
            return self._heed(after, error, now) if isinstance(error, DeliveryError) else (after,)

    def release(
        self, delivery: Delivery, now: datetime, *, not_before: datetime | None = None
    ) -> None:
        """Give back what was claimed and not begun."""
        with self.database.transaction():
            mine = self._held(delivery)
            if mine is not None and mine.begun_at is None:
                change(self.database, rules.released(mine, not_before=not_before), now)

    def rescue(self, now: datetime) -> int:
        """Take deliveries from senders that fell silent; return how many."""
        with self.database.transaction():
            lost = self.database.rows(
                "SELECT * FROM deliveries WHERE state = 'sending' AND lease_until <= ?",
                (moment(now),),
            )
            for row in lost:
                change(self.database, rules.interrupted(delivery_from_row(row), now=now), now)
        return len(lost)

    def set_right(self, now: datetime) -> int:
        """Move back what a clock wrote that was ahead; return how many deliveries."""
        return set_right(self.database, now)

    def expire(self, now: datetime) -> tuple[int, ...]:
        """End what is not worth sending any more; return the numbers.

        What lapsed while nobody was sending may be given time for one more try.
        """
        return expire(self.database, now)

    def retry(self, number: int, now: datetime, *, expires_at: datetime | None = None) -> Delivery:
        """Send again what was given up, with a fresh count of attempts.

        It is worthless from `expires_at`; where that is None its promise says when, and for an
        invitation it is an hour.

        Raises:
            NotFoundError: when there is no dead delivery of that number.
        """
        with self.database.transaction():
            row = self.database.row(
                "SELECT * FROM deliveries WHERE number = ? AND state = 'dead'", (number,)
            )
            if row is None:
                raise NotFoundError(f"no message {number} was given up")
            dead = delivery_from_row(row)
            until = expires_at or now + rules.TIME_TO_LIVE.get(dead.promise, timedelta(hours=1))
            again = replace(
                dead, state=State.RETRY, attempts=0, not_before=now, reason="", ended_at=None
            )
            change(self.database, again, now)
            self.database.execute(
                "UPDATE deliveries SET place = ?, expires_at = ? WHERE number = ?",
                (moment(now), moment(until), number),
            )
            refresh_heads(self.database, [line_of(again)])
        return replace(again, expires_at=until)

    def find(
        self, *, state: State | None = None, person: str = "", limit: int = 100
    ) -> tuple[Delivery, ...]:
        """Return deliveries, the newest first, without their pictures."""
        wanted = {"state": state.value if state else "", "person": person}
        where = " AND ".join(f"{name} = :{name}" for name, value in wanted.items() if value)
        rows = self.database.rows(
            f"SELECT * FROM deliveries WHERE {where or 'true'} "  # noqa: S608 - made of constants
            "ORDER BY number DESC LIMIT :limit",
            wanted | {"limit": limit},
        )
        return tuple(delivery_from_row(row) for row in rows)

    def of_key(self, dedupe_key: str) -> Delivery | None:
        """Return the delivery of a cause, person and channel; None where there is none."""
        row = self.database.row("SELECT * FROM deliveries WHERE dedupe_key = ?", (dedupe_key,))
        return None if row is None else delivery_from_row(row)

    def given_up(self, *, since: datetime) -> tuple[Delivery, ...]:
        """Return urgent deliveries that ended without being taken, and were told no other way."""
        rows = self.database.rows(_GIVEN_UP, (moment(since),))
        return tuple(delivery_from_row(row) for row in rows)

    def told_by(self, channel: str, deliveries: Iterable[Delivery]) -> None:
        """Write down that another channel tells of deliveries, in the transaction that does it."""
        for each in deliveries:
            self.database.execute(_TOLD_BY, (channel, each.number))

    def summary(self) -> Summary:
        """Return how much waits, and what became of the rest."""
        return summarise(self.database)

    def envelope(self, delivery: Delivery) -> Envelope:
        """Return what the channel is given."""
        return envelope_of(self.database, delivery)

    def next_due(self, channels: Iterable[str], now: datetime) -> datetime | None:
        """Return the moment from which something may be claimable; None when nothing waits."""
        return next_due(self.database, channels, now)

    def close_address(
        self, channel: str, address: str, *, reason: str, now: datetime
    ) -> tuple[Delivery, ...]:
        """Send nothing more to an address; return the deliveries this ends."""
        return close_address(self.database, channel, address, reason=reason, now=now)

    def reopen_address(self, channel: str, address: str) -> bool:
        """Send to an address again, from the next delivery on; tell whether it was closed."""
        return reopen_address(self.database, channel, address)

    def redirect(self, channel: str, old: str, new: str) -> int:
        """Send to the new address what waits for the old one; return how many deliveries moved."""
        return redirect_address(self.database, channel, old, new)

    def _put(self, delivery: Delivery) -> int:
        closed = why_closed(self.database, delivery.channel, delivery.address)
        if closed:
            delivery = rules.ended(delivery, State.SUPPRESSED, closed, now=delivery.created_at)
        row = delivery_row(delivery)
        columns = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        new = self.database.row(
            f"INSERT INTO deliveries ({columns}) VALUES ({values}) "  # noqa: S608 - own names
            "ON CONFLICT (dedupe_key) DO NOTHING RETURNING number",
            row,
        )
        if new is None:
            return 0
        for picture in delivery.pictures:
            self.database.execute(_ATTACH, (new["number"], picture.name, picture.png))
        return int(new["number"])

    def _held(self, delivery: Delivery) -> Delivery | None:
        """Return a delivery as it stands, None when its claimer has lost it."""
        row = self.database.row(
            "SELECT * FROM deliveries WHERE number = ? AND state = 'sending' AND lease_owner = ?",
            (delivery.number, delivery.lease_owner),
        )
        return delivery_from_row(row) if row else None

    def _heed(self, after: Delivery, error: DeliveryError, now: datetime) -> tuple[Delivery, ...]:
        channel, address = after.channel, after.address
        if error.moved_to:
            self.redirect(channel, address, error.moved_to)
            return (replace(after, address=error.moved_to),)
        if error.address_gone:
            return (after, *self.close_address(channel, address, reason=after.reason, now=now))
        if rest := rules.resting(error, now=now):
            park_address(self.database, channel, address, until=rest, now=now)
        return (after,)
