"""`rebalancer serve`: everything in one process, which outlives outages and stops when asked."""

from __future__ import annotations

import json
import signal
import socket
from datetime import datetime
from pathlib import Path

import pytest

from portfolios.store.database import open_database
from portfolios.store.leases import Lease
from rebalancer.wiring.bot import BOT, LEASE
from tests.clock import ORDINARY, Running
from tests.serving import database_of, serving, serving_here
from tests.shell import Shell
from tests.standins.mail import MailStandin
from tests.standins.phone import Phone
from tests.standins.server import TM, Standin
from tests.standins.telegram import TOKEN, TelegramStandin
from tests.standins.world import World

CHAT = 4711
MINE = """
name = "mine"
policy = { signals = "ignore" }
targets = { bitcoin = "50%", ethereum = "25%", usd-coin = "20%" }
holdings = [{ asset = "bitcoin", quantity = "0.6" }, { asset = "ethereum", quantity = "3" }]
alerts = [{ when = "price bitcoin < 100000" }]
"""
MY_ID = f"<b>Your id is {CHAT}</b>"


def shell_of(
    home: Path,
    bot: TelegramStandin | None = None,
    *,
    at: datetime = ORDINARY,
    added: datetime | None = None,
    **more: str,
) -> Shell:
    """A machine with one portfolio, added at the same moment or before."""
    telegram = {} if bot is None else {
        "REBALANCER_TELEGRAM__TOKEN": TOKEN,
        "REBALANCER_TELEGRAM__BASE_URL": bot.base_url,
        "REBALANCER_TELEGRAM__OWNER_ID": str(CHAT),
    }  # fmt: skip
    environment = {"REBALANCER_PROVIDER": "sample"} | telegram | more
    first = Shell(home, at=added or at, **environment)
    first.write("mine.toml", MINE)
    assert first.run("add", "mine.toml").code == 0
    return Shell(home, at=at, **environment)


def mail_at(port: int) -> dict[str, str]:
    return {
        "REBALANCER_EMAIL__HOST": "localhost",
        "REBALANCER_EMAIL__PORT": str(port),
        "REBALANCER_EMAIL__SECURITY": "none",
        "REBALANCER_EMAIL__SENDER": "me@example.org",
        "REBALANCER_EMAIL__TO": "you@example.org",
    }


def closed_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def states(shell: Shell) -> set[str]:
    return {row["state"] for row in json.loads(shell.run("outbox", "--json").out)}


def has_proposed(bot: TelegramStandin) -> bool:
    return any(sent.buttons for sent in bot.sent)


