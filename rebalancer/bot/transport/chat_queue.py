"""Many chats at once, and one thing after the other in each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor

AT_ONCE = 1_000
"""Updates that wait or are worked on; what is beyond waits with Telegram."""


@dataclass
class _Line:
    """Those who wait in one chat."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class OnePerChat(BaseUpdateProcessor):
    """Works on the updates of one chat in the order in which they came."""

    def __init__(self) -> None:
        super().__init__(max_concurrent_updates=AT_ONCE)
        self._lines: dict[int, _Line] = {}

    async def initialize(self) -> None:
        """Nothing is needed before the first update."""

    async def shutdown(self) -> None:
        """Nothing is left after the last."""

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait until what came before in the same chat is done, then work on an update."""
        chat = update.effective_chat if isinstance(update, Update) else None
        line = self._lines.setdefault(chat.id if chat else 0, _Line())
        line.waiting += 1
        try:
            async with line.lock:
                await coroutine
        finally:
            line.waiting -= 1
            if not line.waiting:
                self._lines.pop(chat.id if chat else 0, None)
