"""Somebody's phone: writes to the bot, presses its buttons, sends files, and reads what comes."""

from __future__ import annotations

from itertools import count
from typing import Any

from portfolios.values.time import Clock
from tests.clock import Running
from tests.standins.telegram import Sent, TelegramStandin

WORKING = "Working on it…"
_NUMBERS = count(9000)


class Phone:
    """One person in one chat; by default the private chat between them and the bot."""

    def __init__(
        self,
        bot: TelegramStandin,
        user: int,
        *,
        chat: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.bot, self.clock = bot, clock or Running()
        self.person = {"id": user, "is_bot": False, "first_name": "Ann"}
        where = user if chat is None else chat
        self.chat = {"id": where, "type": "private" if where == user else "group", "title": "We"}

    def write(self, text: str, **more: Any) -> int:
        """Send a command without waiting; returns the number of the update."""
        return self.bot.push(message=self.message(text, **more))

    def message(self, text: str, **more: Any) -> dict[str, Any]:
        command = text.split()[0] if text.startswith("/") else ""
        entities = [{"type": "bot_command", "offset": 0, "length": len(command)}] if command else []
        return {
            "message_id": next(_NUMBERS), "date": self._date, "chat": self.chat,
            "from": self.person, "text": text, "entities": entities, **more,
        }  # fmt: skip

    def say(self, text: str) -> str:
        """Send a command and return the answer."""
        seen = len(self.bot.sent)
        self.write(text)
        return self._answer(seen)

    def send_file(self, name: str, content: bytes, caption: str = "") -> str:
        """Send a file and return the answer."""
        seen = len(self.bot.sent)
        document = self.bot.upload(name, content)
        told = {"caption": caption} if caption else {}
        message = self.message("")
        self.bot.push(message={**message, "document": document, **told, "text": None})
        return self._answer(seen)

    def tap(self, label: str, shown: Sent | None = None) -> int:
        """Press the newest button of this label without waiting; returns the update's number."""
        shown = shown or self._showing(label)
        data = next(b["callback_data"] for row in shown.buttons for b in row if b["text"] == label)
        return self.tap_data(data, shown.message_id)

    def tap_data(self, data: str, message_id: int) -> int:
        message = {"message_id": message_id, "date": self._date, "chat": self.chat,
                   "from": self.person, "text": "x"}  # fmt: skip
        return self.bot.push(
            callback_query={
                "id": f"q{next(_NUMBERS)}", "from": self.person, "chat_instance": "1",
                "data": data, "message": message,
            }
        )  # fmt: skip

    def press(self, label: str) -> str:
        """Press the newest button of this label and return the message that it leads to."""
        seen = len(self.bot.sent)
        self.tap(label)
        return self._answer(seen)

    def press_in_place(self, label: str) -> str:
        """Press a button whose answer takes the place of its message; returns the new text."""
        shown = self._showing(label)
        before = shown.text, shown.buttons
        self.tap(label, shown)
        self.bot.wait_until(lambda: (shown.text, shown.buttons) != before)
        return shown.text

    def notice(self, label: str) -> str:
        """Press a button and return what is shown over the chat."""
        seen = len(self.notices)
        self.tap(label)
        self.bot.wait_until(lambda: len(self.notices) > seen)
        return self.notices[-1]

    @property
    def notices(self) -> list[str]:
        return [str(a.get("text", "")) for a in list(self.bot.answered)
                if a["method"] == "answerCallbackQuery"]  # fmt: skip

    @property
    def mine(self) -> list[Sent]:
        return [sent for sent in list(self.bot.sent) if sent.chat == self.chat["id"]]

    @property
    def _date(self) -> int:
        return int(self.clock().timestamp())

    def _showing(self, label: str) -> Sent:
        return next(
            sent
            for sent in reversed(self.mine)
            if any(button["text"] == label for row in sent.buttons for button in row)
        )

    def _answer(self, seen: int) -> str:
        def fresh() -> list[Sent]:
            here = (s for s in self.bot.sent[seen:] if s.chat == self.chat["id"])
            return [s for s in here if s.method == "sendMessage"]

        self.bot.wait_until(lambda: bool(fresh()) and fresh()[-1].text != WORKING)
        return fresh()[-1].text
