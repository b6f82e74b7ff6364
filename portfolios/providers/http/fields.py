"""Single values of a provider's row, read with care: a value that cannot be read is None.

Providers send numbers as numbers or as text, leave them out, or send null; dates come with and
without a time. One odd value must not cost the whole reply; a field that is gone must, by name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from portfolios.errors import ReplyError

LONGEST_NUMBER, LONGEST_TEXT = 60, 200


def decimal(value: object) -> Decimal | None:
    """Return a finite number exactly as it was sent.

    >>> decimal("0.10"), decimal(3), decimal(True), decimal("1e99999"), decimal("")
    (Decimal('0.10'), Decimal('3'), None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        return None
    if isinstance(value, str) and (len(value) > LONGEST_NUMBER or not value.strip().isascii()):
        return None
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    # Beyond this nothing that a provider measures can lie, and floats cannot tell.
    return number if number.is_finite() and abs(number.adjusted()) < 100 else None


def number(value: object) -> float | None:
    """Return a finite number as a float."""
    found = decimal(value)
    return None if found is None else float(found)


def amount(value: object) -> float | None:
    """Return a positive amount."""
    found = number(value)
    return found if found is not None and found > 0 and math.isfinite(found) else None


def whole(value: object) -> int | None:
    """Return a whole number; a fraction is none.

    >>> whole(7), whole("7"), whole("7.5"), whole(True), whole(10**99) == 10**99, whole(10**100)
    (7, 7, None, None, True, None)
    """
    if type(value) is int and abs(value) < 10**100:
        return value  # as `decimal` would find; charts have thousands of moments
    found = decimal(value)
    return None if found is None or found != found.to_integral_value() else int(found)


def text(value: object) -> str:
    """Return a text on one line without control characters; empty for what is no text.

    No word of it begins like a command, which could be pressed where it is shown in a chat.

    >>> text(" Bit  coin "), text(None), text(7), text("send /approve")
    ('Bit coin', '', '', 'send approve')
    """
    if not isinstance(value, str):
        return ""
    shown = "".join(ch if ch.isprintable() else " " for ch in value[:LONGEST_TEXT])
    return " ".join(word.lstrip("/") or "/" for word in shown.split())


def moment(value: object) -> datetime | None:
    """Return a date or a moment in ISO form as an aware UTC moment; a date is its midnight.

    >>> moment("2026-11-20T10:00:12.345Z").isoformat(), moment("yesterday")
    ('2026-11-20T10:00:12.345000+00:00', None)
    """
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def with_fields(
    rows: Sequence[object], endpoint: str, needed: Iterable[str], *, provider: str
) -> list[Mapping[str, object]]:
    """Return rows that bear every needed field; its value may be null.

    Raises:
        ReplyError: naming the first field that a row lacks.
    """
    found: list[Mapping[str, object]] = []
    for row in rows:
        if not isinstance(row, Mapping):
            raise ReplyError(f"{provider} sent {endpoint} in another shape", provider=provider)
        missing = [name for name in needed if name not in row]
        if missing:
            raise ReplyError(f"{provider} sent {endpoint} without {missing[0]}", provider=provider)
        found.append(row)
    return found
