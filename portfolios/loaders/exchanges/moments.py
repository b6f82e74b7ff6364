"""Moments as exports write them, as far as one must be told from another."""

from __future__ import annotations

from datetime import UTC, datetime

from portfolios.loaders.suggestions import shown

_MILLISECONDS = 100_000_000_000


def moment_of(text: str) -> datetime:
    """Read an ISO date and time, or seconds or milliseconds since 1970.

    >>> moment_of("1700000000") == moment_of("1700000000000") == moment_of("2023-11-14T22:13:20Z")
    True

    Raises:
        ValueError: with a sentence that begins with the value.
    """
    try:
        if text.isascii() and text.isdigit() and len(text) <= 14:
            seconds = int(text) // 1000 if int(text) > _MILLISECONDS else int(text)
            return datetime.fromtimestamp(seconds, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{shown(text)} is not a moment; write it as 2027-03-01 09:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
