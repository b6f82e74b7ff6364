"""The bot on the wire: updates in, answers out, one after the other in each chat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    MessageHandler,
    filters,
)
from telegram.request import HTTPXRequest

from alerts.messages import Button, Message
from alerts.render.telegram import plain_parts, telegram_parts
from rebalancer.bot.office import Heard, Office
from rebalancer.bot.registry import COMMANDS

log = logging.getLogger(__name__)

LISTENS_TO = [Update.MESSAGE, Update.CALLBACK_QUERY]
LONGEST_NOTICE = 200


def application(token: str, *, base_url: str, office: Office) -> Application:  # type: ignore[type-arg]
    """Return the bot, ready to run.

    Args:
        token: never shown.
        base_url: of the service, ending in `/bot`.
        office: what answers.
    """

    def request() -> HTTPXRequest:
        return HTTPXRequest(read_timeout=30.0, httpx_kwargs={"trust_env": False})

    made = (
        ApplicationBuilder()
        .token(token)
        .base_url(base_url)
        .request(request())
        .get_updates_request(request())
        .post_init(_introduce)
        .build()
    )
    # New messages only: an edited one, a channel's post or a guest's query is nobody's command.
    commands = filters.COMMAND & filters.UpdateType.MESSAGE
    made.add_handler(MessageHandler(commands, _Messages(office)))
    made.add_handler(CallbackQueryHandler(_Buttons(office)))
    made.add_error_handler(_failed)
    return made


class _Messages:
    def __init__(self, office: Office) -> None:
        self._office = office

    async def __call__(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None or message.text is None:
            return
        answer = await asyncio.to_thread(self._office.answer, _heard(update, message.text))
        if answer is not None and update.effective_chat is not None:
            await _say(update, answer)


class _Buttons:
    def __init__(self, office: Office) -> None:
        self._office = office

    async def __call__(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        if query is None:
            return
        pressed = await asyncio.to_thread(self._office.press, _heard(update, query.data or ""))
        await query.answer(pressed.text[:LONGEST_NOTICE] or None)
        if pressed.is_done:
            await _take_buttons_away(update)
        if pressed.message is not None:
            await _say(update, pressed.message)
        elif pressed.text and pressed.is_done and update.effective_chat is not None:
            await update.effective_chat.send_message(pressed.text)


def _heard(update: Update, text: str) -> Heard:
    user, chat = update.effective_user, update.effective_chat
    return Heard(
        number=update.update_id,
        user=user.id if user else 0,
        chat=chat.id if chat else 0,
        is_private=chat is not None and chat.type == "private",
        text=text,
    )


async def _say(update: Update, answer: Message) -> None:
    chat = update.effective_chat
    if chat is None:
        return
    parts = telegram_parts(answer)
    keyboard = _keyboard(answer.buttons)
    try:
        for number, part in enumerate(parts):
            await chat.send_message(
                part,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard if number == len(parts) - 1 else None,
            )
    except BadRequest:
        for part in plain_parts(answer):
            await chat.send_message(part, reply_markup=keyboard)


async def _take_buttons_away(update: Update) -> None:
    query = update.callback_query
    if query is None:
        return
    try:
        await query.edit_message_reply_markup(reply_markup=None)
    except BadRequest:
        log.debug("the buttons were gone already")


async def _introduce(made: Application) -> None:  # type: ignore[type-arg]
    """Put every command into the menu."""
    await made.bot.set_my_commands([BotCommand(c.name, c.help) for c in COMMANDS.values()])


async def _failed(_: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Note a failure of the wire by its kind; its text may hold the address, and so the token."""
    error = context.error
    kind = type(error).__name__
    level = logging.INFO if isinstance(error, TelegramError) else logging.ERROR
    log.log(level, "telegram: %s", kind)


def _keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.label, callback_data=b.payload) for b in row] for row in rows]
    )
