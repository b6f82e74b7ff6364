"""The office behind the bot: who asks, whether he may, and the answer; no network in here.

Deny by default. Somebody is known by his own numeric id in his own private chat, never by the chat
alone. A stranger learns his id and nothing else. What was delivered twice is answered once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from alerts.messages import Message
from portfolios.done import mark_done
from portfolios.errors import RebalancerError
from portfolios.linking import redeem
from portfolios.market import Market
from portfolios.marketdata.insights import Insights
from portfolios.people import Person
from portfolios.store import Store
from rebalancer.bot.asking import Ask, said
from rebalancer.bot.deciding import Pressed, press
from rebalancer.bot.registry import COMMANDS, may_use

log = logging.getLogger(__name__)

LONGEST = 400
"""Letters of a command that are looked at."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that came in from a chat.

    Attributes:
        number: by which a repeated delivery is known.
        user: numeric id of who wrote or pressed; 0 for nobody.
        chat: numeric id of where.
        is_private: the chat is between the two of them.
        text: of a command, or the payload of a button.
    """

    number: int
    user: int
    chat: int
    is_private: bool
    text: str


@dataclass(frozen=True, slots=True)
class Office:
    """Answers what is heard.

    Attributes:
        open_store: opens the database for one answer.
        people: returns everybody, the owner of the settings among them.
        market: returns the newest known market; None while nothing was pulled.
    """

    open_store: Callable[[], Store]
    people: Callable[[Store], tuple[Person, ...]]
    market: Callable[[], Market | None]
    insights: Callable[[], Insights]
    now: Callable[[], datetime]

    def answer(self, heard: Heard) -> Message | None:
        """Return what to say to a command; None for what is not answered at all."""
        with self._once(heard) as store:
            if store is None or not heard.is_private or heard.user != heard.chat:
                return None
            word, *rest = heard.text[:LONGEST].split()
            name = word.removeprefix("/").partition("@")[0].lower()
            person = self._person(store, heard)
            ask = self._ask(store, person or Person("stranger"), tuple(rest))
            if name == "id":
                return said(ask, f"Your id is {heard.user}")
            if name == "start" and rest:
                return self._link(ask, heard, rest[0])
            if person is None:
                return None
            return self._command(ask, name)

    def press(self, heard: Heard) -> Pressed:
        """Return what a press of a button leads to."""
        with self._once(heard) as store:
            if store is None:
                return Pressed("")
            person = self._person(store, heard)
            if person is None or not heard.is_private or heard.user != heard.chat:
                return Pressed("This is not yours to press.")
            try:
                return press(self._ask(store, person, ()), heard.text)
            except RebalancerError as error:
                return Pressed(str(error)[:200])

    @contextmanager
    def _once(self, heard: Heard) -> Iterator[Store | None]:
        """Open the database; yields None for what was heard before."""
        store = self.open_store()
        with store.database:
            new = mark_done(store.database, "heard", str(heard.number), at=self.now())
            yield store if new else None

    def _person(self, store: Store, heard: Heard) -> Person | None:
        mine = [p for p in self.people(store) if p.chat and p.chat == str(heard.user)]
        return mine[0] if len(mine) == 1 else None

    def _ask(self, store: Store, person: Person, words: tuple[str, ...]) -> Ask:
        return Ask(person, words, store, self.market(), self.insights(), self.now())

    def _link(self, ask: Ask, heard: Heard, code: str) -> Message:
        person = redeem(ask.store.database, code, chat=str(heard.user), now=ask.now)
        if person is None:
            return said(ask, "This code does not work", note="ask the owner for a new one")
        return said(ask, f"Welcome, {person.name}", note="/help shows what you can ask")

    def _command(self, ask: Ask, name: str) -> Message:
        command = COMMANDS.get("help" if name == "start" else name)
        if command is None:
            near = get_close_matches(name, COMMANDS, n=1)
            hint = f"did you mean /{near[0]}?" if near else "/help shows what you can ask"
            return said(ask, f"/{name[:30]} is no command", note=hint)
        if not may_use(ask.person.role, command):
            return said(ask, f"/{name} is for {command.role}s", note="the owner can change that")
        try:
            return command.answer(ask)
        except RebalancerError as error:
            return said(ask, str(error), note=error.hint)
        except Exception:
            log.exception("a command failed")
            return said(ask, "That went wrong, and nothing was changed", note="the log says why")
