"""Telling, as a user sets it up: a bot, a mail server, people, and what reaches them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from portfolios.model.users import Person
from portfolios.store.database import open_database
from portfolios.store.user_store import PeopleStore
from tests.serving import database_of
from tests.shell import PROGRAM, Shell, ended
from tests.standins.mail import MailStandin
from tests.standins.telegram import TOKEN, TelegramStandin

CHAT = 4711
RULED = """
name = "mine"
policy = { signals = "ignore", sectors = { meme = { max = "10%" } } }
targets = { bitcoin = "50%", ethereum = "25%", uniswap = "5%", usd-coin = "15%" }
holdings = [
    { asset = "bitcoin", quantity = "0.3" },
    { asset = "ethereum", quantity = "5" },
    { asset = "pepe", quantity = "1500000000" },
    { asset = "cash", quantity = "2500" },
]
alerts = [{ when = "price bitcoin < 100000" }]
"""


def shell_of(home: Path, bot: TelegramStandin, **more: str) -> Shell:
    shell = Shell(
        home,
        REBALANCER_PROVIDER="sample",
        REBALANCER_TELEGRAM__TOKEN=TOKEN,
        REBALANCER_TELEGRAM__BASE_URL=bot.base_url,
        REBALANCER_TELEGRAM__OWNER_ID=str(CHAT),
        **more,
    )
    shell.write("mine.toml", RULED)
    assert shell.run("add", "mine.toml").code == 0
    return shell


def test_a_run_tells_of_its_proposal_and_of_the_users_own_rule_once(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot:
        shell = shell_of(tmp_path, bot)
        first = shell.run("run", "mine", "--notify")
        assert first.code == 0, first.err
        assert "2 sent" in first.out
        second = shell.run("run", "mine", "--notify")
        assert "none was due" in second.out
        rule, proposal = sorted(bot.sent, key=lambda sent: bool(sent.buttons))
    assert "price bitcoin &lt; 100000 is true" in rule.text
    assert "trades, cost about $" in proposal.text
    (plan,) = json.loads(shell.run("history", "--json").out)
    assert [[button["callback_data"] for button in row] for row in proposal.buttons] == [
        [f"{action}:{plan['plan']}" for action in row]
        for row in (("why", "chart"), ("ok", "later", "skip"))
    ]


def test_rules_are_added_shown_and_taken_away(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot:
        shell = shell_of(tmp_path, bot)
        assert shell.run("alerts", "add", "mine", "short_grade uniswap < 40").code == 0
        assert shell.run("alerts", "add", "mine", "colour bitcoin > 3").code == 2
        assert "not judged yet" in shell.run("alerts", "mine").out
        shell.run("run", "mine", "--notify")
        shown = shell.run("alerts", "mine").out
        assert "price bitcoin < 100000" in shown
        assert "true" in shown
        assert shell.run("alerts", "remove", "mine", "short_grade uniswap < 40").code == 0
        assert shell.run("alerts", "remove", "mine", "short_grade uniswap < 40").code == 2
        assert len(json.loads(shell.run("alerts", "--json").out)) == 1


def test_a_trial_message_reaches_each_channel(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot, MailStandin("none") as server:
        shell = shell_of(
            tmp_path, bot,
            REBALANCER_EMAIL__HOST="localhost",
            REBALANCER_EMAIL__PORT=str(server.port),
            REBALANCER_EMAIL__SECURITY="none",
            REBALANCER_EMAIL__SENDER="me@example.org",
            REBALANCER_EMAIL__TO="you@example.org",
        )  # fmt: skip
        assert "2 sent" in shell.run("notify", "test").out
        assert "1 sent" in shell.run("notify", "test", "--channel", "email").out
        assert shell.run("notify", "test", "--channel", "pigeon").code == 2
    assert len(bot.sent) == 1
    assert len(server.inbox.mails) == 2


def test_a_wrong_token_is_one_message_that_names_what_to_mend(tmp_path: Path) -> None:
    wrong = "987654321:BBcanary-0123456789abcdefghijklmnopq"
    with TelegramStandin(CHAT) as bot:
        shell = shell_of(tmp_path, bot)
        shell.environment["REBALANCER_TELEGRAM__TOKEN"] = wrong
        done = shell.run("--debug", "run", "mine", "--notify")
        assert done.code == 0
        assert done.err.count("refused the bot's token") == 1
        assert wrong not in done.out + done.err
        shell.environment["REBALANCER_TELEGRAM__TOKEN"] = TOKEN
        assert "sent" in shell.run("notify", "test").out
        assert len(bot.texts(CHAT)) == 3  # what waited has come too


def test_nothing_set_up_says_what_to_set(tmp_path: Path) -> None:
    shell = Shell(tmp_path, REBALANCER_PROVIDER="sample")
    done = shell.run("notify", "test")
    assert done.code == 2
    assert "REBALANCER_TELEGRAM__OWNER_ID" in done.err


def test_a_blocked_bot_is_seen_in_the_outbox(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot:
        shell = shell_of(tmp_path, bot)
        bot.fault(
            "status", method="sendMessage", code=403,
            description="Forbidden: bot was blocked by the user",
        )  # fmt: skip
        done = shell.run("run", "mine", "--notify")
        assert "cannot be reached" in done.err
        rows = json.loads(shell.run("outbox", "--json").out)
    assert {row["state"] for row in rows} == {"suppressed"}
    assert not bot.sent


def test_people_are_added_and_told_what_concerns_them(tmp_path: Path) -> None:
    with TelegramStandin(CHAT, 4712, 4713) as bot:
        shell = shell_of(tmp_path, bot)
        shell.write("other.toml", RULED.replace("mine", "other"))
        shell.run("add", "other.toml")
        add = ("user", "add")
        assert shell.run(*add, "ann", "--chat", "4712", "--portfolio", "mine").code == 0
        assert shell.run(*add, "bob", "--chat", "4713", "--portfolio", "other").code == 0
        assert shell.run(*add, "eve", "--portfolio", "nothing").code == 2
        assert shell.run(*add, "eve", "--email", "not an address").code == 2
        assert shell.run(*add, "eve", "--timezone", "Mars/Phobos").code == 2
        shell.run("run", "mine", "--notify")
        people = {p["name"] for p in json.loads(shell.run("user", "list", "--json").out)}
    assert people == {"ann", "bob", "owner"}
    assert len(bot.texts(4712)) == 2
    assert bot.texts(4713) == []


@pytest.mark.parametrize("words", [["outbox", "retry", "9"], ["outbox", "x"], ["user", "x"]])
def test_what_is_not_there_is_said(tmp_path: Path, words: list[str]) -> None:
    done = Shell(tmp_path, REBALANCER_PROVIDER="sample").run(*words)
    assert done.code == 2
    assert "Traceback" not in done.err


def test_alerts_are_rehearsed_on_the_past_and_nothing_is_sent(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot:
        shell = shell_of(tmp_path, bot)
        done = shell.run("alerts", "mine", "--replay", "6d")
        assert done.code == 0, done.err
        assert "messages in 6 days" in done.out
        said = json.loads(shell.run("alerts", "mine", "--replay", "6d", "--json").out)
        assert [s["kind"] for s in said][:1] == ["rule"]
        for days in ("soon", "²d", "d"):
            assert shell.run("alerts", "mine", "--replay", days).code == 2
        assert shell.run("outbox", "retry", "²").code == 2
        assert shell.run("alerts", "--replay", "6d").code == 2
        assert bot.sent == []


def test_people_choose_what_reaches_them(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot:
        shell = shell_of(tmp_path, bot)
        prefs = ("user", "prefs", "owner")
        done = shell.run(*prefs, "quiet=22:00-07:00", "telegram/rule=off", "budget=3", "mute=8h")
        assert done.code == 0, done.err
        assert "quiet hours: 22:00 to 07:00 (UTC)" in done.out
        assert "budget: 3 messages a day" in done.out
        assert "muted until" in done.out
        more = shell.run(*prefs, "zone=europe/berlin", "numbers=point", "amounts=hide")
        assert "time zone: Europe/Berlin" in more.out
        assert "as in 1.234,5%" in more.out
        assert "amounts: hidden" in more.out
        assert "Europe/Berlin" in shell.run("user", "list").out
        shell.run(*prefs, "mute=off", "quiet=off")
        shell.run("run", "mine", "--notify")
        for wrong in (
            "quiet=late",
            "mute=long",
            "mute=400d",
            "zone=Nowhere",
            "numbers=odd",
            "budget=none",
            "telegram/weather=on",
            "x",
        ):
            assert shell.run(*prefs, wrong).code == 2
        assert shell.run("user", "prefs", "nobody", "mute=off").code == 2
    assert ["is true" in text for text in bot.texts(CHAT)] == [False]


def test_who_is_not_reached_on_one_channel_is_told_on_the_other(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot, MailStandin("none") as server:
        shell = shell_of(
            tmp_path, bot,
            REBALANCER_EMAIL__HOST="localhost",
            REBALANCER_EMAIL__PORT=str(server.port),
            REBALANCER_EMAIL__SECURITY="none",
            REBALANCER_EMAIL__SENDER="me@example.org",
            REBALANCER_EMAIL__TO="you@example.org",
        )  # fmt: skip
        bot.fault(
            "status", method="sendMessage", code=403,
            description="Forbidden: bot was blocked by the user",
        )  # fmt: skip
        shell.run("run", "mine", "--notify")
    (mail,) = server.inbox.mails
    assert b"Subject: Telegram does not reach you" in mail
    assert b"price bitcoin < 100000 is true" in mail


def add_people(shell: Shell, count: int) -> None:
    """Keep people with a chat each, so that only the pace of all together holds a sender back."""
    with open_database(database_of(shell)) as database, database.transaction():
        for chat in range(1, count + 1):
            person = Person(f"p{chat}", addresses={"telegram": str(chat)}, portfolios=("mine",))
            PeopleStore(database).save(person)


def test_a_request_to_stop_finishes_what_is_being_sent_and_claims_no_more(tmp_path: Path) -> None:
    with TelegramStandin(*range(1, 400)) as bot:
        shell = shell_of(tmp_path, bot)
        add_people(shell, 299)
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "run", "mine", "--notify"], cwd=tmp_path,
            env=shell.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            bot.wait_for(30)
            out, err = ended(process, signal.SIGTERM)
        assert process.returncode == 0, err
        assert "sent" in out
        sent = len(bot.sent)
        rows = json.loads(shell.run("outbox", "--json").out)
        assert sent < 500
        assert not {row["state"] for row in rows} & {"sending", "unknown"}


def test_a_signal_that_flips_and_the_weeks_report_reach_their_person(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot, MailStandin("none") as server:
        shell = shell_of(
            tmp_path, bot,
            REBALANCER_EMAIL__HOST="localhost",
            REBALANCER_EMAIL__PORT=str(server.port),
            REBALANCER_EMAIL__SECURITY="none",
            REBALANCER_EMAIL__SENDER="me@example.org",
            REBALANCER_EMAIL__TO="you@example.org",
        )  # fmt: skip
        held = RULED.replace("pepe", "monero").replace("1500000000", "20")
        shell.write("mine.toml", held)
        shell.run("add", "mine.toml")
        for _ in range(2):
            assert shell.run("run", "mine", "--notify").code == 0
            assert shell.run("report", "mine", "--send").code == 0
    signals = [sent for sent in bot.sent if "turned bearish" in sent.text]
    proposals = [sent for sent in bot.sent if sent.buttons]
    assert [sent.text.split("\n")[0] for sent in signals] == [
        "<b>SAMPLE mine: XMR turned bearish</b>"
    ]
    assert signals[0].is_silent
    assert len(proposals) == 1
    assert len(server.inbox.mails) == 1
    assert b"Content-ID: <sectors.png>" in server.inbox.mails[0]


def test_a_person_is_given_a_code_that_works_once(tmp_path: Path) -> None:
    shell = Shell(tmp_path, REBALANCER_PROVIDER="sample")
    assert shell.run("user", "add", "ann").code == 0
    first, second = shell.run("link", "ann"), shell.run("link", "ann")
    assert len(first.out.strip()) >= 22
    assert first.out != second.out
    assert "/start" in first.err
    assert shell.run("link", "nobody").code == 2
