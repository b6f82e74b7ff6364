"""Where an answer goes: a chat, and in a forum the topic in which it was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from telegram import Chat, MaybeInaccessibleMessage, Message


@dataclass(frozen=True, slots=True)
class Destination:
    """A chat, with the number of a topic; None outside forums and in their general topic."""

    chat: Chat
    topic: int | None = None

    @classmethod
    def of(cls, message: MaybeInaccessibleMessage) -> Destination:
        """Return where a message stands."""
        # Outside forums an answer to a message bears the number of a thread that takes nothing.
        if isinstance(message, Message) and message.is_topic_message:
            return cls(message.chat, message.message_thread_id)
        return cls(message.chat)

    @property
    def send_message(self) -> Any:
        """Sends a text here."""
        return partial(self.chat.send_message, message_thread_id=self.topic)

    @property
    def send_photo(self) -> Any:
        """Sends a picture here."""
        return partial(self.chat.send_photo, message_thread_id=self.topic)

    @property
    def send_document(self) -> Any:
        """Sends a file here."""
        return partial(self.chat.send_document, message_thread_id=self.topic)
