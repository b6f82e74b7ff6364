"""A conversation with the bot as a process of its own, through a strict stand-in."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.shell import PROGRAM, Shell
from tests.standins.telegram import TOKEN, TelegramStandin

CHAT = 4711
MINE = """
name = "mine"
policy = { signals = "ignore" }
targets = { bitcoin = "50%", ethereum = "25%", usd-coin = "20%" }
holdings = [{ asset = "bitcoin", quantity = "0.6" }, { asset = "ethereum", quantity = "3" }]
"""


class Phone:
    """Somebody's phone: writes, presses, and waits for what comes."""

    def __init__(self, bot: TelegramStandin) -> None:
        self.bot = bot
        self.number = 0
        self.person = {"id": CHAT, "is_bot": False, "first_name": "Ann"}
        self.chat = {"id": CHAT, "type": "private", "first_name": "Ann"}

    def say(self, text: str) -> str:
        seen = len(self.bot.sent)
        self.number += 1
        length = len(text.split()[0])
        self.bot.push(
            message={
                "message_id": 9000 + self.number, "date": 1_795_000_000, "chat": self.chat,
                "from": self.person, "text": text,
                "entities": [{"type": "bot_command", "offset": 0, "length": length}],
            }
        )  # fmt: skip
        self.bot.wait_for(seen + 1)
        return self.bot.sent[-1].text

    def press(self, label: str) -> str:
        seen = len(self.bot.sent)
        shown = next(s for s in reversed(self.bot.sent) if s.buttons)
        data = next(b["callback_data"] for row in shown.buttons for b in row if b["text"] == label)
        message: dict[str, Any] = {
            "message_id": shown.message_id, "date": 1_795_000_000, "chat": self.chat, "text": "x",
        }  # fmt: skip
        self.bot.push(
            callback_query={
                "id": f"q{seen}", "from": self.person, "chat_instance": "1", "data": data,
                "message": message,
            }
        )  # fmt: skip
        self.bot.wait_for(seen + 1)
        return self.bot.sent[-1].text


@contextmanager
def running(home: Path) -> Iterator[tuple[Shell, Phone, subprocess.Popen[str]]]:
    with TelegramStandin(CHAT) as server:
        shell = Shell(
            home,
            REBALANCER_PROVIDER="sample",
            REBALANCER_TELEGRAM__TOKEN=TOKEN,
            REBALANCER_TELEGRAM__BASE_URL=server.base_url,
        )
        shell.write("mine.toml", MINE)
        shell.run("add", "mine.toml")
        shell.run("user", "add", "ann", "--role", "owner")
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "bot"], cwd=home, env=shell.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            try:
                yield shell, Phone(server), process
            finally:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=30)


def test_link_look_propose_ask_why_and_approve(tmp_path: Path) -> None:
    with running(tmp_path) as (shell, phone, process):
        code = shell.run("link", "ann").out.strip()
        assert "Welcome, ann" in phone.say(f"/start {code}")
        assert re.search(r"mine: (green|amber|red|grey)", phone.say("/status"))
        assert "did you mean /risk" in phone.say("/rsik")
        assert "trades, cost about $" in phone.say("/rebalance")
        assert "against a target of" in phone.press("Why")
        phone.say("/proposal")
        assert "prices moved 0.0% since" in phone.press("Approve")
        approved = phone.press("Confirm")
        assert approved.startswith("Approved. When you have traded: rebalancer apply")
        assert "approve" in phone.say("/history")
        assert "muted until" in phone.say("/mute 8h")
        assert process.poll() is None
    plan = approved.split()[-1]
    assert "its trades are booked" in shell.run("apply", plan).out
    commands = [given for method, given in phone.bot.calls if method == "setMyCommands"]
    assert commands


def test_a_stranger_gets_no_answer_but_his_id(tmp_path: Path) -> None:
    with running(tmp_path) as (_, phone, _process):
        phone.bot.push(
            message={
                "message_id": 1, "date": 1, "chat": phone.chat, "from": phone.person,
                "text": "/status",
                "entities": [{"type": "bot_command", "offset": 0, "length": 7}],
            }
        )  # fmt: skip
        assert phone.say("/id") == f"<b>Your id is {CHAT}</b>"
        assert len(phone.bot.sent) == 1
