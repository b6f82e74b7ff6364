"""A conversation with the bot as a process of its own, through a strict stand-in."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.shell import PROGRAM, Shell
from tests.standins.phone import Phone
from tests.standins.telegram import TOKEN, TelegramStandin

CHAT = 4711
MINE = """
name = "mine"
policy = { signals = "ignore" }
targets = { bitcoin = "50%", ethereum = "25%", usd-coin = "20%" }
holdings = [{ asset = "bitcoin", quantity = "0.6" }, { asset = "ethereum", quantity = "3" }]
"""


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
                yield shell, Phone(server, CHAT), process
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
        assert "approved, yours to trade" in phone.press("Confirm")
        assert "approve" in phone.say("/history")
        assert "Muted until" in phone.say("/mute 8h")
        assert process.poll() is None
    (plan,) = (p["plan"] for p in json.loads(shell.run("history", "--json").out))
    assert "its trades are booked" in shell.run("apply", plan).out
    commands = [given for method, given in phone.bot.calls if method == "setMyCommands"]
    assert commands


def test_a_stranger_gets_no_answer_but_his_id(tmp_path: Path) -> None:
    with running(tmp_path) as (_, phone, _process):
        phone.write("/status")
        assert phone.say("/id") == f"<b>Your id is {CHAT}</b>"
        assert len(phone.bot.sent) == 1
