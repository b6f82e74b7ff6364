"""A message as it is handed to a channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alerts.messages import Message, Picture


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message on its way to one address.

    Attributes:
        delivery: number of the delivery, by which a repeat is known.
        address: chat id or mail address.
        may_repeat: an earlier attempt may have arrived; the text must begin by saying so.
        is_silent: without a sound, where the channel knows such a thing.
        answers: what the channel said of an earlier message that this one belongs to.
        headers: what a mail needs besides, such as how to unsubscribe.
        parts_sent: of a message that goes in parts, those that arrived before: they are left out.
        on_part: to be called after each part but the last, with what the channel called it.
    """

    delivery: int
    address: str
    message: Message
    pictures: Sequence[Picture] = ()
    may_repeat: bool = False
    is_silent: bool = False
    answers: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    parts_sent: int = 0
    on_part: Callable[[str], None] = field(default=lambda _: None, compare=False)
