"""The bot's ear: nothing written to it is lost, and no failure of the wire ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Semaphore, Thread, current_thread
from typing import Any

import pytest

from portfolios.errors import DeliveryError
from portfolios.model.market import Market
from portfolios.model.users import Person, Role
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.dispatcher import Dispatcher
from rebalancer.bot.transport.application import application
from rebalancer.bot.transport.polling import (
    PAGE,
    REFUSED,
    RIVAL,
    UNREACHED,
    UNREAD,
    PollingHooks,
    answer_all,
)
from tests.rebalancer.bot.bot_fixture import OWNER, VIEWER, Bot
from tests.standins.phone import Phone
from tests.standins.telegram import TOKEN, TelegramStandin


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


@dataclass
class Ear:
    """Somebody who listens, and what they noted."""

    keeps: Callable[[], bool] = lambda: True
    stop: Event = field(default_factory=Event)
    told: list[str] = field(default_factory=list)
    threads: set[Thread] = field(default_factory=set)

    @property
    def watch(self) -> PollingHooks:
        well = lambda: self.note("")  # noqa: E731
        return PollingHooks(self.stop.is_set, self.is_mine, well, self.note, patience=0.3)

    def is_mine(self) -> bool:
        self.threads.add(current_thread())
        return self.keeps()

    def note(self, words: str) -> None:
        self.threads.add(current_thread())
        self.told.append(words)


@contextmanager
def listening(bot: Bot | Dispatcher, server: TelegramStandin, ear: Ear) -> Iterator[Thread]:
    dispatcher = bot.dispatcher if isinstance(bot, Bot) else bot
    made = application(TOKEN, base_url=server.base_url, dispatcher=dispatcher)
    thread = Thread(target=answer_all, args=(made, ear.watch))
    thread.start()
    try:
        yield thread
    finally:
        ear.stop.set()
        thread.join(20)
        assert not thread.is_alive()


def confirmed(server: TelegramStandin) -> int:
    return max(
        int(given.get("offset") or 0) for name, given in server.calls if name == "getUpdates"
    )


def menus(server: TelegramStandin) -> int:
    """Return how many menus were put up."""
    return sum(given["method"] == "setMyCommands" for given in server.answered)


def test_what_was_answered_is_confirmed_and_not_answered_again(bot: Bot) -> None:
    with TelegramStandin(OWNER) as server:
        phone = Phone(server, OWNER)
        with listening(bot, server, Ear()):
            assert "Your id is" in phone.say("/id")
        assert confirmed(server) == 1001
        with listening(bot, server, Ear()):
            assert "Your id is" in phone.say("/id")
        assert len(server.sent) == 2


def test_a_wire_that_fails_is_outlived_and_told(bot: Bot) -> None:
    with TelegramStandin(OWNER) as server:
        server.fault("status", method="getUpdates", code=502, description="Bad Gateway")
        server.fault("status", method="getUpdates", code=409, description="Conflict: terminated")
        ear = Ear()
        with listening(bot, server, ear):
            assert "Your id is" in Phone(server, OWNER).say("/id")
        assert ear.told[:2] == [UNREACHED, RIVAL]
        assert ear.told[-1] == ""


def test_an_answer_that_is_none_is_outlived_and_told(bot: Bot) -> None:
    with TelegramStandin(OWNER) as server:
        server.fault("void", method="getUpdates")
        ear = Ear()
        with listening(bot, server, ear):
            assert "Your id is" in Phone(server, OWNER).say("/id")
        assert ear.told[0] == UNREAD


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "code": 502, "description": "Bad Gateway"},
        {"kind": "void"},
    ],
)
def test_a_menu_that_is_refused_holds_nobody_up_and_is_put_up_later(
    bot: Bot, fault: dict[str, Any]
) -> None:
    with TelegramStandin(OWNER) as server:
        server.fault(method="setMyCommands", **fault)
        with listening(bot, server, Ear()):
            assert "Your id is" in Phone(server, OWNER).say("/id")
            server.wait_until(lambda: menus(server) == 2)


def test_whoever_writes_is_answered_while_telegram_makes_the_menu_wait(bot: Bot) -> None:
    with TelegramStandin(OWNER) as server:
        server.fault("flood", method="setMyCommands", count=9, retry_after=60)
        with listening(bot, server, Ear()):
            assert "Your id is" in Phone(server, OWNER).say("/id")
        assert not menus(server)


def test_one_slow_answer_holds_nobody_up_however_much_is_written(bot: Bot) -> None:
    begun, end = Event(), Event()

    def slow(_: object) -> tuple[str, ...]:
        begun.set()
        end.wait(30)
        return ()

    bot.services = replace(bot.services, health=slow)
    with TelegramStandin(OWNER, VIEWER, -5) as server, listening(bot, server, Ear()):
        try:
            Phone(server, OWNER).write("/health")
            assert begun.wait(20)
            talk = Phone(server, VIEWER, chat=-5)
            for _ in range(2 * PAGE):
                talk.write("what a day")
            assert "Your id is" in Phone(server, VIEWER).say("/id")
        finally:
            end.set()
        server.wait_for(2)


def test_many_long_answers_leave_room_for_a_short_one(bot: Bot) -> None:
    many, end = range(100, 120), Event()
    begun = Semaphore(0)

    def market() -> Market:
        begun.release()
        end.wait(30)
        return bot.market

    with bot.store() as store:
        for chat in many:
            person = Person(
                f"p{chat}", Role.VIEWER, addresses={"telegram": str(chat)}, portfolios=("shared",)
            )
            PeopleStore(store.database).save(person)
    dispatcher = replace(bot.dispatcher, market=market)
    with TelegramStandin(OWNER, *many) as server, listening(dispatcher, server, Ear()):
        try:
            for chat in many:
                Phone(server, chat).write("/health")
            assert all(begun.acquire(timeout=20) for _ in many)
            assert "Your id is" in Phone(server, OWNER).say("/id")
        finally:
            end.set()


def test_what_is_noted_never_holds_up_the_answering(bot: Bot) -> None:
    with TelegramStandin(OWNER) as server:
        server.fault("status", method="getUpdates", code=502, description="Bad Gateway")
        ear = Ear()
        with listening(bot, server, ear) as thread:
            assert "Your id is" in Phone(server, OWNER).say("/id")
        assert len(ear.threads) == 1
        assert thread not in ear.threads


def test_a_refused_token_ends_it_with_a_word(bot: Bot) -> None:
    with TelegramStandin(OWNER) as server:
        wrong = TOKEN.replace("canary", "wrong!")
        made = application(wrong, base_url=server.base_url, dispatcher=bot.dispatcher)
        with pytest.raises(DeliveryError, match=REFUSED) as refused:
            answer_all(made, Ear().watch)
    assert refused.value.channel_down


def test_what_was_not_answered_when_it_lost_its_task_comes_to_the_next(bot: Bot) -> None:
    """The first one's answer does not get through before another takes over."""
    with TelegramStandin(OWNER) as server:
        phone = Phone(server, OWNER)
        server.fault("flood", method="sendMessage", retry_after=60)
        ear = Ear(keeps=lambda: "sendMessage" not in [name for name, _ in server.calls])
        with listening(bot, server, ear) as thread:
            phone.write("/id")
            thread.join(20)
        assert confirmed(server) < 1001
        with listening(bot, server, Ear()):
            server.wait_for(1)
        assert len(server.sent) == 1
        assert confirmed(server) == 1001
