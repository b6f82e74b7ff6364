"""A conversation with the bot as a process of its own, through a strict stand-in."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

from tests.shell import PROGRAM, Shell, ended
from tests.standins.phone import Phone
from tests.standins.telegram import TOKEN, Sent, TelegramStandin

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
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
                yield shell, Phone(server, CHAT, clock=shell.clock), process
            finally:
                ended(process, signal.SIGINT)


def transcript() -> list[str]:
    """Return the conversation that the README shows, line by line."""
    (shown,) = (
        b for b in re.findall(r"^```text\n(.*?)^```", README, re.M | re.S) if "> /start" in b
    )
    return [line for line in shown.splitlines() if line.strip()]


def seen(sent: Sent) -> list[str]:
    """Return a message as it stands on the phone: its lines, and its rows of buttons."""
    text = unescape(re.sub(r"</?[a-z]+>", "", sent.text))
    rows = [" ".join(f"[{button['text']}]" for button in row) for row in sent.buttons]
    return [line.rstrip() for line in (*text.splitlines(), *rows) if line.strip()]


def talk(phone: Phone, word: str, code: str) -> list[str]:
    """Write or press what a line of the conversation says; returns what came of it."""
    if word.startswith("["):
        phone.press(word.strip("[]"))
    else:
        phone.say(word.replace("CODE", code))
    return seen([sent for sent in phone.mine if sent.method == "sendMessage"][-1])


def undated(lines: list[str]) -> list[str]:
    """Leave the dates out, which are those of the day on which one talks."""
    return [re.sub(r"\d{1,2} [A-Z][a-z]{2} \d{4}( \d\d:\d\d UTC)?", "DATE", line) for line in lines]


def test_the_conversation_goes_as_the_readme_shows_it(tmp_path: Path) -> None:
    with running(tmp_path) as (shell, phone, process):
        code, said = shell.run("link", "ann").out.strip(), []
        for word in (line.removeprefix("> ") for line in transcript() if line.startswith("> ")):
            said += [f"> {word}", *talk(phone, word, code)]
        print("\n".join(said))
        assert undated(said) == undated(transcript())
        assert process.poll() is None
    (plan,) = json.loads(shell.run("history", "--json").out)
    assert plan["decision"] == "apply"
    assert "applied already" in shell.run("apply", plan["plan"]).out


def test_the_rest_of_a_visit(tmp_path: Path) -> None:
    with running(tmp_path) as (shell, phone, _):
        phone.say(f"/start {shell.run('link', 'ann').out.strip()}")
        assert "did you mean /risk" in phone.say("/rsik")
        assert "no proposal yet" in phone.say("/proposal")
        phone.say("/rebalance")
        assert phone.press("Snooze").startswith("Put off: it comes again on")
        assert "Open until" in phone.say("/proposal")
        assert "no proposals" not in phone.say("/history")
        phone.send_file("other.toml", MINE.replace("mine", "other").encode())
        assert "other" in phone.press("Confirm")
        assert "other" in shell.run("list").out


def test_a_stranger_gets_no_answer_but_their_id(tmp_path: Path) -> None:
    with running(tmp_path) as (_, phone, _process):
        phone.write("/status")
        assert f"<b>Your id is {CHAT}</b>" in phone.say("/id")
        assert len(phone.bot.sent) == 1
