"""Ways out: each channel renders a message in its own form and sends it to one address.

A channel raises only `DeliveryError`, whose fields say what the outbox should do next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

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
    """

    delivery: int
    address: str
    message: Message
    pictures: Sequence[Picture] = ()
    may_repeat: bool = False
    is_silent: bool = False
    answers: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Channel(Protocol):
    """A way out."""

    @property
    def name(self) -> str:
        """As people name it in their preferences."""

    def send(self, envelope: Envelope) -> str:
        """Send one message.

        Returns:
            What names the sent message at the other side, for a later edit or answer.

        Raises:
            DeliveryError: with what to do next.
        """
