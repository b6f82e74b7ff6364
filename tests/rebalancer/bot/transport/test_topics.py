"""Groups with topics, and groups that become supergroups: answers go where somebody asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from alerts.delivery.outbox import Outbox
from alerts.delivery.routing import Post
from alerts.messages import Kind, Message
from portfolios.model.users import Person
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.registry import COMMANDS
from rebalancer.bot.transport.application import NOT_FETCHED
from tests.rebalancer.bot.bot_fixture import OWNER, Bot
from tests.rebalancer.bot.telegram_fixture import callback, group, hear, message, private, wired
from tests.standins.telegram import TelegramStandin

GROUP, SUPERGROUP, TOPIC = -100, -1001234567, 77
IN_TOPIC = {"message_thread_id": TOPIC, "is_topic_message": True}
LOOKS = [name for name, command in COMMANDS.items() if command.in_groups]


def family(chat: int = GROUP) -> Person:
    return Person("family", addresses={"telegram": str(chat)}, portfolios=("shared",),
                  is_group=True)  # fmt: skip


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    bot = Bot(tmp_path)
    with bot.store() as store:
        PeopleStore(store.database).save(family())
    return bot


def talk(
    bot: Bot, what: Callable[[Any, TelegramStandin], Awaitable[None]], *chats: int
) -> TelegramStandin:
    async def talked(server: TelegramStandin) -> None:
        async with wired(server, bot.dispatcher) as made:
            await what(made, server)

    with TelegramStandin(OWNER, GROUP, *chats) as server:
        server.topics = {(GROUP, TOPIC), (OWNER, TOPIC)}
        asyncio.run(talked(server))
        return server


@pytest.mark.parametrize("name", LOOKS)
def test_answers_pages_and_pictures_go_to_the_topic(bot: Bot, name: str) -> None:
    async def ask(made: Any, server: TelegramStandin) -> None:
        said = message(f"/{name}", at=bot.now, chat=group(GROUP), sender=OWNER, **IN_TOPIC)
        await hear(made, {"message": said})
        for button in [b for sent in server.sent for row in sent.buttons for b in row]:
            press = callback(
                button["callback_data"], sender=OWNER, at=bot.now, chat=group(GROUP),
                message_id=server.sent[0].message_id,
            )  # fmt: skip
            press["callback_query"]["message"] |= IN_TOPIC
            await hear(made, press)

    server = talk(bot, ask)
    assert server.sent
    assert {sent.topic for sent in server.sent} == {TOPIC}


def test_long_work_files_and_notices_stay_in_the_topic_of_a_private_chat(bot: Bot) -> None:
    async def ask(made: Any, server: TelegramStandin) -> None:
        said = message("/rebalance shared", at=bot.now, chat=private(OWNER), sender=OWNER)
        await hear(made, {"message": said | IN_TOPIC})
        for label in ("Approve", "Confirm"):
            (data,) = [
                b["callback_data"]
                for row in server.sent[-1].buttons
                for b in row
                if b["text"] == label
            ]
            press = callback(
                data, sender=OWNER, at=bot.now, chat=private(OWNER),
                message_id=server.sent[-1].message_id,
            )  # fmt: skip
            press["callback_query"]["message"] |= IN_TOPIC
            await hear(made, press)
        lost = server.upload("core.toml", b"name = 'core'")
        server.files.clear()
        said = message("", at=bot.now, chat=private(OWNER), sender=OWNER, document=lost)
        await hear(made, {"message": {**said, **IN_TOPIC, "text": None}})

    server = talk(bot, ask)
    assert "sendDocument" in {sent.method for sent in server.sent}
    assert server.sent[-1].text == NOT_FETCHED
    assert {sent.topic for sent in server.sent} == {TOPIC}


def test_an_answer_to_a_message_outside_forums_names_no_topic(bot: Bot) -> None:
    async def ask(made: Any, _: TelegramStandin) -> None:
        said = message(
            "/status", at=bot.now, chat=group(GROUP), sender=OWNER, message_thread_id=5
        )  # fmt: skip
        await hear(made, {"message": said})

    assert [sent.topic for sent in talk(bot, ask).sent] == [None]


@pytest.mark.parametrize("told_in", ["the old chat", "the new chat", "both"])
def test_a_group_that_becomes_a_supergroup_is_known_by_its_new_number(
    bot: Bot, told_in: str
) -> None:
    news = Message(Kind.ZONE_RED, "k", "core: red", bot.now, portfolio="shared")
    with bot.store() as store:
        assert Post.of(store, now=bot.now).send(news, [family()]) == 1

    async def upgrade(made: Any, _: TelegramStandin) -> None:
        old = message("", at=bot.now, chat=group(GROUP), sender=OWNER)
        new = message("", at=bot.now, chat=group(SUPERGROUP), sender=OWNER)
        told = {
            "the old chat": {**old, "text": None, "migrate_to_chat_id": SUPERGROUP},
            "the new chat": {**new, "text": None, "migrate_from_chat_id": GROUP},
        }
        for where, service in told.items():
            if told_in in (where, "both"):
                await hear(made, {"message": service})
        for chat in (SUPERGROUP, GROUP):
            said = message("/status", at=bot.now, chat=group(chat), sender=OWNER)
            await hear(made, {"message": said})

    server = talk(bot, upgrade, SUPERGROUP)
    assert [sent.chat for sent in server.sent] == [SUPERGROUP]
    with bot.store() as store:
        assert PeopleStore(store.database).person("family").address("telegram") == str(SUPERGROUP)
        assert [d.address for d in Outbox(store.database).find()] == [str(SUPERGROUP)]


def test_a_group_that_was_added_anew_before_it_moved_stays_the_only_one(bot: Bot) -> None:
    with bot.store() as store:
        other = Person("again", addresses={"telegram": str(SUPERGROUP)}, portfolios=("shared",),
                       is_group=True)  # fmt: skip
        PeopleStore(store.database).save(other)
    bot.dispatcher.follow(GROUP, SUPERGROUP)
    with bot.store() as store:
        assert PeopleStore(store.database).person("family").address("telegram") == str(GROUP)