def test_it_looks_tells_answers_measures_and_stops_when_asked(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot:
        shell = shell_of(tmp_path, bot)
        phone = Phone(bot, CHAT, clock=shell.clock)
        with serving(shell, "--metrics", "figures.prom") as server:
            first = server.hears("serving: the bot, a round every 15 minutes, delivery by telegram")
            assert f"database {database_of(shell)}" in first
            server.hears("answering on Telegram")
            server.hears("1 portfolio checked")
            bot.wait_until(lambda: has_proposed(bot))
            assert phone.say("/id") == MY_ID
            assert "All well: checked" in phone.say("/health")
            assert server.end() == 0
            assert server.hears("stopped")
        assert states(shell) == {"sent"}
    figures = (tmp_path / "figures.prom").read_text()
    for name in ("deliveries", "plans_open", "price_age_seconds", "credits_left"):
        assert f"\nrebalancer_{name}" in figures
    assert not list(tmp_path.glob(".figures*"))


def test_a_database_that_is_gone_is_told_and_never_begun_anew(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot:
        shell = shell_of(tmp_path, bot)
        phone, kept = Phone(bot, CHAT, clock=shell.clock), database_of(shell)
        assert shell.run("backup", "kept.db").code == 0
        with serving_here(shell) as server:
            server.hears("answering on Telegram")
            server.hears("1 portfolio checked")
            rounds = server.count("1 portfolio checked")
            for file in kept.parent.glob(f"{kept.name}*"):
                file.unlink()
            server.hears(f"the database {kept} is gone")
            assert "is gone; put it back" in phone.say("/health")
            assert "is gone; put it back" in phone.say("/status")
            assert not kept.exists()
            assert shell.run("restore", "kept.db").code == 0
            server.hears("delivery: well again")
            # Whether a round came while it was gone, and says so, is a matter of moments.
            server.hears("1 portfolio checked", times=rounds + 1)
            assert server.end() == 0
        assert not server.count("0 portfolios checked")
    assert "mine" in shell.run("list").out


def test_ctrl_c_ends_it_with_its_own_code_and_a_log_for_programs_is_json(tmp_path: Path) -> None:
    with serving(shell_of(tmp_path), "--log-json") as server:
        server.hears("1 portfolio checked")
        assert server.end(signal.SIGINT) == 130
    told = [json.loads(line) for line in server.lines]
    assert any(line["text"].startswith("no bot: set REBALANCER_TELEGRAM__TOKEN") for line in told)
    assert any(line["text"].startswith("no channel: what is written waits") for line in told)
    assert {line["part"] for line in told} >= {"MainThread", "round"}


def test_two_on_one_database_answer_and_send_everything_once(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot:
        shell = shell_of(tmp_path, bot)
        phone = Phone(bot, CHAT, clock=shell.clock)
        with serving(shell) as one, serving_here(shell) as other:
            bot.wait_until(lambda: has_proposed(bot))
            one.hears("serving:")
            other.hears(" on Telegram")
            leader, heir = (other, one) if other.count("answering") else (one, other)
            heir.hears("another process answers on Telegram; this one stands by")
            for _ in range(3):
                assert phone.say("/id") == MY_ID
            # Asked to stop, the leader gives the task back at once.
            assert leader.end() == 0
            heir.hears("answering on Telegram")
            for _ in range(3):
                assert phone.say("/id") == MY_ID
            assert heir.end() == 0
        texts = bot.texts(CHAT)
        assert texts.count(MY_ID) == 6
        rest = [text for text in texts if text != MY_ID]
        assert len(rest) == len(set(rest)) == 2  # the rule and the proposal
        assert states(shell) == {"sent"}


def test_one_killed_in_the_middle_leaves_what_it_was_asked_to_the_next(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot:
        shell = shell_of(tmp_path, bot)
        phone = Phone(bot, CHAT, clock=shell.clock)
        with serving(shell) as server:
            server.hears("answering on Telegram")
            bot.wait_until(lambda: has_proposed(bot))
            bot.fault("flood", method="sendMessage", retry_after=60)
            phone.write("/id")
            bot.wait_until(lambda: not bot.faults[0].count)
            server.kill()
        with open_database(database_of(shell)) as database:
            # The lease outlives its owner by a minute; as far as the heir knows it has passed.
            late = shell.clock() + LEASE
            assert not Lease(database, BOT, "heir", LEASE).take(late - LEASE)
            assert Lease(database, BOT, "heir", LEASE).take(late)
            Lease(database, BOT, "heir", LEASE).give_back()
        with serving_here(shell) as heir:
            bot.wait_until(lambda: MY_ID in bot.texts(CHAT))
            assert heir.end() == 0
        assert bot.texts(CHAT).count(MY_ID) == 1


def test_an_outage_of_telegram_is_outlived(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot:
        bot.fault("status", code=500, description="Internal Server Error", count=5)
        shell = shell_of(tmp_path, bot)
        with serving_here(shell) as server:
            server.hears("bot: Telegram does not answer")
            bot.wait_until(lambda: len(bot.sent) == 2)
            assert Phone(bot, CHAT, clock=shell.clock).say("/id") == MY_ID
            assert server.end() == 0
        assert states(shell) == {"sent"}


def test_no_mail_server_and_no_provider_hold_nothing_else_up(tmp_path: Path) -> None:
    with TelegramStandin(CHAT) as bot:
        shell = shell_of(tmp_path, bot, **mail_at(closed_port()))
        shell.run("user", "prefs", "owner", "email/proposal=on")
        with serving_here(shell) as server:
            bot.wait_until(lambda: has_proposed(bot))
            assert server.end() == 0
        assert states(shell) == {"sent", "retry"}
        shell.environment |= {
            "REBALANCER_PROVIDER": "live",
            "REBALANCER_COINGECKO__BASE_URL": f"http://127.0.0.1:{closed_port()}",
        }
        forget_the_round(shell)
        with serving_here(shell) as server:
            server.hears("coingecko: ")
            server.hears("0 portfolios checked")
            phone = Phone(bot, CHAT, clock=shell.clock)
            assert "There are no prices: coingecko" in phone.say("/health")
            assert server.end() == 0


def forget_the_round(shell: Shell) -> None:
    with open_database(database_of(shell)) as database, database.transaction():
        database.execute("DELETE FROM beats")


def test_a_pull_that_waits_for_its_plan_ends_when_asked_and_goes_on_later(tmp_path: Path) -> None:
    clock = Running()
    with Standin(world=World(size=60, now=clock()), clock=clock) as source:
        plan = {
            "REBALANCER_PROVIDER": "live",
            "REBALANCER_TOKENMETRICS__API_KEY": "tm-canary-6b1f0c2d",
            "REBALANCER_TOKENMETRICS__REQUESTS_PER_MINUTE": "1",
        }
        shell = shell_of(tmp_path, at=clock(), **(source.environment | plan))
        with serving_here(shell) as server:
            server.hears("a provider's plan allows no more in this minute")
            assert server.end() == 0
            assert server.count("checked") == 0
        asked = source.count(TM)
        assert asked >= 1
        # It was in the middle, so it is begun again at once, and not from the beginning.
        with serving_here(shell) as server:
            server.hears("a provider's plan allows no more in this minute")
            assert server.end() == 0
        assert source.count(TM) == asked


def test_a_wrong_token_is_told_once_and_mail_still_goes_out(tmp_path: Path) -> None:
    wrong = "987654321:BBcanary-0123456789abcdefghijklmnopq"
    with TelegramStandin(CHAT) as bot, MailStandin("none") as post:
        shell = shell_of(tmp_path, bot, **mail_at(post.port))
        shell.run("user", "prefs", "owner", "email/proposal=on")
        shell.environment["REBALANCER_TELEGRAM__TOKEN"] = wrong
        with serving_here(shell) as server:
            server.hears("bot: Telegram refused the bot's token")
            server.hears("delivery: telegram: Telegram refused the bot's token")
            server.hears("1 portfolio checked")
            assert server.end() == 0
        assert server.count("bot: Telegram refused") == 1
        assert wrong not in "\n".join(server.lines)
        assert any(b"proposed" in mail for mail in post.inbox.mails)


@pytest.mark.parametrize("words", [["--once", "--metrics", "x"], ["--nothing"]])
def test_wrong_words_are_said(tmp_path: Path, words: list[str]) -> None:
    done = Shell(tmp_path, REBALANCER_PROVIDER="sample").run("serve", *words)
    assert done.code == 2


@pytest.mark.parametrize("words", [(), ("--offline",)])
def test_one_round_for_programs_logs_objects_alone_whatever_comes_of_it(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    shell = Shell(tmp_path)
    shell.write("mine.toml", '[[holdings]]\nasset = "bitcoin"\nquantity = "1"\n')
    shell.run("add", "mine.toml", "--offline")
    if not words:
        shell.environment["REBALANCER_TIMEZONE"] = "Mars/Base"
    done = shell.run("serve", "--once", "--log-json", *words)
    assert (done.code, done.out) == (0 if words else 3, "")
    logged = [json.loads(line) for line in done.err.splitlines()]
    assert {line["level"] for line in logged} == {"info" if words else "error"}
