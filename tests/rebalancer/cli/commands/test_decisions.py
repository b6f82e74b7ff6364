"""Decisions on the command line: refused for the reasons of the chat, and told to the others."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from shutil import copytree

import pytest

from portfolios.model.decisions import Verdict
from portfolios.model.plan import Plan
from portfolios.store.database import open_database
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.keep import keep_and_offer
from rebalancer.usecases.proposals.record import record_decision
from tests.clock import ORDINARY
from tests.shell import Finished, Shell

NAME = "my coins"
MINE = f"""
name = "{NAME}"
policy = {{ signals = "ignore" }}
targets = {{ bitcoin = "50%", ethereum = "25%", usd-coin = "20%" }}
holdings = [{{ asset = "bitcoin", quantity = "0.6" }}, {{ asset = "ethereum", quantity = "3" }}]
"""
STILL = 'name = "still"\n[[holdings]]\nasset = "usd-coin"\nquantity = "9"\n'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The machine of somebody who keeps one portfolio, and one proposal of the sample market."""
    shell = Shell(tmp_path_factory.mktemp("home"))
    shell.write("mine.toml", MINE)
    shell.write("still.toml", STILL)
    for words in (
        ("add", "mine.toml", "--offline"),
        ("add", "still.toml", "--offline"),
        ("run", NAME, "--offline", "--save"),
        ("user", "add", "ann", "--role", "owner", "--chat", "7"),
        ("user", "add", "bob", "--portfolio", NAME, "--chat", "8"),
        ("user", "add", "eve", "--portfolio", "still", "--chat", "9"),
    ):
        done = shell.run(*words)
        assert done.code == 0, done.err
    return shell.home


@pytest.fixture
def shell(home: Path, tmp_path: Path) -> Shell:
    return Shell(copytree(home, tmp_path / "home"))


def in_store(shell: Shell, write: Callable[[Store], object]) -> None:
    (path,) = shell.home.rglob("*.db")
    with open_database(path) as database:
        write(Store(database))


def plan_of(shell: Shell) -> str:
    return str(json.loads(shell.run("history", "--offline", "--json").out)[0]["plan"])


def told(shell: Shell) -> dict[str, str]:
    """Return who was told what last."""
    rows = json.loads(shell.run("outbox", "--json").out)
    return {row["person"]: row["headline"] for row in sorted(rows, key=lambda row: row["number"])}


def hint_of(done: Finished) -> list[str]:
    """Return the words that the hint says to type after `rebalancer`."""
    (typed,) = re.findall(r"`rebalancer (.*?)`", done.err)
    return shlex.split(typed)


def save_like(shell: Shell, changed: Callable[[Plan], Plan]) -> str:
    """Keep and offer a plan like the one of the machine, under another id."""

    def write(store: Store) -> None:
        plan = replace(changed(store.plans()[0]), plan_id="f" * 12, inputs_hash="sha256:f")
        keep_and_offer(store, plan, at=ORDINARY)

    in_store(shell, write)
    return "f" * 12


def at_lower_prices(plan: Plan) -> Plan:
    trades = tuple(replace(t, price=t.price * Decimal("0.9")) for t in plan.trades)
    return replace(plan, trades=trades)


def removed(shell: Shell, plan: str) -> tuple[Shell, str]:
    shell.run("remove", NAME, "--yes")
    return shell, plan


def skipped_by_ann(shell: Shell, plan: str) -> tuple[Shell, str]:
    in_store(shell, lambda s: record_decision(s, plan, Verdict.SKIP, at=ORDINARY, by="ann"))
    return shell, plan


def booked(shell: Shell, plan: str) -> tuple[Shell, str]:
    shell.run("apply", plan)
    return shell, plan


def replaced(shell: Shell, plan: str) -> tuple[Shell, str]:
    save_like(shell, lambda plan: plan)
    return shell, plan


def later(shell: Shell, plan: str) -> tuple[Shell, str]:
    return Shell(shell.home, at=ORDINARY + timedelta(hours=49)), plan


def other_holdings(shell: Shell, plan: str) -> tuple[Shell, str]:
    shell.write("mine.toml", MINE.replace('"3"', '"4"'))
    shell.run("add", "mine.toml", "--offline")
    return shell, plan


def other_prices(shell: Shell, plan: str) -> tuple[Shell, str]:
    return shell, save_like(shell, at_lower_prices)


