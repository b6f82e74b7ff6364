"""The bot's application in this process, and updates of every origin to hand to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from types import MappingProxyType
from typing import Any

from telegram import Update
from telegram.ext import Application

from rebalancer.bot.dispatcher import Dispatcher
from rebalancer.bot.transport.application import application
from tests.standins.telegram import TOKEN, TelegramStandin

_NUMBERS = count(1)
ANONYMOUS_ADMIN = 1087968824


@asynccontextmanager
async def wired(server: TelegramStandin, dispatcher: Dispatcher) -> AsyncIterator[Application]:  # type: ignore[type-arg]
    """Yield the application, which hears what it is given and answers through the stand-in."""
    made = application(TOKEN, base_url=server.base_url, dispatcher=dispatcher)
    await made.initialize()
    try:
        yield made
    finally:
        await made.shutdown()


def updated(made: Application, raw: Mapping[str, Any]) -> Update:  # type: ignore[type-arg]
    """Return an update of a number of its own."""
    return Update.de_json({"update_id": next(_NUMBERS), **raw}, made.bot)


async def hear(made: Application, raw: Mapping[str, Any]) -> None:  # type: ignore[type-arg]
    """Hand one update to every handler, as if it had just been fetched."""
    await made.process_update(updated(made, raw))


def person(user: int) -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": "Somebody"}


def private(user: int) -> dict[str, Any]:
    return {"id": user, "type": "private", "first_name": "Somebody"}


def group(chat: int) -> dict[str, Any]:
    return {"id": chat, "type": "supergroup", "title": "We"}


def message(
    text: str, *, at: datetime, chat: Mapping[str, Any], sender: int | None, **more: Any
) -> dict[str, Any]:
    length = len(text.split()[0]) if text.startswith("/") else 0
    entities = [{"type": "bot_command", "offset": 0, "length": length}] if length else []
    known = {} if sender is None else {"from": person(sender)}
    return {
        "message_id": next(_NUMBERS), "date": int(at.timestamp()), "chat": dict(chat),
        "text": text, "entities": entities, **known, **more,
    }  # fmt: skip


def callback(
    data: str, *, sender: int, at: datetime, chat: Mapping[str, Any], message_id: int = 1
) -> dict[str, Any]:
    shown = {
        "message_id": message_id, "date": int(at.timestamp()), "chat": dict(chat), "text": "x",
    }  # fmt: skip
    return {
        "callback_query": {
            "id": f"q{next(_NUMBERS)}", "from": person(sender), "chat_instance": "1",
            "data": data, "message": shown,
        }
    }  # fmt: skip


NOTHING: Mapping[str, Any] = MappingProxyType({})
