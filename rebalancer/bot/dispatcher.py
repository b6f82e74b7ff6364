"""Answers what comes in: who asks, whether they may, and the reply; no network in here.

A stranger learns their own id and nothing else. What was delivered twice is answered once: an
update counts as answered when its answer is out, and what is done before that has one effect
however often it is tried.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from difflib import get_close_matches

from alerts.channels.telegram.traits import TELEGRAM
from alerts.delivery.addresses import why_closed
from alerts.delivery.outbox import Outbox
from alerts.delivery.routing import Post
from alerts.messages import Block, Button, Kind, Message, Style
from portfolios.errors import DatabaseGoneError, RebalancerError
from portfolios.model.insights import Insights
from portfolios.model.market import Market
from portfolios.model.plan import Zone
from portfolios.model.users import Person, Role
from portfolios.store.button_payloads import ButtonPayloads
from portfolios.store.completed_jobs import CompletedJobs
from portfolios.store.portfolio_store import Store
from portfolios.values import display
from rebalancer.bot.access import Incoming, Refusal, RequestLimiter, admitted
from rebalancer.bot.commands.proposals.buttons import press
from rebalancer.bot.personalise import as_wanted
from rebalancer.bot.registry import COMMANDS, may_use
from rebalancer.bot.reply import WHICH, Command, Reply, reply_with, which, without
from rebalancer.bot.request import Request, Services, WhichError
from rebalancer.usecases.accounts.users import first_report, link_chat, move_chat

log = logging.getLogger(__name__)

LONGEST = 400
"""Letters of a command that are looked at."""
STRANGER = Person("stranger")
AGAIN = "do:"
FILES = "import"
"""The command that a file is for."""
MEMORY = timedelta(days=3)
"""Telegram delivers nothing again that is older than a day."""
FORGET_EVERY = 100
FRESH = timedelta(minutes=15)
"""What was asked longer ago is refused with a word: the bot was away, and much may have changed."""
HOW_TO_BE_KNOWN = "ask the owner for a code (they make one with /users link NAME), then /start CODE"
WENT_WRONG = "That went wrong, and nothing was changed"
Working = Callable[[], None]


def _at_ease() -> None:
    """Do nothing: nobody waits."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Answers what is heard.

    Attributes:
        open_store: opens the database for one answer.
        people: returns everybody, the owner of the settings among them.
        market: returns the newest known market; None while nothing was pulled.
        commands: those that are answered, by name.
        known: whom the last answer knew; its owners are told when the database is gone.
    """

    open_store: Callable[[], AbstractContextManager[Store]]
    people: Callable[[Store], tuple[Person, ...]]
    market: Callable[[], Market | None]
    insights: Callable[[], Insights]
    now: Callable[[], datetime]
    services: Services = field(default_factory=Services)
    limiter: RequestLimiter = field(default_factory=RequestLimiter)
    commands: Mapping[str, Command] = field(default_factory=lambda: COMMANDS)
    known: list[Person] = field(default_factory=list)

    def answer(self, incoming: Incoming, *, working: Working = _at_ease) -> Reply | None:
        """Return what to say to a command; None for what is not answered at all.

        Args:
            incoming: the command.
            working: called before work that takes long, once it is known that it will be done.
        """
        try:
            return self._answer(incoming, working)
        except DatabaseGoneError as error:
            return self._without_store(incoming, error)

    def _answer(self, incoming: Incoming, working: Working) -> Reply | None:
        with self._opened(incoming) as store:
            if store is None:
                return None
            request = self._request(store, incoming)
            if request.person is STRANGER and not _is_for_anybody(request, incoming):
                return None
            if wait := self._refusal(request, incoming):
                return reply_with(request, wait.text) if wait.is_first else None
            if incoming.is_private:
                _reach_again(request)
            if request.command == "start" and request.words and incoming.is_private:
                return self._link(request, incoming)
            if request.person is STRANGER:
                return reply_with(request, _ids(incoming), note=HOW_TO_BE_KNOWN)
            if request.command == "id":
                return reply_with(request, _ids(incoming))
            command = self.commands.get(request.command)
            if (late := _too_late(request, incoming, command)) is not None:
                return late
            if request.is_group and command is None:
                return None  # another bot's, perhaps
            return self._kept(request, self._command(request, working))

    def press(self, incoming: Incoming, *, working: Working = _at_ease) -> Reply:
        """Return what a press of a button leads to."""
        try:
            return self._press(incoming, working)
        except DatabaseGoneError as error:
            told = self._without_store(incoming, error)
            return Reply(notice=f"{error}."[:200]) if told else Reply()

    def _press(self, incoming: Incoming, working: Working) -> Reply:
        with self._opened(incoming) as store:
            if store is None:
                return Reply()
            request = self._request(store, replace(incoming, text="/"))
            if request.person is STRANGER:
                return Reply(notice="This is not yours to press.")
            if wait := self._refusal(request, incoming):
                return Reply(notice=wait.text)
            return self._kept(request, self._pressed(request, incoming, working))

    def answered(self, incoming: Incoming) -> None:
        """Note that the answer is out: the same update is not answered again."""
        with suppress(DatabaseGoneError), self.open_store() as store:
            now = self.now()
            CompletedJobs(store.database).record("answered", str(incoming.number), at=now)
            if incoming.number % FORGET_EVERY == 0:
                for job in ("heard", "answered"):
                    CompletedJobs(store.database).forget(job, before=now - MEMORY)

    def owe(self, incoming: Incoming, reply: Reply) -> None:
        """Keep what tells of a decision for delivery, since it could not be sent at once."""
        if reply.message is None or not reply.is_owed:
            return
        with self.open_store() as store:
            person = admitted(self.people(store), incoming)
            if person is None:
                return
            made = reply.original or reply.message
            told = replace(
                made,
                kind=Kind.DECISION,
                key=f"owed:{incoming.number}",
                buttons=reply.message.buttons,
            )
            now = self.now()
            post = Post.of(store, now=now)
            with store.database.transaction():
                post.send(told, [person])

    def follow(self, old: int, new: int) -> None:
        """Know a chat by its new number, which Telegram gave it."""
        with suppress(DatabaseGoneError), self.open_store() as store:
            move_chat(store, TELEGRAM.name, str(old), str(new))

    def takes_files(self, incoming: Incoming) -> bool:
        """Tell whether a file of this person would be looked at, before it is fetched."""
        with self.open_store() as store:
            person = admitted(self.people(store), incoming)
            return person is not None and may_use(person.role, self.commands[FILES])

    def _without_store(self, incoming: Incoming, error: DatabaseGoneError) -> Reply | None:
        """Tell an owner in private what is wrong; nobody else, for rights cannot be looked up."""
        log.warning("%s", error)
        person = admitted(tuple(self.known), incoming) if incoming.is_private else None
        if person is None or person.role is not Role.OWNER:
            return None
        note = (Block(Style.NOTE, error.hint),)
        return Reply(
            Message(Kind.ANSWER, "answer", str(error), self.now(), zone=Zone.RED, blocks=note)
        )

    @contextmanager
    def _opened(self, incoming: Incoming) -> Iterator[Store | None]:
        """Open the database; yields None for what was answered before."""
        with self.open_store() as store:
            is_old = CompletedJobs(store.database).contains("answered", str(incoming.number))
            yield None if is_old else store

    def _request(self, store: Store, incoming: Incoming) -> Request:
        word, *words = incoming.text[:LONGEST].split() or [""]
        people = self.people(store)
        self.known[:] = people

        def look_again() -> Person:
            return admitted(self.people(store), incoming) or STRANGER

        return Request(
            person=admitted(people, incoming) or STRANGER,
            command=_command_of(word, self.commands),
            words=tuple(words),
            store=store,
            load_market=self.market,
            load_insights=self.insights,
            now=self.now(),
            people=people,
            number=incoming.number,
            look_again=look_again,
            file=incoming.file,
            is_group=not incoming.is_private,
            services=self.services,
        )

    def _refusal(self, request: Request, incoming: Incoming) -> Refusal | None:
        is_linked = request.person is not STRANGER
        return self.limiter.refuses(incoming.user, request.now, is_linked=is_linked)

    def _link(self, request: Request, incoming: Incoming) -> Reply | None:
        if request.person is not STRANGER:
            # Whose chat it is must not change by a code that was sent here by mistake, or by guile.
            note = "the code was not used; /stop unlinks this chat"
            return reply_with(request, f"This chat is {request.person.name}'s already", note=note)
        person = link_chat(
            request.store, request.words[0], chat=str(incoming.user), now=request.now
        )
        if person is None:
            return reply_with(request, "This code does not work", note="ask the owner for another")
        Outbox(request.store.database).reopen_address(TELEGRAM.name, TELEGRAM.address_of(person))
        is_new = person.reached_since == request.now
        first = f"{first_report([person], now=request.now)}; " if is_new else ""
        note = f"{first}/help shows what you can ask"
        return reply_with(request, f"Welcome, {person.name}", note=note)

    def _command(self, request: Request, working: Working) -> Reply:
        command = self.commands.get("help" if request.command == "start" else request.command)
        if command is None and not request.command:
            return reply_with(request, "I take commands", note="/help lists them")
        if command is None:
            near = get_close_matches(request.command, self.commands, n=1)
            hint = f"did you mean /{near[0]}?" if near else "/help shows what you can ask"
            return reply_with(request, f"/{request.command[:30]} is no command", note=hint)
        if request.is_group and not command.in_groups:
            return reply_with(request, f"/{command.name} is for our private chat")
        if not may_use(request.person.role, command):
            note = "the owner can change that"
            return reply_with(request, f"/{command.name} is for {command.role}s", note=note)
        database = request.store.database
        if command.is_once and not CompletedJobs(database).record(
            "heard", str(request.number), at=request.now
        ):
            return reply_with(
                request, "That was interrupted", note="ask again if you still want it"
            )
        if command.is_long:
            working()
        return _done(request, command)

    def _pressed(self, request: Request, incoming: Incoming, working: Working) -> Reply:
        if incoming.text.startswith(AGAIN):
            words = ButtonPayloads(request.store.database).find(
                request.person.name, incoming.text.removeprefix(AGAIN)
            )
            if words is None:
                return Reply(notice="This button is too old.", is_done=True)
            asked = self._request(request.store, replace(incoming, text=words))
            command = self.commands.get(asked.command)
            is_apart = command is not None and command.is_apart
            return replace(self._command(asked, working), replaces=not is_apart)
        if request.is_group:
            return Reply(notice="That is for our private chat.")
        try:
            return press(request, incoming.text)
        except RebalancerError as error:
            return Reply(notice=f"{error}. {error.hint}"[:200])
        except Exception:
            log.exception("a button failed")
            return Reply(notice=f"{WENT_WRONG}.")

    def _kept(self, request: Request, made: Reply) -> Reply:
        """Word a reply for its reader; give each button that asks a command a name for it."""
        reply = as_wanted(request, made)
        if reply.message is None or not reply.message.buttons:
            return reply
        with request.store.database.transaction():
            rows = [[_short(request, button) for button in row] for row in reply.message.buttons]
        return reply.with_buttons(*rows)


def _reach_again(request: Request) -> None:
    """Send alerts to a chat again that refused them once: whoever writes here takes messages."""
    chat = TELEGRAM.address_of(request.person)
    if why_closed(request.store.database, TELEGRAM.name, chat):
        Outbox(request.store.database).reopen_address(TELEGRAM.name, chat)


def _command_of(word: str, commands: Mapping[str, Command]) -> str:
    """Return the command that a text begins with, its stroke left out or not; empty for none."""
    name = word.removeprefix("/").partition("@")[0].lower()
    return name if word.startswith("/") or name in commands or name in ("start", "id") else ""


def _is_for_anybody(request: Request, incoming: Incoming) -> bool:
    """Tell whether somebody unknown is answered: a code, or their own id in their own chat."""
    is_alone = incoming.is_private and incoming.user == incoming.chat
    return is_alone and request.command in ("id", "start")


def _ids(incoming: Incoming) -> str:
    mine = f"Your id is {incoming.user}"
    return mine if incoming.is_private else f"{mine}; this chat's id is {incoming.chat}"


def _too_late(request: Request, incoming: Incoming, command: Command | None) -> Reply | None:
    """Refuse what was asked while the bot was away; None for what is fresh, or never too late."""
    is_old = incoming.sent_at is not None and request.now - incoming.sent_at > FRESH
    if not is_old or incoming.sent_at is None or (command is not None and command.is_timeless):
        return None
    asked = display.moment(incoming.sent_at)
    note = "ask again if you still want it"
    return reply_with(
        request, f"You asked /{request.command[:30]} on {asked}, too long ago", note=note
    )


def _done(request: Request, command: Command) -> Reply:
    try:
        return command.answer(without(request, WHICH))
    except WhichError as error:
        return which(request, error)
    except RebalancerError as error:
        return reply_with(request, str(error), note=error.hint)
    except Exception:
        log.exception("a command failed")
        return reply_with(request, WENT_WRONG, note="the log says why")


def _short(request: Request, button: Button) -> Button:
    if not button.payload.startswith("/"):
        return button
    name = ButtonPayloads(request.store.database).save(
        request.person.name, button.payload, now=request.now
    )
    return Button(button.label, AGAIN + name)
