"""A word that long work has begun, asked for by the thread that does the work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from telegram.error import TelegramError

T = TypeVar("T")


class ProgressNote(Generic[T]):
    """Something to send once the work is known to be done, and to take long.

    Args:
        send: sends it.
    """

    def __init__(self, send: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[T] | None = None

    @property
    def is_begun(self) -> bool:
        """Tell whether the work was announced."""
        return self._task is not None

    def begin(self) -> None:
        """Send the word while the work goes on; called in the worker's thread."""
        self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._send())

    async def sent(self) -> T | None:
        """Return what sending led to; None where nothing was sent, or it could not be."""
        if self._task is None:
            return None
        try:
            return await self._task
        except (TelegramError, KeyError):
            return None
