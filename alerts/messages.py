"""What is told to a person: facts in blocks, without markup, length or channel.

Every face of a message, whether Telegram, plain text or mail, is made from the same object, so no
two of them can state different figures. Only renderers know bold, escapes and lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from portfolios.model.plan import Zone

_T = TypeVar("_T")


class Kind(StrEnum):
    """What a message is about; people choose by kind what reaches them, and where."""

    ZONE_RED = "zone_red"
    ZONE_AMBER = "zone_amber"
    RULE = "rule"
    PROPOSAL = "proposal"
    SIGNAL = "signal"
    GRADE = "grade"
    DRIFT = "drift"
    UNLOCK = "unlock"
    DATA = "data"
    DECISION = "decision"
    WEEKLY = "weekly"
    CLEARED = "cleared"
    DIGEST = "digest"
    TEST = "test"
    ANSWER = "answer"


class Promise(StrEnum):
    """What is promised when it is unknown whether a message arrived.

    `MUST` is sent a second time and says so; `ONCE` is sent again under the same identity, by
    which the receiver drops the copy; `ACTION` may come twice because its buttons work once;
    `LOW` is never repeated.
    """

    MUST = "must"
    ONCE = "once"
    ACTION = "action"
    LOW = "low"


class Style(StrEnum):
    """How a block is set."""

    HEADING = "heading"
    TEXT = "text"
    BULLETS = "bullets"
    TABLE = "table"
    NOTE = "note"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a message; which fields count depends on the style.

    Attributes:
        text: of a heading, a text or a note; of a picture, the finding it shows.
        items: of bullets.
        columns: headings of a table; one that ends in `>` is set to the right.
        rows: of a table, each as long as `columns`.
        picture: name of the picture among the attachments.
    """

    style: Style
    text: str = ""
    items: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """Something a person can press; the payload is at most 64 bytes and names, never contains."""

    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell one person.

    Attributes:
        kind: decides the routing.
        key: names the cause; the same cause is told once a channel.
        headline: the whole story in one line, without a colour.
        as_of: the moment the facts describe, aware UTC.
        portfolio: its name; empty for messages about the installation.
        zone: shown as a sign before the headline; None where no zone is meant.
        blocks: the facts, in order.
        buttons: rows of buttons, for channels that have them.
        subject: of a mail; the headline where empty.
    """

    kind: Kind
    key: str
    headline: str
    as_of: datetime
    portfolio: str = ""
    zone: Zone | None = None
    blocks: Sequence[Block] = ()
    buttons: Sequence[Sequence[Button]] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that travels with a message; PNG bytes."""

    name: str
    png: bytes


def with_tuples(message: Message) -> Message:
    """Return the same message in the form in which it is read back."""
    return replace(
        message,
        blocks=tuple(_block(block) for block in message.blocks),
        buttons=_tuples(message.buttons),
    )


def _block(block: Block) -> Block:
    return replace(
        block, items=tuple(block.items), columns=tuple(block.columns), rows=_tuples(block.rows)
    )


def _tuples(rows: Sequence[Sequence[_T]]) -> tuple[tuple[_T, ...], ...]:
    return tuple(tuple(row) for row in rows)
