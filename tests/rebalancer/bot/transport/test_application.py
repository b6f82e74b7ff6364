"""The bot on the wire: long work, pictures of failures, many people at once, one order per chat."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.delivery.outbox import Outbox
from portfolios.model.decisions import Verdict
from portfolios.model.users import Person
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.transport.application import LISTENS_TO, NOT_FETCHED, WORKING, introduce
from tests.rebalancer.bot.bot_fixture import OWNER, Bot, plan_of
from tests.rebalancer.bot.telegram_fixture import callback, hear, message, private, updated, wired
from tests.standins.telegram import Sent, TelegramStandin


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


class Line:
    """One person's private chat, on the wire."""

    def __init__(self, bot: Bot, made: Any, user: int = OWNER) -> None:
        self.bot, self.made, self.user = bot, made, user

    async def say(self, text: str) -> None:
        said = message(text, at=self.bot.now, chat=private(self.user), sender=self.user)
        await hear(self.made, {"message": said})

    async def press(self, sent: Sent, label: str) -> None:
        data = next(b["callback_data"] for row in sent.buttons for b in row if b["text"] == label)
        where = {"chat": private(self.user), "message_id": sent.message_id}
        await hear(self.made, callback(data, sender=self.user, at=self.bot.now, **where))


def talk(
    bot: Bot, what: Callable[[Line, TelegramStandin], Awaitable[None]], *chats: int
) -> TelegramStandin:
    async def talked(server: TelegramStandin) -> None:
        async with wired(server, bot.dispatcher) as made:
            await what(Line(bot, made), server)

    with TelegramStandin(OWNER, *chats) as server:
        asyncio.run(talked(server))
        return server


def test_long_work_is_announced_and_its_answer_takes_that_place(bot: Bot) -> None:
    async def ask(line: Line, _: TelegramStandin) -> None:
        await line.say("/rebalance shared")

    server = talk(bot, ask)
    methods = [name for name, _ in server.calls if name in ("sendMessage", "editMessageText")]
    assert methods == ["sendMessage", "editMessageText"]
    first = next(given for name, given in server.calls if name == "sendMessage")
    assert first["text"] == WORKING
    assert "trades, cost about $" in server.sent[0].text


def test_a_quick_answer_comes_at_once(bot: Bot) -> None:
    async def ask(line: Line, _: TelegramStandin) -> None:
        await line.say("/status")

    server = talk(bot, ask)
    assert [name for name, _ in server.calls if name.startswith(("send", "edit"))] == [
        "sendMessage"
    ]


def test_refresh_changes_the_message_and_every_press_is_answered(bot: Bot) -> None:
    async def ask(line: Line, server: TelegramStandin) -> None:
        await line.say("/portfolio shared")
        await line.press(server.sent[0], "Refresh")  # nothing has changed, and nothing fails
        held = bot.market.quotes["bitcoin"]
        dearer = {"bitcoin": replace(held, price=held.price * 2)}
        bot.market = replace(bot.market, quotes={**bot.market.quotes, **dearer})
        await line.press(server.sent[0], "Refresh")

    server = talk(bot, ask)
    assert len(server.sent) == 1
    assert len([a for a in server.answered if a["method"] == "answerCallbackQuery"]) == 2
    edits = [given["text"] for name, given in server.calls if name == "editMessageText"]
    assert len(set(edits)) == 2


def test_an_approval_takes_its_buttons_away_and_brings_a_ticket_and_a_file(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal("shared"))

    async def ask(line: Line, server: TelegramStandin) -> None:
        await line.say("/proposal shared")
        await line.press(server.sent[-1], "Approve")
        asked = server.sent[-1]
        await line.press(asked, "Confirm")
        assert asked.buttons == []

    server = talk(bot, ask)
    assert bot.verdicts(plan) == [Verdict.APPROVE]
    document = server.sent[-1]
    assert document.method == "sendDocument"
    assert document.photo.startswith(b'"plan","portfolio"')
    assert "approved, yours to trade" in server.sent[-2].text


def test_what_tells_of_a_decision_is_delivered_later_where_it_cannot_be_now(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal("shared"))
    yes = bot.confirmation(plan)

    async def ask(line: Line, server: TelegramStandin) -> None:
        server.fault("status", method="sendMessage", code=502, count=9, description="Bad Gateway")
        await hear(line.made, callback(yes, sender=OWNER, at=bot.now, chat=private(OWNER)))

    talk(bot, ask)
    assert bot.verdicts(plan) == [Verdict.APPROVE]
    with bot.store() as store:
        (owed,) = Outbox(store.database).find(person="ann")
    assert "approved, yours to trade" in owed.message.headline


