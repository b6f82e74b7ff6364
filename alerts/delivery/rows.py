"""Deliveries as rows of the database, and back.

What is searched or changed on its own is a column; the message is one document. Moments are
written with six decimals always, so that their text sorts as time does.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from alerts.delivery.delivery import Delivery, State
from alerts.messages import Message, Promise, with_tuples
from portfolios.documents.codec import from_json, to_json
from portfolios.errors import StoreError
from portfolios.store.database import Row
from portfolios.store.sqlite_file import RESTORE
from portfolios.values.canonical import read_utc

CHANGING = (
    "state", "attempts", "copies", "not_before", "lease_owner", "lease_until", "begun_at",
    "receipt", "reason", "ended_at", "parts",
)  # fmt: skip
"""Columns that change while a delivery is on its way."""


def moment(when: datetime) -> str:
    """Write an aware moment so that its text sorts.

    >>> moment(datetime(2026, 11, 22, 9, tzinfo=UTC))
    '2026-11-22T09:00:00.000000Z'
    """
    if when.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def delivery_row(delivery: Delivery) -> Row:
    """Return what a delivery is from the start."""
    return {
        "dedupe_key": delivery.dedupe_key,
        "person": delivery.person,
        "channel": delivery.channel,
        "address": delivery.address,
        "kind": delivery.message.kind.value,
        "portfolio": delivery.message.portfolio,
        "promise": delivery.promise.value,
        "document": json.dumps(to_json(with_tuples(delivery.message)), ensure_ascii=False),
        "headers": json.dumps(dict(delivery.headers), ensure_ascii=False),
        "answers": delivery.answers,
        "is_silent": int(delivery.is_silent),
        "place": moment(max(delivery.created_at, delivery.not_before)),
        "expires_at": moment(delivery.expires_at),
        "created_at": moment(delivery.created_at),
        "written_at": moment(delivery.created_at),
        **changing_row(delivery),
    }


def changing_row(delivery: Delivery) -> Row:
    """Return what changes on a delivery's way."""
    values = ((name, getattr(delivery, name)) for name in CHANGING)
    return {name: moment(v) if isinstance(v, datetime) else v for name, v in values} | {
        "state": delivery.state.value
    }


def delivery_from_row(row: Row) -> Delivery:
    """Read a delivery, without its pictures."""
    try:
        message = from_json(Message, json.loads(row["document"]))
    except ValueError as error:
        raise StoreError(
            f"the stored message {row['number']} cannot be read",
            hint=f"install the newest version; if it is the newest, {RESTORE}",
        ) from error
    return Delivery(
        dedupe_key=row["dedupe_key"],
        person=row["person"],
        channel=row["channel"],
        address=row["address"],
        message=message,
        promise=Promise(row["promise"]),
        created_at=read_utc(row["created_at"]),
        not_before=read_utc(row["not_before"]),
        expires_at=read_utc(row["expires_at"]),
        is_silent=bool(row["is_silent"]),
        headers=json.loads(row["headers"]),
        answers=row["answers"],
        number=row["number"],
        state=State(row["state"]),
        attempts=row["attempts"],
        copies=row["copies"],
        lease_owner=row["lease_owner"],
        lease_until=_read(row["lease_until"]),
        begun_at=_read(row["begun_at"]),
        receipt=row["receipt"],
        reason=row["reason"],
        ended_at=_read(row["ended_at"]),
        parts=row["parts"],
    )


def _read(text: str | None) -> datetime | None:
    return None if text is None else read_utc(text)
