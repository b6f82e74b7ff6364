"""The bot on the wire: updates in, answers out, one after the other in each chat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    CallbackQuery,
    Document,
    LinkPreviewOptions,
    Message,
    Update,
)
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    Defaults,
    MessageHandler,
    filters,
)
from telegram.request import HTTPXRequest

from alerts.render.clean import BREAK
from portfolios.providers.http.transport import certificates
from rebalancer.bot.access import Incoming
from rebalancer.bot.dispatcher import FILES, Dispatcher
from rebalancer.bot.reply import Command, Reply
from rebalancer.bot.request import File
from rebalancer.bot.transport.chat_queue import OnePerChat
from rebalancer.bot.transport.destination import Destination
from rebalancer.bot.transport.progress import ProgressNote
from rebalancer.bot.transport.sending import WIRE, notify, patiently, say, take_buttons_away

log = logging.getLogger(__name__)

LISTENS_TO = [Update.MESSAGE, Update.CALLBACK_QUERY]
CONNECTIONS = 64
NOT_FETCHED = "Telegram did not hand the file over: send it again"
LARGEST_FILE = 4_000_000
WORKING = "Working on it…"
MENU = "menu"
"""Where the application keeps the commands for the menus."""


def application(token: str, *, base_url: str, dispatcher: Dispatcher) -> Application:  # type: ignore[type-arg]
    """Return the bot, ready to run.

    Args:
        token: never shown.
        base_url: of the service, ending in `/bot`.
        dispatcher: what answers.
    """
    made = (
        ApplicationBuilder()
        .token(token)
        .base_url(base_url)
        .base_file_url(f"{base_url.removesuffix('/bot')}/file/bot")
        .request(_request(CONNECTIONS))
        .get_updates_request(_request(1))
        .defaults(Defaults(link_preview_options=LinkPreviewOptions(is_disabled=True)))
        .concurrent_updates(OnePerChat())
        .post_init(introduce)
        .build()
    )
    made.bot_data[MENU] = tuple(dispatcher.commands.values())
    # New messages only: an edited one, a channel's post or a guest's query is nobody's command.
    fresh = filters.UpdateType.MESSAGE
    words = filters.TEXT & (filters.COMMAND | filters.ChatType.PRIVATE)
    made.add_handler(MessageHandler(words & fresh, _Commands(dispatcher)))
    made.add_handler(MessageHandler(filters.Document.ALL & fresh, _FileUpdates(dispatcher)))
    made.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE & fresh, _Moves(dispatcher)))
    made.add_handler(CallbackQueryHandler(_Buttons(dispatcher)))
    made.add_error_handler(_failed)
    return made


def _request(connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        read_timeout=30.0,
        pool_timeout=30.0,
        httpx_kwargs={"trust_env": False, "verify": certificates()},
    )


class _Commands:
    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def __call__(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None or message.text is None:
            return
        if _is_for(message.text, context.bot.username):
            await _answered(self._dispatcher, update, _heard(update, message.text))


def _is_for(text: str, bot: str) -> bool:
    """Tell whether a command is ours: in a group `/help@another` is another bot's."""
    _, at, name = (text.split() or [""])[0].partition("@")
    return not at or name.lower() == bot.lower()


