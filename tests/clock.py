"""The moment of a test, which is chosen, and from which its clock runs on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

ORDINARY = datetime(2026, 11, 26, 10, tzinfo=UTC)
"""A Thursday morning: in no time zone is a weekly report due, nor could a late one still come."""


@dataclass(frozen=True)
class Running:
    """A clock that begins at a moment and runs on with the steady clock of the machine.

    All processes share that clock, so one that is told `words` has the very same time.
    """

    begin: datetime = ORDINARY
    since: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return self.begin + timedelta(seconds=time.monotonic() - self.since)

    @property
    def words(self) -> str:
        return f"{self.begin.isoformat()} {self.since!r}"

    @classmethod
    def told(cls, words: str) -> Running:
        begin, since = words.split()
        return cls(datetime.fromisoformat(begin), float(since))
