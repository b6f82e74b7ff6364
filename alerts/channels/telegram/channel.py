"""Telegram: sends messages, pictures and edits, and says of each failure what it means.

The library's errors are caught in one order, the narrow ones first, because a refused request and
a time-out are both kinds of network errors there. Only its type tells whether a message may have
arrived: a connection that never was sent nothing, a lost answer leaves it open.
"""

from __future__ import annotations

import asyncio
import re
import warnings
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import timedelta
from html import unescape
from types import TracebackType
from typing import Any, TypeVar

import httpx
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning

from alerts.channels.envelope import Envelope
from alerts.channels.telegram.traits import TELEGRAM
from alerts.messages import Button, Message, Picture
from portfolios.errors import DeliveryError
from portfolios.providers.http.transport import certificates

T = TypeVar("T")

# The library warns of reading its own attribute. Filters belong to the whole process, so this one
# is set here once: set for each reading, threads would put back each other's.
warnings.filterwarnings(
    "ignore", r"[\s\S]*attribute `retry_after` will be of type", PTBDeprecationWarning
)

REFUSED_TOKEN = "Telegram refused the bot's token"  # noqa: S105
TOKEN_HINT = "check REBALANCER_TELEGRAM__TOKEN"  # noqa: S105
GONE = (
    "bot was blocked by the user",
    "user is deactivated",
    "bot was kicked",
    "bot is not a member",
    "chat not found",
    "bot can't initiate conversation",
)
DONE_ALREADY = ("message is not modified", "query is too old")
OURS = ("can't parse entities", "message is too long", "caption is too long")
NOBODY_BEHIND = ("Bad Gateway", "Service Unavailable", "(502)", "(503)")
"""A gateway without a server behind it: an outage, which says nothing about the message."""
_TAG = re.compile(r"<[^<>]*>")
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class TelegramChannel:
    """Sends through one bot.

    Args:
        token: of the bot; never shown.
        base_url: of the service, ending in `/bot`.
        parts: makes the HTML texts of a message.
        plain: makes the same without markup, for when markup is refused.
        caption: makes the caption of a picture of a message.
    """

    name = TELEGRAM.name

    def __init__(
        self,
        token: str,
        *,
        base_url: str,
        parts: Callable[[Message], Sequence[str]],
        plain: Callable[[Message], Sequence[str]],
        caption: Callable[[Message, str], str],
        timeout: float = 20.0,
    ) -> None:
        self._parts, self._plain, self._caption = parts, plain, caption
        self._runner = asyncio.Runner()
        self._requests = tuple(
            HTTPXRequest(
                read_timeout=timeout,
                write_timeout=timeout,
                connect_timeout=min(timeout, 10.0),
                pool_timeout=5.0,
                httpx_kwargs={"trust_env": False, "verify": certificates()},
            )
            for _ in ("sending", "receiving")
        )
        sending, receiving = self._requests
        try:
            self._bot = Bot(
                token, base_url=base_url, request=sending, get_updates_request=receiving
            )
        except InvalidToken:
            self._runner.close()
            raise DeliveryError("no bot token", channel_down=True, hint=TOKEN_HINT) from None
        self._is_open = False

    def __enter__(self) -> TelegramChannel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        for request in self._requests:
            self._runner.run(request.shutdown())
        self._runner.close()

    def send(self, envelope: Envelope) -> str:
        """Send what has not arrived yet of one message, its texts, then its pictures.

        Returns:
            `chat:message` of the last text; empty where only pictures were left.
        """
        if not self._is_open:
            self._run(self._bot.initialize())
            self._is_open = True
        receipt = ""
        *steps, last = self._steps(envelope)[envelope.parts_sent :] or [lambda: ""]
        for step in steps:
            receipt = step() or receipt
            envelope.on_part(receipt)
        return last() or receipt

    def _steps(self, envelope: Envelope) -> list[Callable[[], str]]:
        note = f"(may repeat #{envelope.delivery})\n" if envelope.may_repeat else ""
        parts = list(self._parts(envelope.message))
        plain = list(self._plain(envelope.message))
        texts = len(parts)
        first = [note if i == envelope.parts_sent else "" for i in range(texts)]
        steps: list[Callable[[], str]] = []
        for i, part in enumerate(parts):
            instead = plain if texts == 1 else [_untagged(part)]
            is_last = i == texts - 1
            steps.append(self._text_step(envelope, part, first[i], instead, is_last=is_last))
        for i, picture in enumerate(envelope.pictures, start=texts):
            said = note if i == envelope.parts_sent else ""
            steps.append(self._photo_step(envelope, picture, said))
        return steps

    def _text_step(
        self, envelope: Envelope, text: str, note: str, instead: list[str], *, is_last: bool
    ) -> Callable[[], str]:
        buttons = _keyboard(envelope.message.buttons) if is_last else None

        def step() -> str:
            try:
                return self._text(envelope, note + text, ParseMode.HTML, buttons)
            except _RefusedError:
                receipts = [
                    self._text(envelope, note + p if n == 0 else p, None, buttons)
                    for n, p in enumerate(instead)
                ]
                return receipts[-1]

        return step

    def _text(
        self,
        envelope: Envelope,
        text: str,
        mode: ParseMode | None,
        buttons: InlineKeyboardMarkup | None,
    ) -> str:
        chat, _, earlier = envelope.answers.partition(":")
        reply = (
            ReplyParameters(int(earlier), allow_sending_without_reply=True)
            if chat == envelope.address and earlier.isdigit()
            else None
        )
        sent = self._run(
            self._bot.send_message(
                chat_id=envelope.address,
                text=text,
                parse_mode=mode,
                reply_markup=buttons,
                disable_notification=envelope.is_silent,
                reply_parameters=reply,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )
        return f"{sent.chat_id}:{sent.message_id}" if sent is not None else ""

    def _photo_step(self, envelope: Envelope, picture: Picture, note: str) -> Callable[[], str]:
        caption = note + self._caption(envelope.message, picture.name)

        def step() -> str:
            # The words have arrived: where the chat takes no picture, they are the message.
            with suppress(_UnknownRefusalError):
                try:
                    self._photo(envelope, picture, caption)
                except _RefusedError:
                    self._photo(envelope, picture, note)
            return ""

        return step

    def _photo(self, envelope: Envelope, picture: Picture, caption: str) -> None:
        self._run(
            self._bot.send_photo(
                chat_id=envelope.address,
                photo=InputFile(picture.png, filename=picture.name),
                caption=caption,
                parse_mode=ParseMode.HTML,
                disable_notification=True,
            )
        )

    def _run(self, call: Coroutine[Any, Any, T]) -> T | None:
        """Run one call; None where the service says that it is done already."""
        try:
            return self._runner.run(call)
        except KeyError:
            raise DeliveryError("Telegram sent no answer that can be read") from None
        except TelegramError as error:
            if isinstance(error, BadRequest) and _is_done(error):
                return None
            raise _meaning(error) from None


def _is_done(error: BadRequest) -> bool:
    return any(words in error.message.lower() for words in DONE_ALREADY)


def _meaning(error: TelegramError) -> DeliveryError:
    """Return what a failure means; the first kind that fits decides."""
    if isinstance(error, RetryAfter):
        return DeliveryError("too many messages", retry_after=seconds_asked(error))
    if isinstance(error, ChatMigrated):
        return DeliveryError("the chat moved", moved_to=str(error.new_chat_id))
    if isinstance(error, InvalidToken):
        return DeliveryError(REFUSED_TOKEN, channel_down=True, hint=TOKEN_HINT)
    if isinstance(error, (Forbidden, BadRequest)):
        return _refusal(error.message)
    return _lost(error)


def seconds_asked(error: RetryAfter) -> float:
    """Return how long Telegram asks for a wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


class _RefusedError(DeliveryError):
    """Markup or length was refused: our own mistake, mended by sending plain text."""


class _UnknownRefusalError(DeliveryError):
    """A request was refused for a reason that is not known."""


def _refusal(message: str) -> DeliveryError:
    said = message.lower()
    if any(words in said for words in OURS):
        return _RefusedError("Telegram refused the markup")
    if any(words in said for words in GONE):
        return DeliveryError("the chat takes no messages", permanent=True, address_gone=True)
    return _UnknownRefusalError(f"Telegram refused it: {message[:80]}")


def _lost(error: TelegramError) -> DeliveryError:
    cause = error.__cause__
    if isinstance(cause, NEVER_SENT):
        return DeliveryError("Telegram could not be reached", unreached=True)
    if isinstance(cause, httpx.HTTPError):
        return DeliveryError(f"the answer was lost ({type(cause).__name__})", outcome_unknown=True)
    return _failure(error)


def _failure(error: TelegramError) -> DeliveryError:
    if error.message.startswith("Unauthorized"):
        return DeliveryError(REFUSED_TOKEN, channel_down=True, hint=TOKEN_HINT)
    if any(words in error.message for words in NOBODY_BEHIND):
        return DeliveryError("Telegram is out of order", unreached=True)
    return DeliveryError(f"Telegram failed ({type(error).__name__})")


def _untagged(part: str) -> str:
    """Return one of several parts without its markup."""
    return unescape(_TAG.sub("", part))


def _keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.label, callback_data=b.payload) for b in row] for row in rows]
    )
