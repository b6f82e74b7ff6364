"""Providers that are left alone for a while, because asking again cannot help.

A refused key, a payment wall or a spent quota costs a credit at every try, and so do an outage and
replies that cannot be read. The pause is kept in the database, so that a restart does not forget
it, and is told once, not at every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from portfolios.errors import (
    CredentialError,
    ProviderError,
    QuotaSpentError,
    ReplyError,
    UnreachableError,
)
from portfolios.store.database import Database
from portfolios.values.canonical import read_utc, utc_text

_PAUSE = """
INSERT INTO pauses (provider, endpoint, cause, reason, since, until)
VALUES (:provider, :endpoint, :cause, :reason, :since, :until)
ON CONFLICT (provider, endpoint) DO UPDATE SET cause = excluded.cause, reason = excluded.reason,
    since = excluded.since, until = excluded.until
"""


class Cause(StrEnum):
    """Why a provider is left alone."""

    CREDENTIAL = "credential"
    QUOTA = "quota"
    OUTAGE = "outage"
    REPLY = "reply"


FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(hours=2)
"""After a fault that may pass at any moment; twice as long after each further one."""
ERRORS: Mapping[str, type[ProviderError]] = MappingProxyType(
    {
        Cause.CREDENTIAL: CredentialError,
        Cause.QUOTA: QuotaSpentError,
        Cause.OUTAGE: UnreachableError,
        Cause.REPLY: ReplyError,
    }
)


def pause(
    database: Database,
    provider: str,
    cause: Cause,
    *,
    reason: str,
    since: datetime,
    until: datetime,
    endpoint: str = "",
) -> bool:
    """Leave a provider, or one of its endpoints, alone until a moment.

    Returns:
        True when that is news, False while an earlier pause for the same cause still lasted.
    """
    with database.transaction():
        known = _pause_at(database, provider, endpoint, since)
        if known and known["cause"] == cause.value:
            return False
        database.execute(
            _PAUSE,
            {
                "provider": provider,
                "endpoint": endpoint,
                "cause": cause.value,
                "reason": reason,
                "since": utc_text(since),
                "until": utc_text(until),
            },
        )
    return True


def next_pause(database: Database, provider: str, *, endpoint: str = "") -> timedelta:
    """Return how long to leave a provider alone after a fault: it grows until it answers again."""
    row = _row(database, provider, endpoint)
    if row is None or row["cause"] not in (Cause.OUTAGE, Cause.REPLY):
        return FIRST_PAUSE
    last = read_utc(row["until"]) - read_utc(row["since"])
    return min(2 * last, LONGEST_PAUSE)


def resume(database: Database, provider: str, *, endpoint: str = "") -> None:
    """Ask a provider again: it has just answered, or its key is a new one."""
    with database.transaction():
        database.execute(
            "DELETE FROM pauses WHERE provider = ? AND endpoint = ?", (provider, endpoint)
        )


def refuse_while_paused(database: Database, provider: str, endpoint: str, *, now: datetime) -> None:
    """Raise what caused the pause that is in force.

    Raises:
        CredentialError, QuotaSpentError, UnreachableError, ReplyError: by the cause.
    """
    known = _pause_at(database, provider, "", now) or _pause_at(database, provider, endpoint, now)
    if known is None:
        return
    hint = f"it is asked again after {known['until']}, or when you run `refresh` yourself"
    raise ERRORS[known["cause"]](known["reason"], provider=provider, hint=hint)


def _pause_at(
    database: Database, provider: str, endpoint: str, now: datetime
) -> dict[str, str] | None:
    row = _row(database, provider, endpoint)
    # A pause that begins later than now was written before somebody set the clock back.
    if row is None or not read_utc(row["since"]) <= now < read_utc(row["until"]):
        return None
    return row


def _row(database: Database, provider: str, endpoint: str) -> dict[str, str] | None:
    return database.row(
        "SELECT * FROM pauses WHERE provider = ? AND endpoint = ?", (provider, endpoint)
    )
