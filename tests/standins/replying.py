"""What a stand-in answers, and the account it keeps of being asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    kind = {"content-type": "application/json; charset=utf-8"}
    return Reply(status, json.dumps(value).encode(), {**kind, **(headers or {})})


@dataclass(frozen=True)
class Asked:
    """One call that was made."""

    provider: str
    endpoint: str
    query: Mapping[str, str]
    status: int
    at: datetime


@dataclass
class Pace:
    """Counts calls within a minute and a month of the made-up clock."""

    per_minute: int | None = None
    per_month: int | None = None
    calls: list[datetime] = field(default_factory=list)
    spent: int = 0

    def refusal(self, now: datetime) -> str:
        """Return which limit a call now would break; empty when none."""
        minute = [at for at in self.calls if now - at < timedelta(minutes=1)]
        if self.per_month is not None and self.spent >= self.per_month:
            return "month"
        if self.per_minute is not None and len(minute) >= self.per_minute:
            return "minute"
        return ""

    def count(self, now: datetime) -> None:
        self.calls = [at for at in self.calls if now - at < timedelta(minutes=1)] + [now]
        self.spent += 1
