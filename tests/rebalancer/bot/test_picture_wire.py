"""A picture on the wire: a photo below, with its caption, while the text stays as it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.rebalancer.bot.bot_fixture import NOW, OWNER, Bot
from tests.rebalancer.bot.telegram_fixture import callback, hear, message, private, wired
from tests.standins.telegram import Sent, TelegramStandin

HERE = private(OWNER)


def data_of(sent: Sent, label: str) -> str:
    found = (b["callback_data"] for row in sent.buttons for b in row if b["text"] == label)
    return str(next(found))


def test_a_chart_button_sends_a_photo_and_changes_no_text(tmp_path: Path) -> None:
    bot = Bot(tmp_path)

    async def talk(server: TelegramStandin) -> None:
        async with wired(server, bot.dispatcher) as made:
            asked = message("/sectors shared", at=NOW, chat=HERE, sender=OWNER)
            await hear(made, {"message": asked})
            shown = server.sent[0]
            data = data_of(shown, "Chart")
            number = shown.message_id
            await hear(made, callback(data, sender=OWNER, at=NOW, chat=HERE, message_id=number))

    with TelegramStandin(OWNER) as server:
        asyncio.run(talk(server))
    table, photo = server.sent
    assert table.text.startswith("<b>shared: ")
    assert photo.method == "sendPhoto"
    assert photo.text.startswith("shared: ")
    assert not any(method.startswith("edit") for method, _ in server.calls)


def test_a_typed_chart_is_a_photo_and_a_report_brings_three(tmp_path: Path) -> None:
    bot = Bot(tmp_path)

    async def talk(server: TelegramStandin) -> None:
        async with wired(server, bot.dispatcher) as made:
            for text in ("/chart shared", "/report shared"):
                await hear(made, {"message": message(text, at=NOW, chat=HERE, sender=OWNER)})

    with TelegramStandin(OWNER) as server:
        asyncio.run(talk(server))
    methods = [sent.method for sent in server.sent]
    assert methods[0] == "sendPhoto"
    assert methods[-3:] == ["sendPhoto"] * 3
    assert all(sent.text for sent in server.sent)
