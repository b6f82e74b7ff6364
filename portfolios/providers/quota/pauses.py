"""Providers that are left alone for a while, because asking again cannot help.

A refused key, a payment wall or a spent quota costs a credit at every try. The pause is kept in
the database, so that a restart does not forget it, and is told once, not at every run.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from portfolios.errors import CredentialError, QuotaSpentError
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


def resume(database: Database, provider: str, *, endpoint: str = "") -> None:
    """Ask a provider again: it has just answered, or its key is a new one."""
    with database.transaction():
        database.execute(
            "DELETE FROM pauses WHERE provider = ? AND endpoint = ?", (provider, endpoint)
        )


def refuse_while_paused(database: Database, provider: str, endpoint: str, *, now: datetime) -> None:
    """Raise what caused the pause that is in force.

    Raises:
        CredentialError, QuotaSpentError: by the cause.
    """
    known = _pause_at(database, provider, "", now) or _pause_at(database, provider, endpoint, now)
    if known is None:
        return
    hint = f"it is asked again after {known['until']}, or when you run `refresh` yourself"
    error = CredentialError if known["cause"] == Cause.CREDENTIAL.value else QuotaSpentError
    raise error(known["reason"], provider=provider, hint=hint)


def _pause_at(
    database: Database, provider: str, endpoint: str, now: datetime
) -> dict[str, str] | None:
    row = database.row(
        "SELECT * FROM pauses WHERE provider = ? AND endpoint = ?", (provider, endpoint)
    )
    # A pause that begins later than now was written before somebody set the clock back.
    if row is None or not read_utc(row["since"]) <= now < read_utc(row["until"]):
        return None
    return row
