"""Puts a reply into a chat: a new message or in place of an old one, pictures, files, patience."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import httpx
from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, InputFile
from telegram import Message as Sent
from telegram.constants import ParseMode
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from alerts.channels.telegram.channel import seconds_asked
from alerts.messages import Button, Message
from alerts.render.telegram import plain_parts, telegram_parts
from rebalancer.bot.reply import Reply
from rebalancer.bot.transport.destination import Destination

log = logging.getLogger(__name__)

T = TypeVar("T")
LONGEST_WAIT = 60.0
MOST_TRIES = 4
LONGEST_NOTICE = 200
UNCHANGED = "message is not modified"
WIRE = (TelegramError, KeyError)
"""What goes wrong on the wire; an answer without a result is a bare KeyError of the library."""
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


async def say(to: Destination, reply: Reply, *, instead: Sent | None = None) -> None:
    """Send a reply, its first part in place of a message where one is given."""
    if reply.message is not None:
        await _text(to, reply.message, instead)
    for picture, finding in await asyncio.to_thread(reply.every_picture):
        await patiently(partial(to.send_photo, picture.png, caption=finding))
    for document in reply.files:
        file = InputFile(document.content, filename=document.name)
        await patiently(partial(to.send_document, file))


async def _text(to: Destination, told: Message, instead: Sent | None) -> None:
    keyboard = keyboard_of(told.buttons)
    try:
        await _parts(to, telegram_parts(told), keyboard, ParseMode.HTML, instead)
    except BadRequest as error:
        if UNCHANGED in error.message.lower():
            return  # it says already what it would say
        log.warning("telegram refused a text; it goes without markup")
        await _parts(to, plain_parts(told), keyboard, None, None)


async def _parts(
    to: Destination,
    parts: Sequence[str],
    keyboard: InlineKeyboardMarkup | None,
    mode: ParseMode | None,
    instead: Sent | None,
) -> None:
    for number, part in enumerate(parts):
        put = instead.edit_text if instead and number == 0 else to.send_message
        buttons = keyboard if number == len(parts) - 1 else None
        await patiently(partial(put, part, parse_mode=mode, reply_markup=buttons))


async def notify(query: CallbackQuery, notice: str) -> None:
    """Answer a press over the chat; every press is answered, or its button turns for ever."""
    try:
        await patiently(lambda: query.answer(notice[:LONGEST_NOTICE] or None))
    except WIRE as error:
        # Too old, or lost: what the press led to is shown all the same.
        log.info("telegram: a press was not answered (%s)", type(error).__name__)


async def take_buttons_away(query: CallbackQuery) -> None:
    """Leave a message without its buttons."""
    try:
        await patiently(lambda: query.edit_message_reply_markup(reply_markup=None))
    except WIRE as error:
        log.info("telegram: buttons stay where they were (%s)", type(error).__name__)


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Call, and again where Telegram asks for a wait or was not reached; a lost answer is final."""
    for tries in range(1, MOST_TRIES):
        try:
            return await call()
        except RetryAfter as error:
            await asyncio.sleep(min(seconds_asked(error), LONGEST_WAIT))
        except BadRequest:
            raise
        except NetworkError as error:
            if not isinstance(error.__cause__, NEVER_SENT):
                raise
            await asyncio.sleep(tries)
    return await call()


def keyboard_of(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    """Return rows of buttons as Telegram takes them; None where there are none."""
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.label, callback_data=b.payload) for b in row] for row in rows]
    )
