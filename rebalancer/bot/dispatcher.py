"""The office behind the bot: who asks, whether he may, and the answer; no network in here.

A stranger learns his id and nothing else. What was delivered twice is answered once: an update
counts as answered when its answer is out, and what is done before that has one effect however
often it is tried.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from difflib import get_close_matches

from alerts.delivery.addresses import why_closed
from alerts.delivery.outbox import Outbox
from alerts.delivery.routing import Post
from alerts.messages import Button, Kind
from alerts.preferences.choices import TELEGRAM
from alerts.preferences.store import PreferenceStore
from portfolios.errors import RebalancerError
from portfolios.model.insights import Insights
from portfolios.model.market import Market
from portfolios.model.users import Person
from portfolios.store.button_payloads import shortcut_for, words_of
from portfolios.store.once import forget_done, mark_done, was_done
from portfolios.store.portfolio_store import Store
from portfolios.values import display
from rebalancer.bot.access import Heard, Turnstile, admitted
from rebalancer.bot.commands.proposals.buttons import press
from rebalancer.bot.personalise import as_wanted
from rebalancer.bot.registry import COMMANDS, may_use
from rebalancer.bot.reply import Command, Reply, again, said
from rebalancer.bot.request import Ask, Services, WhichError
from rebalancer.usecases.accounts.users import link_chat

log = logging.getLogger(__name__)

LONGEST = 400
"""Letters of a command that are looked at."""
STRANGER = Person("stranger")
AGAIN = "do:"
PAPERS = "import"
"""The command that a file is for."""
MEMORY = timedelta(days=3)
"""Telegram delivers nothing again that is older than a day."""
FORGET_EVERY = 100
FRESH = timedelta(minutes=15)
"""What was asked longer ago is refused with a word: the bot was away, and much may have changed."""
WENT_WRONG = "That went wrong, and nothing was changed"
Working = Callable[[], None]


def _at_ease() -> None:
    """Do nothing: nobody waits."""


@dataclass(frozen=True, slots=True)
class Office:
    """Answers what is heard.

    Attributes:
        open_store: opens the database for one answer.
        people: returns everybody, the owner of the settings among them.
        market: returns the newest known market; None while nothing was pulled.
    """

    open_store: Callable[[], AbstractContextManager[Store]]
    people: Callable[[Store], tuple[Person, ...]]
    market: Callable[[], Market | None]
    insights: Callable[[], Insights]
    now: Callable[[], datetime]
    services: Services = field(default_factory=Services)
    turnstile: Turnstile = field(default_factory=Turnstile)

    def answer(self, heard: Heard, *, working: Working = _at_ease) -> Reply | None:
        """Return what to say to a command; None for what is not answered at all.

        Args:
            heard: the command.
            working: called before work that takes long, once it is known that it will be done.
        """
        with self._desk(heard) as store:
            if store is None:
                return None
            ask = self._ask(store, heard)
            if ask.person is STRANGER and not _is_for_anybody(ask, heard):
                return None
            if wait := self.turnstile.refuses(heard.user, ask.now):
                return said(ask, wait) if wait.strip() else None
            if heard.is_private:
                _reach_again(ask)
            if ask.command == "start" and ask.words and heard.is_private:
                return self._link(ask, heard)
            if ask.command == "id" or ask.person is STRANGER:
                return said(ask, _ids(heard))
            if (late := _too_late(ask, heard)) is not None:
                return late
            if ask.is_group and ask.command not in COMMANDS:
                return None  # another bot's, perhaps
            return self._kept(ask, self._command(ask, working))

    def press(self, heard: Heard, *, working: Working = _at_ease) -> Reply:
        """Return what a press of a button leads to."""
        with self._desk(heard) as store:
            if store is None:
                return Reply()
            ask = self._ask(store, replace(heard, text="/"))
            if ask.person is STRANGER:
                return Reply(notice="This is not yours to press.")
            if wait := self.turnstile.refuses(heard.user, ask.now):
                return Reply(notice=wait.strip() or "Please wait a little.")
            return self._kept(ask, self._pressed(ask, heard, working))

    def answered(self, heard: Heard) -> None:
        """Note that the answer is out: the same update is not answered again."""
        with self.open_store() as store:
            now = self.now()
            mark_done(store.database, "answered", str(heard.number), at=now)
            if heard.number % FORGET_EVERY == 0:
                for job in ("heard", "answered"):
                    forget_done(store.database, job, before=now - MEMORY)

    def owe(self, heard: Heard, reply: Reply) -> None:
        """Keep what tells of a decision for delivery, since it could not be sent at once."""
        if reply.message is None or not reply.is_owed:
            return
        with self.open_store() as store:
            person = admitted(self.people(store), heard)
            if person is None:
                return
            made = reply.original or reply.message
            told = replace(
                made,
                kind=Kind.DECISION,
                key=f"owed:{heard.number}",
                buttons=reply.message.buttons,
            )
            now = self.now()
            post = Post(Outbox(store.database), PreferenceStore(store.database), now=now)
            with store.database.transaction():
                post.send(told, [person])

    def takes_papers(self, heard: Heard) -> bool:
        """Tell whether a file of this person would be looked at, before it is fetched."""
        with self.open_store() as store:
            person = admitted(self.people(store), heard)
            return person is not None and may_use(person.role, COMMANDS[PAPERS])

    @contextmanager
    def _desk(self, heard: Heard) -> Iterator[Store | None]:
        """Open the database; yields None for what was answered before."""
        with self.open_store() as store:
            is_old = was_done(store.database, "answered", str(heard.number))
            yield None if is_old else store

    def _ask(self, store: Store, heard: Heard) -> Ask:
        word, *words = heard.text[:LONGEST].split() or [""]
        people = self.people(store)

        def look_again() -> Person:
            return admitted(self.people(store), heard) or STRANGER

        return Ask(
            person=admitted(people, heard) or STRANGER,
            command=_command_of(word),
            words=tuple(words),
            store=store,
            load_market=self.market,
            load_insights=self.insights,
            now=self.now(),
            people=people,
            number=heard.number,
            look_again=look_again,
            paper=heard.paper,
            is_group=not heard.is_private,
            services=self.services,
        )

    def _link(self, ask: Ask, heard: Heard) -> Reply | None:
        if ask.person is not STRANGER:
            # Whose chat it is must not change by a code that was sent here by mistake, or by guile.
            note = "the code was not used; /stop unlinks this chat"
            return said(ask, f"This chat is {ask.person.name}'s already", note=note)
        person = link_chat(ask.store, ask.words[0], chat=str(heard.user), now=ask.now)
        if person is None:
            return said(ask, "This code does not work", note="ask the owner for a new one")
        Outbox(ask.store.database).reopen_address(TELEGRAM, person.chat)
        return said(ask, f"Welcome, {person.name}", note="/help shows what you can ask")

    def _command(self, ask: Ask, working: Working) -> Reply:
        command = COMMANDS.get("help" if ask.command == "start" else ask.command)
        if command is None and not ask.command:
            return said(ask, "I take commands", note="/help lists them")
        if command is None:
            near = get_close_matches(ask.command, COMMANDS, n=1)
            hint = f"did you mean /{near[0]}?" if near else "/help shows what you can ask"
            return said(ask, f"/{ask.command[:30]} is no command", note=hint)
        if ask.is_group and not command.in_groups:
            return said(ask, f"/{command.name} is for our private chat")
        if not may_use(ask.person.role, command):
            note = "the owner can change that"
            return said(ask, f"/{command.name} is for {command.role}s", note=note)
        database = ask.store.database
        if command.is_once and not mark_done(database, "heard", str(ask.number), at=ask.now):
            return said(ask, "That was interrupted", note="ask again if you still want it")
        if command.is_long:
            working()
        return _done(ask, command)

    def _pressed(self, ask: Ask, heard: Heard, working: Working) -> Reply:
        if heard.text.startswith(AGAIN):
            words = words_of(ask.store.database, ask.person.name, heard.text.removeprefix(AGAIN))
            if words is None:
                return Reply(notice="This button is too old.", is_done=True)
            asked = self._ask(ask.store, replace(heard, text=words))
            command = COMMANDS.get(asked.command)
            is_apart = command is not None and command.is_apart
            return replace(self._command(asked, working), replaces=not is_apart)
        if ask.is_group:
            return Reply(notice="That is for our private chat.")
        try:
            return press(ask, heard.text)
        except RebalancerError as error:
            return Reply(notice=f"{error}. {error.hint}"[:200])
        except Exception:
            log.exception("a button failed")
            return Reply(notice=f"{WENT_WRONG}.")

    def _kept(self, ask: Ask, made: Reply) -> Reply:
        """Word a reply for its reader; give each button that asks a command a name for it."""
        reply = as_wanted(ask, made)
        if reply.message is None or not reply.message.buttons:
            return reply
        with ask.store.database.transaction():
            rows = [[_short(ask, button) for button in row] for row in reply.message.buttons]
        return reply.with_buttons(*rows)


def _reach_again(ask: Ask) -> None:
    """Send alerts to a chat again that refused them once: whoever writes here takes messages."""
    if why_closed(ask.store.database, TELEGRAM, ask.person.chat):
        Outbox(ask.store.database).reopen_address(TELEGRAM, ask.person.chat)


def _command_of(word: str) -> str:
    """Return the command that a text begins with, its stroke left out or not; empty for none."""
    name = word.removeprefix("/").partition("@")[0].lower()
    return name if word.startswith("/") or name in COMMANDS or name in ("start", "id") else ""


def _is_for_anybody(ask: Ask, heard: Heard) -> bool:
    """Tell whether somebody unknown is answered: a code, or his own id in his own chat."""
    is_alone = heard.is_private and heard.user == heard.chat
    return is_alone and ask.command in ("id", "start")


def _ids(heard: Heard) -> str:
    mine = f"Your id is {heard.user}"
    return mine if heard.is_private else f"{mine}; this chat's id is {heard.chat}"


def _too_late(ask: Ask, heard: Heard) -> Reply | None:
    """Refuse what was asked while the bot was away; None for what is fresh, or never too late."""
    command = COMMANDS.get(ask.command)
    is_old = heard.sent_at is not None and ask.now - heard.sent_at > FRESH
    if not is_old or heard.sent_at is None or (command is not None and command.is_timeless):
        return None
    asked = display.moment(heard.sent_at)
    note = "ask again if you still want it"
    return said(ask, f"You asked /{ask.command[:30]} on {asked}, too long ago", note=note)


def _done(ask: Ask, command: Command) -> Reply:
    try:
        return command.answer(ask)
    except WhichError as error:
        buttons = [[again(name, command.name, name, *ask.words)] for name in error.names[:12]]
        return said(ask, str(error)).with_buttons(*buttons)
    except RebalancerError as error:
        return said(ask, str(error), note=error.hint)
    except Exception:
        log.exception("a command failed")
        return said(ask, WENT_WRONG, note="the log says why")


def _short(ask: Ask, button: Button) -> Button:
    if not button.payload.startswith("/"):
        return button
    name = shortcut_for(ask.store.database, ask.person.name, button.payload, now=ask.now)
    return Button(button.label, AGAIN + name)