REFUSED: Mapping[str, tuple[Callable[[Shell, str], tuple[Shell, str]], int, str]] = {
    "removed": (removed, 2, "my coins is not kept here any more"),
    "skipped by another": (skipped_by_ann, 2, "is decided already: ann skipped it on 26 Nov 2026"),
    "booked": (booked, 2, "is decided already: cli booked it on 26 Nov 2026"),
    "replaced": (replaced, 2, "a newer proposal took the place of plan"),
    "lapsed": (later, 2, "lapsed on 28 Nov 2026"),
    "holdings changed": (other_holdings, 2, "what is held has changed since plan"),
    "prices moved": (other_prices, 5, "prices moved 11.1% since plan"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_says_why_and_its_hint_works_as_typed(shell: Shell, case: str) -> None:
    happens, code, words = REFUSED[case]
    machine, plan = happens(shell, plan_of(shell))
    before = told(machine)
    done = machine.run("approve", plan)
    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert told(machine) == before
    typed = machine.run(*hint_of(done))
    assert typed.code == 0, typed.err


def test_real_prices_that_are_not_known_are_pulled_first(shell: Shell) -> None:
    plan = save_like(shell, lambda plan: replace(plan, is_sample=False))
    done = shell.run("approve", plan)
    assert done.code == 5
    assert "are not all known now" in done.err
    assert hint_of(done) == ["refresh"]


def test_a_plan_without_trades_has_nothing_to_decide(shell: Shell) -> None:
    shell.run("run", "still", "--offline", "--save")
    done = shell.run("skip", plan_of(shell))
    assert done.code == 2
    assert "there is nothing to decide" in done.err
    assert shell.run(*hint_of(done)).code == 0


def test_the_others_of_the_portfolio_are_told_of_every_new_decision(shell: Shell) -> None:
    plan = plan_of(shell)
    for words, did in (
        (("skip", plan), "skipped"),
        (("snooze", plan, "--days", "3"), "put off"),
        (("approve", plan), "approved"),
        (("apply", plan), "booked"),
    ):
        assert shell.run(*words).code == 0
        said = told(shell)
        assert set(said) == {"ann", "bob"}
        assert all(f"cli {did} the proposal of" in text for text in said.values())


def test_the_same_decision_again_is_as_before_and_told_once(shell: Shell) -> None:
    plan = plan_of(shell)
    assert shell.run("approve", plan).out == f"plan {plan}: approve\n"
    rows = shell.run("outbox", "--json").out
    assert shell.run("approve", plan).out == f"plan {plan}: approve (as before)\n"
    assert shell.run("outbox", "--json").out == rows


def test_a_skip_is_taken_back_by_whose_it_is_and_by_nobody_else(shell: Shell) -> None:
    plan = plan_of(shell)
    assert shell.run("skip", plan).code == 0
    own = shell.run("apply", plan)
    assert (own.code, own.out) == (2, "")
    assert hint_of(own) == ["approve", plan]
    assert shell.run(*hint_of(own)).code == 0
    in_store(shell, lambda s: record_decision(s, plan, Verdict.SKIP, at=ORDINARY, by="ann"))
    done = shell.run("apply", plan)
    assert done.code == 2
    assert "is decided already: ann skipped it" in done.err
    assert shell.run(*hint_of(done)).code == 0


def test_what_a_newer_proposal_replaced_is_not_booked(shell: Shell) -> None:
    plan = plan_of(shell)
    replaced(shell, plan)
    done = shell.run("apply", plan)
    assert (done.code, "a newer proposal took the place" in done.err) == (2, True)
    assert shell.run("apply", "f" * 12).code == 0


@pytest.mark.parametrize("option", ["--save", "--notify"])
def test_a_plan_of_a_file_is_not_kept_since_nobody_could_decide_on_it(
    tmp_path: Path, option: str
) -> None:
    shell = Shell(tmp_path)
    shell.write("mine.toml", MINE)
    done = shell.run("run", "mine.toml", "--offline", option)
    assert done.code == 2
    assert "mine.toml is a file" in done.err
    (advised,) = re.findall("`rebalancer (.*)`", done.err)
    assert shell.run(*shlex.split(advised), "--offline").code == 0
    assert shell.run("run", NAME, "--offline", "--save").code == 0
