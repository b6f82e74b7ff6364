"""Fetches what people write and hands it to the bot, until told to stop or somebody else does it.

An update is confirmed to Telegram once it was answered, not when it was fetched: updates in work
when a process dies come again, to it or to the process that takes over. Every failure of the
connection is handled here; only a refused token ends it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TypeVar

from telegram import Update
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import Application

from portfolios.errors import DeliveryError
from rebalancer.bot.transport.application import LISTENS_TO, introduce
from rebalancer.bot.transport.chat_queue import AT_ONCE

log = logging.getLogger(__name__)

T = TypeVar("T")
PAGE = 100
"""Updates that Telegram hands over at once, however many there are."""
WORKERS = 32
"""Answers that are worked out at once; what takes long there holds up only as many."""
LONGEST_POLL = 10
"""Seconds that Telegram may wait for something to happen."""
A_LOOK = 0.25
"""Seconds between two looks at the request to stop, or at what is being answered."""
LONGEST_PAUSE = 30.0
LONGEST_MENU_PAUSE = 3600.0
TO_CONFIRM = 2.0
"""Seconds for the last word to Telegram."""
REFUSED = "Telegram refused the bot's token"
UNREACHED = "Telegram does not answer"
RIVAL = "another program fetches this bot's messages"
UNREAD = "Telegram's answer cannot be read"
NO_ANSWER = (TelegramError, KeyError, ValueError, TypeError, AttributeError)
"""What comes of a wire that fails, or of an answer that is none, such as `{"ok": true}` alone."""


@dataclass(frozen=True, slots=True)
class PollingHooks:
    """What the ear asks, and tells, while it listens.

    All of it is called one after the other in one thread, which is not that of the event loop:
    what is written down may wait for the disk.

    Attributes:
        is_stopping: it should end at the next good moment.
        keeps: it is still ours to do.
        well: called when Telegram has answered.
        wrong: told why it has not.
        patience: seconds at the end for what is being answered.
    """

    is_stopping: Callable[[], bool]
    keeps: Callable[[], bool]
    well: Callable[[], None]
    wrong: Callable[[str], None]
    patience: float = 5.0


def answer_all(made: Application, hooks: PollingHooks) -> None:  # type: ignore[type-arg]
    """Answer what comes, in an event loop of its own, until there is a reason to end.

    Raises:
        DeliveryError: the token is refused, or Telegram could not be reached to begin with.
    """
    try:
        asyncio.run(_listen(made, hooks))
    except InvalidToken:
        hint = "check REBALANCER_TELEGRAM__TOKEN"
        raise DeliveryError(REFUSED, channel_down=True, hint=hint) from None
    except TelegramError as error:
        raise DeliveryError(_words(error), unreached=True) from None


async def _listen(made: Application, hooks: PollingHooks) -> None:  # type: ignore[type-arg]
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(WORKERS))
    try:
        await made.initialize()
        await made.bot.delete_webhook()
        with ThreadPoolExecutor(1) as notes:
            await _heard(_Poller(made, hooks, notes), made, hooks)
    finally:
        await made.shutdown()
        await made.bot.request.shutdown()  # which a failed beginning leaves open


async def _heard(poller: _Poller, made: Application, hooks: PollingHooks) -> None:  # type: ignore[type-arg]
    hearing = asyncio.create_task(poller.poll())
    introducing = asyncio.create_task(_introduced(made))
    try:
        while (
            not hearing.done() and not hooks.is_stopping() and await poller.in_thread(hooks.keeps)
        ):
            await asyncio.wait([hearing], timeout=A_LOOK)
    finally:
        hearing.cancel()
        introducing.cancel()
        await asyncio.wait([hearing, introducing])
        await poller.finish()
    if not hearing.cancelled():
        hearing.result()


async def _introduced(made: Application) -> None:  # type: ignore[type-arg]
    """Put up the menus, however many tries it takes: people are answered without them."""
    for failures in count(1):
        try:
            await introduce(made)
        except NO_ANSWER as error:
            log.warning("the menu of commands is not up: %s", _words(error))
            await asyncio.sleep(_pause(failures, LONGEST_MENU_PAUSE))
        else:
            return


@dataclass(slots=True)
class _Poller:
    """What was heard, and what of it is being answered."""

    made: Application  # type: ignore[type-arg]
    hooks: PollingHooks
    notes: ThreadPoolExecutor
    begun: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    after: int = 0
    """One more than the newest update heard; 0 once Telegram knows that we heard it."""
    failures: int = 0
    is_crowded: bool = False
    """A whole page of what was heard before is still in work."""

    async def in_thread(self, call: Callable[[], T]) -> T:
        """Call what may wait for the disk, while the answering goes on."""
        return await asyncio.get_running_loop().run_in_executor(self.notes, call)

    async def poll(self) -> None:
        """Fetch and hand on, for ever."""
        while True:
            try:
                incoming = await self._fetch(0 if self.begun else LONGEST_POLL)
            except InvalidToken:
                raise
            except NO_ANSWER as error:
                await self._rest(error)
                continue
            self.failures = 0
            await self.in_thread(self.hooks.well)
            fresh = [update for update in incoming if update.update_id >= self.after]
            for update in fresh:
                self._begin(update)
            if self.begun and not fresh:
                await asyncio.wait(self.begun.values(), timeout=A_LOOK)
            self.is_crowded = not fresh and len(incoming) >= PAGE and len(self.begun) < AT_ONCE

    async def finish(self) -> None:
        """Wait for what is being answered, and tell Telegram what was."""
        self.is_crowded = False
        if self.begun:
            await asyncio.wait(self.begun.values(), timeout=self.hooks.patience)
        if not await self.in_thread(self.hooks.keeps):
            return  # another has begun to fetch: it is told by what was written down
        try:
            await asyncio.wait_for(self._fetch(0), timeout=TO_CONFIRM)
        except (*NO_ANSWER, TimeoutError):
            log.debug("what was answered could not be confirmed; it will be known when it comes")

    async def _fetch(self, wait: int) -> Sequence[Update]:
        # Only what is older than everything in work is confirmed. But Telegram shows no more than
        # a page from there: one slow answer could fill it with updates that are known already. Then
        # those in work are confirmed too, and lost if the process dies before it answers.
        offset = self.after if self.is_crowded else min(self.begun, default=self.after)
        incoming: Sequence[Update] = await self.made.bot.get_updates(
            offset=offset or None, timeout=wait, allowed_updates=LISTENS_TO
        )
        if not incoming and not self.begun:
            # After a quiet week the numbers begin anew, anywhere: none is too low from here on.
            self.after = 0
        return incoming

    def _begin(self, update: Update) -> None:
        number = update.update_id
        self.after = number + 1
        work = self.made.update_processor.process_update(update, self.made.process_update(update))
        self.begun[number] = asyncio.create_task(work)
        self.begun[number].add_done_callback(lambda _: self.begun.pop(number, None))

    async def _rest(self, error: Exception) -> None:
        self.failures += 1
        await self.in_thread(partial(self.hooks.wrong, _words(error)))
        await asyncio.sleep(_pause(self.failures, LONGEST_PAUSE))


def _pause(failures: int, longest: float) -> float:
    return min(longest, 2.0 ** min(failures, 20) / 4)


def _words(error: Exception) -> str:
    """Say what is wrong; the text of an error may hold the address, and so the token."""
    if isinstance(error, Conflict):
        return RIVAL
    if not isinstance(error, TelegramError):
        return UNREAD
    if isinstance(error, RetryAfter):
        return "Telegram asks the bot to wait"
    return UNREACHED if isinstance(error, NetworkError) else f"Telegram: {type(error).__name__}"
