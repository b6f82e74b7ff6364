"""What only one process should do at a time, held for a while and renewed while it lasts.

A process that dies gives nothing back, so a lease ends by itself; one that lives renews it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from portfolios.store.database import Database
from portfolios.values.canonical import read_utc, utc_text

LENGTH = timedelta(minutes=5)
"""Longer than any wait between two renewals."""
_TAKE = "INSERT OR REPLACE INTO leases (name, owner, until) VALUES (?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Lease:
    """A task that a process holds.

    Attributes:
        name: of the task.
        owner: of the lease; no two processes, or runs of one, share it.
        length: after which it ends unless it is renewed; the same for all who want the task.
    """

    database: Database
    name: str
    owner: str
    length: timedelta = LENGTH

    def take(self, now: datetime) -> bool:
        """Take or renew the lease; False while another owner holds it."""
        with self.database.transaction():
            held = self.database.row("SELECT * FROM leases WHERE name = ?", (self.name,))
            if held and held["owner"] != self.owner and not self._is_over(held["until"], now):
                return False
            self.database.execute(_TAKE, (self.name, self.owner, utc_text(now + self.length)))
        return True

    def give_back(self) -> None:
        """End the lease, if it is still ours."""
        with self.database.transaction():
            self.database.execute(
                "DELETE FROM leases WHERE name = ? AND owner = ?", (self.name, self.owner)
            )

    def _is_over(self, until: str, now: datetime) -> bool:
        # One that ends later than any lease can was taken before somebody set the clock back.
        return not now < read_utc(until) <= now + self.length


@contextmanager
def holding(lease: Lease, now: datetime) -> Iterator[bool]:
    """Hold a lease for the block; yields False where another owner has it."""
    if not lease.take(now):
        yield False
        return
    try:
        yield True
    finally:
        lease.give_back()
