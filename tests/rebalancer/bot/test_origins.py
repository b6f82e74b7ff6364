"""Whatever comes from anybody but a linked person in their own chat is answered with nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portfolios.model.users import Person
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.registry import COMMANDS
from tests.rebalancer.bot.bot_fixture import CANARY, OWNER, STRANGER, VIEWER, Bot, plan_of
from tests.rebalancer.bot.telegram_fixture import (
    ANONYMOUS_ADMIN,
    callback,
    group,
    hear,
    message,
    person,
    private,
    wired,
)
from tests.standins.telegram import TelegramStandin

GROUP, CHANNEL = -100, -200
Raw = Mapping[str, Any]
ORIGINS: Mapping[str, Callable[[str, datetime], Raw]] = {
    "a stranger": lambda text, at: {
        "message": message(text, at=at, chat=private(STRANGER), sender=STRANGER)
    },
    "somebody else in an allowed group": lambda text, at: {
        "message": message(text, at=at, chat=group(GROUP), sender=STRANGER)
    },
    "a channel's post": lambda text, at: {
        "channel_post": message(
            text, at=at, chat={"id": CHANNEL, "type": "channel", "title": "News"}, sender=None,
            sender_chat={"id": CHANNEL, "type": "channel", "title": "News"},
        )
    },
    "an anonymous admin": lambda text, at: {
        "message": message(
            text, at=at, chat=group(GROUP), sender=ANONYMOUS_ADMIN, sender_chat=group(GROUP)
        )
    },
    "an edited message": lambda text, at: {
        "edited_message": message(
            text, at=at, chat=private(OWNER), sender=OWNER, edit_date=int(at.timestamp())
        )
    },
    "a press of a stranger": lambda text, at: callback(
        text[:64], sender=STRANGER, at=at, chat=private(STRANGER)
    ),
    "an inline query": lambda text, _: {
        "inline_query": {"id": "i", "from": person(OWNER), "query": text, "offset": ""}
    },
    "nobody": lambda text, at: {"message": message(text, at=at, chat=group(GROUP), sender=None)},
}  # fmt: skip


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    bot = Bot(tmp_path)
    with bot.store() as store:
        family = Person(
            "family", addresses={"telegram": str(GROUP)}, portfolios=("shared",), is_group=True
        )
        PeopleStore(store.database).save(family)
    return bot


def heard_from(bot: Bot, origin: str, texts: list[str]) -> TelegramStandin:
    """Hand each text to the bot from one origin; returns what it did about that."""

    async def all_of_them(server: TelegramStandin) -> None:
        async with wired(server, bot.dispatcher) as made:
            for text in texts:
                await hear(made, ORIGINS[origin](text, bot.now))

    with TelegramStandin(OWNER, VIEWER, STRANGER, GROUP, CHANNEL) as server:
        asyncio.run(all_of_them(server))
        return server


@pytest.mark.parametrize("origin", ORIGINS)
def test_no_handler_answers_or_does_anything(bot: Bot, origin: str) -> None:
    plan = plan_of(bot.ask_proposal())
    yes = bot.confirmation(plan)
    actions = ("why", "ok", "no", "skip", "later", "book", "booked", "chart", "keep", "drop")
    texts = [f"/{name} {CANARY}" for name in COMMANDS]
    texts += [f"/{name}@rebalancer_bot" for name in COMMANDS]
    texts += [*(f"{action}:{plan}" for action in actions), yes, "do:0123456789"]
    server = heard_from(bot, origin, texts)
    assert [(sent.chat, sent.text) for sent in server.sent] == []
    assert {str(a.get("text")) for a in server.answered} <= {"This is not yours to press."}
    assert bot.verdicts(plan) == []


def test_every_press_is_answered_even_a_strangers(bot: Bot) -> None:
    server = heard_from(bot, "a press of a stranger", ["ok:1", "do:2", "", "x" * 64])
    assert len([a for a in server.answered if a["method"] == "answerCallbackQuery"]) == 4


def test_a_member_of_an_allowed_group_sees_its_portfolios_without_amounts(bot: Bot) -> None:
    async def ask(server: TelegramStandin) -> None:
        async with wired(server, bot.dispatcher) as made:
            for name in COMMANDS:
                bot.now += timedelta(minutes=1)  # nobody is answered oftener than that
                text = f"/{name}@Rebalancer_Bot"
                await hear(
                    made, {"message": message(text, at=bot.now, chat=group(GROUP), sender=OWNER)}
                )

    bot.say("/rebalance shared")
    amounts = re.findall(r"\$[\d,.]+", bot.say("/portfolio shared"))
    assert len(amounts) == 4
    with TelegramStandin(OWNER, GROUP) as server:
        asyncio.run(ask(server))
        texts = server.texts(GROUP)
    assert server.texts(OWNER) == []
    assert len(texts) == len(COMMANDS)
    assert any("shared" in text for text in texts)
    assert not [text for text in texts if any(word in text for word in (CANARY, *amounts))]


def test_commands_of_another_bot_and_unknown_ones_in_a_group_are_left_alone(bot: Bot) -> None:
    async def ask(server: TelegramStandin) -> None:
        async with wired(server, bot.dispatcher) as made:
            for text in ("/status@other_bot", "/weather", "hello"):
                said = message(text, at=bot.now, chat=group(GROUP), sender=OWNER)
                await hear(made, {"message": said})

    with TelegramStandin(OWNER, GROUP) as server:
        asyncio.run(ask(server))
    assert server.sent == []
