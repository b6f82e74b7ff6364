"""The bot on the wire: updates in, answers out, one after the other in each chat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from telegram import BotCommand, Message, Update
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    MessageHandler,
    filters,
)
from telegram.request import HTTPXRequest

from rebalancer.bot.asking import Paper
from rebalancer.bot.gate import Heard
from rebalancer.bot.office import PAPERS, Office
from rebalancer.bot.queueing import OnePerChat
from rebalancer.bot.registry import COMMANDS
from rebalancer.bot.replying import Reply
from rebalancer.bot.saying import notify, patiently, say, take_buttons_away

log = logging.getLogger(__name__)

LISTENS_TO = [Update.MESSAGE, Update.CALLBACK_QUERY]
CONNECTIONS = 64
LARGEST_PAPER = 4_000_000
WORKING = "Working on it…"


def application(token: str, *, base_url: str, office: Office) -> Application:  # type: ignore[type-arg]
    """Return the bot, ready to run.

    Args:
        token: never shown.
        base_url: of the service, ending in `/bot`.
        office: what answers.
    """
    made = (
        ApplicationBuilder()
        .token(token)
        .base_url(base_url)
        .base_file_url(f"{base_url.removesuffix('/bot')}/file/bot")
        .request(_request(CONNECTIONS))
        .get_updates_request(_request(1))
        .concurrent_updates(OnePerChat())
        .post_init(introduce)
        .build()
    )
    # New messages only: an edited one, a channel's post or a guest's query is nobody's command.
    fresh = filters.UpdateType.MESSAGE
    made.add_handler(MessageHandler(filters.COMMAND & fresh, _Commands(office)))
    made.add_handler(MessageHandler(filters.Document.ALL & fresh, _Papers(office)))
    made.add_handler(CallbackQueryHandler(_Buttons(office)))
    made.add_error_handler(_failed)
    return made


def _request(connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        read_timeout=30.0,
        pool_timeout=30.0,
        httpx_kwargs={"trust_env": False},
    )


class _Commands:
    def __init__(self, office: Office) -> None:
        self._office = office

    async def __call__(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is not None and message.text is not None:
            await _answered(self._office, update, _heard(update, message.text))


class _Papers:
    def __init__(self, office: Office) -> None:
        self._office = office

    async def __call__(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None or message.document is None:
            return
        caption = message.caption or ""
        heard = _heard(update, caption if caption.startswith("/") else f"/{PAPERS} {caption}")
        if not await asyncio.to_thread(self._office.takes_papers, heard):
            return
        paper = await _fetched(message)
        await _answered(self._office, update, _heard(update, heard.text, paper))


async def _fetched(message: Message) -> Paper | None:
    """Return the file that came with a message; one that is too large comes empty."""
    document = message.document
    if document is None:
        return None
    name = document.file_name or "portfolio"
    if (document.file_size or 0) > LARGEST_PAPER:
        return Paper(name, b"")
    file = await patiently(document.get_file)
    return Paper(name, bytes(await file.download_as_bytearray()))


async def _answered(office: Office, update: Update, heard: Heard) -> None:
    """Answer a command; work that takes long is announced, and the answer takes its place."""
    chat = update.effective_chat
    if chat is None:
        return
    announced = _Announced(lambda: patiently(lambda: chat.send_message(WORKING)))
    reply = await asyncio.to_thread(office.answer, heard, working=announced.working)
    if reply is None:
        return
    try:
        await say(chat, reply, instead=await announced.message())
    except TelegramError:
        await asyncio.to_thread(office.owe, heard, reply)
        raise
    await asyncio.to_thread(office.answered, heard)


class _Announced:
    """A word that work has begun, sent from the thread that does the work."""

    def __init__(self, send: Callable[[], Awaitable[Message]]) -> None:
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[Message] | None = None

    def working(self) -> None:
        """Send the word; the work goes on meanwhile."""
        self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        async def sent() -> Message:
            return await self._send()

        self._task = self._loop.create_task(sent())

    async def message(self) -> Message | None:
        """Return the message that says so; None where none was sent, or it could not be."""
        if self._task is None:
            return None
        try:
            return await self._task
        except TelegramError:
            return None


class _Buttons:
    def __init__(self, office: Office) -> None:
        self._office = office

    async def __call__(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        query, chat = update.callback_query, update.effective_chat
        if query is None:
            return
        heard = _heard(update, query.data or "")
        loop = asyncio.get_running_loop()
        early: list[asyncio.Future[None]] = []

        def working() -> None:
            early.append(
                asyncio.wrap_future(  # so that the button does not turn while the work is done
                    asyncio.run_coroutine_threadsafe(notify(update, WORKING), loop), loop=loop
                )
            )

        reply = Reply()
        try:
            reply = await asyncio.to_thread(self._office.press, heard, working=working)
        finally:
            if not early:
                await notify(update, reply.notice)
        try:
            await self._shown(update, reply)
        except TelegramError:
            await asyncio.to_thread(self._office.owe, heard, reply)
            raise
        if chat is not None:
            await asyncio.to_thread(self._office.answered, heard)

    async def _shown(self, update: Update, reply: Reply) -> None:
        query, chat = update.callback_query, update.effective_chat
        if query is None or chat is None:
            return
        if reply.is_done:
            await take_buttons_away(update)
        pressed = query.message if isinstance(query.message, Message) else None
        if reply.message is None and reply.notice and reply.is_done:
            await patiently(lambda: chat.send_message(reply.notice))
        await say(chat, reply, instead=pressed if reply.replaces else None)


def _heard(update: Update, text: str, paper: Paper | None = None) -> Heard:
    user, chat, message = update.effective_user, update.effective_chat, update.message
    return Heard(
        number=update.update_id,
        user=user.id if user and not (message and message.sender_chat) else 0,
        chat=chat.id if chat else 0,
        is_private=chat is not None and chat.type == "private",
        text=text,
        paper=paper,
        sent_at=message.date if message else None,
    )


async def introduce(made: Application) -> None:  # type: ignore[type-arg]
    """Put every command into the menu."""
    menu = [BotCommand(c.name, c.help) for c in COMMANDS.values()]
    await patiently(lambda: made.bot.set_my_commands(menu))


async def _failed(_: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Note a failure of the wire by its kind; its text may hold the address, and so the token."""
    error = context.error
    kind = type(error).__name__
    level = logging.INFO if isinstance(error, TelegramError) else logging.ERROR
    log.log(level, "telegram: %s", kind)