def test_a_ticket_comes_although_the_press_could_not_be_answered(bot: Bot) -> None:
    yes = bot.confirmation(plan_of(bot.ask_proposal("shared")))

    async def ask(line: Line, server: TelegramStandin) -> None:
        server.fault("status", method="answerCallbackQuery", code=502, description="Bad Gateway")
        server.fault("void", method="editMessageReplyMarkup")
        await hear(line.made, callback(yes, sender=OWNER, at=bot.now, chat=private(OWNER)))

    server = talk(bot, ask)
    assert "approved, yours to trade" in server.sent[0].text
    assert server.sent[1].method == "sendDocument"


def test_an_answer_that_says_nothing_counts_as_none(bot: Bot) -> None:
    yes = bot.confirmation(plan_of(bot.ask_proposal("shared")))

    async def ask(line: Line, server: TelegramStandin) -> None:
        server.fault("void", method="sendMessage")
        await hear(line.made, callback(yes, sender=OWNER, at=bot.now, chat=private(OWNER)))

    talk(bot, ask)
    with bot.store() as store:
        (owed,) = Outbox(store.database).find(person="ann")
    assert "approved, yours to trade" in owed.message.headline


def test_who_is_asked_to_wait_tries_again(bot: Bot) -> None:
    async def ask(line: Line, server: TelegramStandin) -> None:
        server.fault("flood", method="sendMessage", retry_after=1)
        await line.say("/status")

    assert len(talk(bot, ask).sent) == 1


def test_refused_markup_is_sent_as_plain_text(bot: Bot) -> None:
    async def ask(line: Line, server: TelegramStandin) -> None:
        server.fault(
            "status",
            method="sendMessage",
            code=400,
            description="Bad Request: can't parse entities",
        )
        await line.say("/status")

    (sent,) = talk(bot, ask).sent
    assert "<b>" not in sent.text


def test_a_file_that_cannot_be_fetched_is_asked_for_again(bot: Bot) -> None:
    async def ask(line: Line, server: TelegramStandin) -> None:
        document = server.upload("core.toml", b"name = 'core'")
        server.files.clear()
        said = message("", at=bot.now, chat=private(OWNER), sender=OWNER, document=document)
        await hear(line.made, {"message": {**said, "text": None}})

    assert talk(bot, ask).texts(OWNER) == [NOT_FETCHED]


def test_the_menu_is_made_of_the_registry(bot: Bot) -> None:
    async def ask(line: Line, _: TelegramStandin) -> None:
        await introduce(line.made)

    server = talk(bot, ask)
    menus = [str(given) for name, given in server.calls if name == "setMyCommands"]
    assert ['"rebalance"' in menu for menu in menus] == [True, False]
    assert all('"status"' in menu for menu in menus)


@pytest.mark.parametrize("users", [8, pytest.param(50, marks=pytest.mark.campaign)])
def test_many_people_at_once_all_get_answers_each_in_order(bot: Bot, users: int) -> None:
    chats = range(1000, 1000 + users)
    with bot.store() as store:
        for chat in chats:
            mine = Person(f"p{chat}", addresses={"telegram": str(chat)}, portfolios=("shared",))
            PeopleStore(store.database).save(mine)
    words = ("/status", "/portfolio", "/sectors", "/risk", "/help")

    async def everybody(line: Line, server: TelegramStandin) -> None:
        made = line.made
        await made.start()
        for word in words:
            for chat in chats:
                said = message(word, at=bot.now, chat=private(chat), sender=chat)
                await made.update_queue.put(updated(made, {"message": said}))
        await asyncio.to_thread(server.wait_for, users * len(words))
        await made.stop()

    server = talk(bot, everybody, *chats)
    firsts = {chat: [text.split("\n")[0] for text in server.texts(chat)] for chat in chats}
    assert {tuple(first) for first in firsts.values()} == {tuple(firsts[chats[0]])}
    assert len(firsts[chats[0]]) == len(words)
    assert "sectors" in firsts[chats[0]][2]


def test_only_messages_and_presses_are_listened_to() -> None:
    assert LISTENS_TO == ["message", "callback_query"]