class _FileUpdates:
    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def __call__(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None or message.document is None:
            return
        caption = message.caption or ""
        incoming = _heard(update, caption if caption.startswith("/") else f"/{FILES} {caption}")
        if not await asyncio.to_thread(self._dispatcher.takes_files, incoming):
            if incoming.is_private:  # they are told why, and the file is not even fetched
                await _answered(self._dispatcher, update, incoming)
            return
        try:
            file = await _fetched(message.document)
        except WIRE:
            await patiently(partial(Destination.of(message).send_message, NOT_FETCHED))
            raise
        await _answered(self._dispatcher, update, replace(incoming, file=file))


class _Moves:
    """Follows a group that becomes a supergroup, and so gets another number."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def __call__(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None:
            return
        # Both chats say it, each in its own words.
        old = message.migrate_from_chat_id or message.chat.id
        new = message.migrate_to_chat_id or message.chat.id
        await asyncio.to_thread(self._dispatcher.follow, old, new)


async def _fetched(document: Document) -> File:
    """Return a file that came with a message; one that is too large comes empty."""
    name = document.file_name or "portfolio"
    if (document.file_size or 0) > LARGEST_FILE:
        return File(name, b"")
    file = await patiently(document.get_file)
    return File(name, bytes(await file.download_as_bytearray()))


async def _answered(dispatcher: Dispatcher, update: Update, incoming: Incoming) -> None:
    """Answer a command; work that takes long is announced, and the answer takes its place."""
    message = update.effective_message
    if message is None:
        return
    to = Destination.of(message)
    announced = ProgressNote(lambda: patiently(partial(to.send_message, WORKING)))
    reply = await asyncio.to_thread(dispatcher.answer, incoming, working=announced.begin)
    if reply is None:
        return
    word = await announced.sent()
    if word is not None and reply.message is None:
        await patiently(word.delete)
    await _delivered(dispatcher, incoming, reply, say(to, reply, instead=word))


async def _delivered(
    dispatcher: Dispatcher, incoming: Incoming, reply: Reply, saying: Coroutine[Any, Any, None]
) -> None:
    """Put an answer into its chat; what tells of a decision is kept where that fails."""
    try:
        await saying
    except WIRE:
        await asyncio.to_thread(dispatcher.owe, incoming, reply)
        raise
    await asyncio.to_thread(dispatcher.answered, incoming)


class _Buttons:
    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def __call__(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        if query is None:
            return
        incoming, reply = _heard(update, query.data or ""), Reply()
        # Answered early where the work takes long, so that the button does not turn meanwhile.
        announced = ProgressNote(lambda: notify(query, WORKING))
        try:
            reply = await asyncio.to_thread(
                self._dispatcher.press, incoming, working=announced.begin
            )
        finally:
            await announced.sent()
            if not announced.is_begun:
                await notify(query, reply.notice)
        await _delivered(self._dispatcher, incoming, reply, _show(query, reply))


async def _show(query: CallbackQuery, reply: Reply) -> None:
    """Do to the chat what a press led to."""
    if reply.is_done:
        await take_buttons_away(query)
    pressed = query.message
    if pressed is None:
        return  # a press from an inline answer, which the bot never gives
    to = Destination.of(pressed)
    if reply.message is None and reply.notice and reply.is_done:
        await patiently(partial(to.send_message, reply.notice))
    # One that is too old cannot be written over.
    old = pressed if reply.replaces and isinstance(pressed, Message) else None
    await say(to, reply, instead=old)


def _heard(update: Update, text: str) -> Incoming:
    user, chat, message = update.effective_user, update.effective_chat, update.message
    return Incoming(
        number=update.update_id,
        user=user.id if user and not (message and message.sender_chat) else 0,
        chat=chat.id if chat else 0,
        is_private=chat is not None and chat.type == "private",
        text=text.replace(BREAK, ""),  # copied from a message of ours
        sent_at=message.date if message else None,
    )


async def introduce(made: Application) -> None:  # type: ignore[type-arg]
    """Put the commands into the menus: all of them in private chats, those that look in groups."""
    every: tuple[Command, ...] = made.bot_data[MENU]
    menus: tuple[tuple[BotCommandScope, tuple[Command, ...]], ...] = (
        (BotCommandScopeAllPrivateChats(), every),
        (BotCommandScopeAllGroupChats(), tuple(c for c in every if c.in_groups)),
    )
    for scope, commands in menus:
        menu = [BotCommand(command.name, command.help) for command in commands]
        await patiently(partial(made.bot.set_my_commands, menu, scope=scope))


async def _failed(_: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Note a failure of the wire by its kind; its text may hold the address, and so the token."""
    error = context.error
    kind = type(error).__name__
    level = logging.INFO if isinstance(error, TelegramError) else logging.ERROR
    log.log(level, "telegram: %s", kind)
