"""People on the command line: changed by what is said, linked, removed, never left ownerless."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.shell import Finished, Shell

HOLDINGS = 'name = "{}"\nholdings = [{{ asset = "bitcoin", quantity = "1" }}]\n'


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path, REBALANCER_PROVIDER="sample")
    for name in ("mine", "yours"):
        made.write(f"{name}.toml", HOLDINGS.format(name))
        assert made.run("add", f"{name}.toml").code == 0
    return made


def add(shell: Shell, *words: str) -> Finished:
    done = shell.run("user", "add", *words)
    assert done.code == 0, done.err
    return done


def person(shell: Shell, name: str) -> dict[str, Any]:
    people = json.loads(shell.run("user", "list", "--json").out)
    found: dict[str, Any] = next(p for p in people if p["name"] == name)
    return found


def test_somebody_new_is_told_when_their_first_weekly_report_comes(shell: Shell) -> None:
    known = add(shell, "ann", "--chat", "7", "--timezone", "Europe/Berlin", "--portfolio", "mine")
    assert "first weekly report: 30 Nov 2026 07:00 CET" in known.out
    assert "first weekly report" not in add(shell, "ann", "--email", "ann@example.org").out
    assert "first weekly report" not in add(shell, "bob").out  # nothing reaches them
    assert "first weekly report" in add(shell, "bob", "--chat", "8").out


def test_whoever_adds_a_portfolio_is_told_when_its_first_weekly_report_comes(shell: Shell) -> None:
    shell.write("third.toml", HOLDINGS.format("third"))
    assert "first weekly report" not in shell.run("add", "third.toml", "--name", "a").err
    add(shell, "ann", "--chat", "7", "--timezone", "Europe/Berlin", "--portfolio", "mine")
    add(shell, "bob", "--chat", "8", "--timezone", "America/New_York", "--role", "owner")
    known = shell.run("add", "third.toml")
    assert "first weekly report: 30 Nov 2026 07:00 EST" in known.err
    assert "first weekly report" not in shell.run("add", "third.toml").err  # not new any more


def test_what_is_not_stated_stays_and_what_changed_is_said(shell: Shell) -> None:
    add(shell, "ann", "--role", "approver", "--chat", "7", "--email", "ann@example.org",
        "--timezone", "Europe/Berlin", "--portfolio", "mine")  # fmt: skip
    before = person(shell, "ann")
    assert "nothing changed" in add(shell, "ann").out
    assert person(shell, "ann") == before
    done = add(shell, "ann", "--role", "owner", "--portfolio", "mine", "--portfolio", "yours")
    assert done.out.splitlines()[1:] == [
        "  role approver -> owner",
        "  portfolios mine -> mine, yours",
    ]
    assert person(shell, "ann") == before | {"role": "owner", "portfolios": ["mine", "yours"]}
    done = add(shell, "ann", "--chat", "", "--portfolio", "")
    assert done.out.splitlines()[1:] == [
        "  chat 7 -> none",
        "  portfolios mine, yours -> all",
    ]


def test_a_group_looks_at_what_is_named_and_has_a_chat_of_its_own(shell: Shell) -> None:
    done = add(shell, "family", "--group", "--chat", "-100", "--portfolio", "mine")
    assert "family: a group, viewer" in done.out
    shown = person(shell, "family")
    assert (shown["is_group"], shown["portfolios"]) == (True, ["mine"])
    assert "group" in shell.run("user", "list").out
    add(shell, "family", "--portfolio", "yours")
    assert person(shell, "family")["chat"] == "-100"
    refused = shell.run("link", "family")
    assert refused.code == 2
    assert "is a group" in refused.err


WRONG = {
    ("eve", "--portfolio", "mien"): "did you mean 'mine'?",
    ("eve", "--chat", "me"): "is no chat",
    ("eve", "--chat", "-5"): "add --group",
    ("eve", "--group"): "a negative number",
    ("eve", "--group", "--chat", "5"): "a negative number",
    ("eve", "--group", "--chat", "-5", "--role", "owner"): "a group only looks",
    ("eve", "--chat", "7"): "chat 7 is ann's already",
    ("ann", "--group"): "a negative number",
    (" ",): "a person needs a name",
    ("a\nb",): "this name has the control character U+000A",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_cannot_be_is_refused_and_changes_nothing(
    shell: Shell, words: tuple[str, ...]
) -> None:
    add(shell, "ann", "--role", "owner", "--chat", "7")
    before = shell.run("user", "list", "--json").out
    done = shell.run("user", "add", *words)
    assert done.code == 2
    assert WRONG[words] in done.err
    assert shell.run("user", "list", "--json").out == before


def test_the_last_owner_is_neither_removed_nor_made_less(shell: Shell) -> None:
    add(shell, "ann", "--role", "owner", "--chat", "7")
    add(shell, "bob")
    for words in (("add", "ann", "--role", "viewer"), ("remove", "ann", "--yes")):
        done = shell.run("user", *words)
        assert done.code == 2
        assert "ann is the only owner" in done.err
        assert "user add NAME --role owner" in done.err
    add(shell, "bob", "--role", "owner")
    add(shell, "ann", "--role", "viewer")
    assert shell.run("user", "remove", "ann", "--yes").code == 0
    assert shell.run("user", "remove", "bob", "--yes").code == 2
    assert shell.run("user", "remove", "nobody", "--yes").code == 2


def test_the_owner_whom_the_settings_name_stands_in(tmp_path: Path) -> None:
    shell = Shell(tmp_path, REBALANCER_PROVIDER="sample", REBALANCER_TELEGRAM__OWNER_ID="4711")
    refused = shell.run("link", "owner")
    assert refused.code == 2
    assert "named by the settings" in refused.err
    assert "user add owner --role owner" in refused.err
    assert shell.run("user", "add", "bob", "--chat", "4711").code == 2
    assert shell.run("user", "add", "owner", "--role", "viewer").code == 2
    done = add(shell, "bob", "--role", "owner", "--chat", "8")
    assert "whom the settings name is none any more" in done.err
    assert "4711" not in shell.run("user", "list", "--json").out
    assert shell.run("user", "remove", "bob", "--yes").code == 0
    assert person(shell, "owner")["chat"] == "4711"
    add(shell, "owner")
    assert person(shell, "owner")["role"] == "owner"
    assert shell.run("link", "owner").code == 0


def test_who_is_not_there_has_no_code(shell: Shell) -> None:
    done = shell.run("link", "eve")
    assert done.code == 2
    assert "nobody is called 'eve'" in done.err
