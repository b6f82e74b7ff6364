"""The weekly report as a user gets it: on the screen, in files, by mail, once a week."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from portfolios.samples import read_sample
from tests.shell import Shell
from tests.standins.mail import MailStandin

SECTIONS = [
    "WHAT TO DO", "THE WEEK IN NUMBERS", "WHAT MOVED IT, IN POINTS", "SECTORS", "RISK ZONES",
    "SIGNALS, GRADES AND MOOD", "COMING", "ABOUT THE DATA",
]  # fmt: skip


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path, REBALANCER_PROVIDER="sample")
    for name in ("growth", "staked"):
        made.write(f"{name}.toml", read_sample(name).decode())
        assert made.run("add", f"{name}.toml").code == 0
    return made


@pytest.fixture
def server() -> Iterator[MailStandin]:
    with MailStandin("none") as opened:
        yield opened


def with_mail(shell: Shell, server: MailStandin) -> Shell:
    shell.environment |= {
        "REBALANCER_EMAIL__HOST": "localhost",
        "REBALANCER_EMAIL__PORT": str(server.port),
        "REBALANCER_EMAIL__SECURITY": "none",
        "REBALANCER_EMAIL__SENDER": "me@example.org",
        "REBALANCER_EMAIL__TO": "you@example.org",
    }
    return shell


def read(raw: bytes) -> EmailMessage:
    return cast("EmailMessage", email.message_from_bytes(raw, policy=policy.default))


def test_the_report_begins_with_what_matters_and_has_its_sections_in_order(shell: Shell) -> None:
    text = shell.run("report", "staked").out
    assert re.match(r"\S+ SAMPLE staked: [+-]\d+\.\d% this week, drift \d+\.\d%, ", text)
    places = [text.index(section) for section in SECTIONS]
    assert places == sorted(places)
    assert "It proposes, you trade. Not advice." in text


def test_the_same_report_has_the_same_bytes(shell: Shell, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        assert shell.run("report", "growth", "--out", folder).code == 0
    first, second = (sorted((tmp_path / f).iterdir()) for f in ("one", "two"))
    assert [p.name for p in first] == [
        "growth-2026-W47-paths.png", "growth-2026-W47-risks.png", "growth-2026-W47-sectors.png",
        "growth-2026-W47.eml", "growth-2026-W47.html", "growth-2026-W47.txt",
    ]  # fmt: skip
    for one, other in zip(first, second, strict=True):
        if one.suffix != ".eml":  # the borders between its parts are random
            assert one.read_bytes() == other.read_bytes()


def test_the_page_stands_by_itself_and_the_mail_fetches_nothing(
    shell: Shell, tmp_path: Path
) -> None:
    shell.run("report", "growth", "--out", "out")
    page = (tmp_path / "out" / "growth-2026-W47.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    mail = read((tmp_path / "out" / "growth-2026-W47.eml").read_bytes())
    text, related = mail.iter_parts()
    html = next(iter(related.iter_parts())).get_content()
    assert len(html.encode()) < 60_000
    assert "http://" not in html
    assert "https://" not in html
    alts = re.findall(r'<img[^>]* alt="([^"]+)"', html)
    assert len(alts) == 3
    assert all(re.search(r"\d", alt) for alt in alts)
    figures = set(re.findall(r"\d+\.\d%", text.get_content()))
    assert figures <= set(re.findall(r"\d+\.\d%", html))
    assert len(str(mail["Subject"])) <= 50
    assert "$" not in str(mail["Subject"])


def test_a_week_is_sent_once(shell: Shell, server: MailStandin) -> None:
    with_mail(shell, server)
    first = shell.run("report", "growth", "--send")
    assert "1 sent" in first.out, first.err
    again = shell.run("report", "growth", "--send")
    assert "was sent before" in again.err
    assert len(server.inbox.mails) == 1
    assert "was sent before" in shell.run("report", "growth", "--send", "--week", "2026-W48").err
    assert "1 sent" in shell.run("report", "growth", "--send", "--week", "2026-W47").out
    one, other = (read(raw)["Message-ID"] for raw in server.inbox.mails)
    assert one != other


def test_a_round_writes_what_is_due_once(shell: Shell, server: MailStandin) -> None:
    with_mail(shell, server)
    first = shell.run("serve", "--once")
    assert first.code == 0, first.err
    second = shell.run("serve", "--once")
    assert "2 portfolios checked" in first.out
    assert "0 reports" in second.out
    assert "none was due" in second.out
    subjects = [str(read(raw)["Subject"]) for raw in server.inbox.mails]
    assert len(subjects) == len(set(subjects))


@pytest.mark.parametrize("first", ["report", "serve"])
def test_a_week_is_the_same_whichever_command_sends_it(
    tmp_path: Path, server: MailStandin, first: str
) -> None:
    monday = datetime(2026, 11, 23, 8, tzinfo=UTC)
    shell = with_mail(Shell(tmp_path, at=monday, REBALANCER_PROVIDER="sample"), server)
    shell.write("growth.toml", read_sample("growth").decode())
    shell.run("add", "growth.toml")
    commands = [("report", "growth", "--send"), ("serve", "--once")]
    for words in commands if first == "report" else reversed(commands):
        shell.run(*words)
    weekly = [raw for raw in server.inbox.mails if b"Precedence: bulk" in raw]
    assert len(weekly) == 1


def test_a_week_counts_as_sent_only_for_whom_it_was_written(
    shell: Shell, server: MailStandin
) -> None:
    with_mail(shell, server)
    del shell.environment["REBALANCER_EMAIL__TO"]
    shell.run("user", "add", "ann", "--portfolio", "staked", "--email", "ann@example.org")
    nobody = shell.run("report", "growth", "--send")
    assert nobody.code == 2
    assert "nobody is told about growth" in nobody.err
    (way,) = re.findall("`rebalancer ([^`]+)`", nobody.err)
    shell.run(*way.replace("NAME", "bob").split())
    assert "no address, or switched off" in shell.run("report", "growth", "--send").err
    shell.run("user", "add", "bob", "--email", "bob@example.org")
    assert "1 sent" in shell.run("report", "growth", "--send").out
    assert "was sent before" in shell.run("report", "growth", "--send").err


def test_adding_what_nobody_may_see_says_so(shell: Shell) -> None:
    assert "nobody is told" not in shell.run("add", "growth.toml", "--name", "first").err
    shell.run("user", "add", "ann", "--portfolio", "staked")
    done = shell.run("add", "growth.toml", "--name", "second")
    assert (done.code, "nobody is told about second" in done.err) == (0, True)
    assert "nobody is told" not in shell.run("add", "staked.toml").err


def test_what_is_refused_leaves_nothing_that_waits(shell: Shell, server: MailStandin) -> None:
    shell.run("user", "add", "ann", "--role", "owner", "--email", "ann@example.org", "--chat", "7")
    refused = [("report", "growth", "--send"), ("notify", "test"), ("run", "growth", "--notify")]
    for words in refused:
        done = shell.run(*words)
        assert (done.code, "no channel is set up" in done.err) == (2, True)
        assert shell.run("outbox", "--json").out == "[]\n"
    with_mail(shell, server)
    assert shell.run("notify", "test", "--channel", "telegram").code == 2
    assert shell.run("outbox", "--json").out == "[]\n"


def test_a_wrong_week_and_a_folder_that_is_a_file_are_said(shell: Shell) -> None:
    for week in ("last", "2026-W00", "2026-W54", "2025-W53", "2026-w47", "2026-W47 "):
        assert shell.run("report", "growth", "--week", week).code == 2
    shell.write("taken", "x")
    done = shell.run("report", "growth", "--out", "taken")
    assert done.code == 2
    assert "cannot be written" in done.err
    assert shell.run("report", "nobody").code == 2


def test_the_demo_writes_a_report_for_each_sample(tmp_path: Path) -> None:
    assert Shell(tmp_path).run("demo", "--out", "reports").code == 0
    names = {path.suffix for path in (tmp_path / "reports").iterdir()}
    assert names == {".html", ".txt", ".eml", ".png"}
    assert len(list((tmp_path / "reports").glob("*.html"))) == 3
