"""The command `verify`: kept plans, files of runs and problems, and what is none of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from portfolios.store.database import open_database
from tests.rebalancer.cli.test_commands import GROWTH
from tests.serving import database_of
from tests.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_run_and_a_problem_hold_and_are_solved_again_to_the_same_value(shell: Shell) -> None:
    shell.write("run.json", shell.run("demo", "--json").out)
    done = shell.run("verify", "run.json", "--again")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("solved again by a general solver with trades of these sides") == 3
    problem = json.loads((shell.home / "run.json").read_text())["plans"][1]["problem"]
    shell.write("problem.json", json.dumps(problem))
    assert shell.run("verify", "problem.json").code == 0


def test_a_changed_cent_ends_with_the_field_and_a_code_of_its_own(shell: Shell) -> None:
    run = json.loads(shell.run("demo", "--json").out)
    trade = run["plans"][1]["trades"][0]
    trade["notional"] = "1.00"
    shell.write("run.json", json.dumps(run))
    done = shell.run("verify", "run.json")
    assert done.code == 12
    said = f"notional of {trade['asset']}: 1.00 is stated, but the rest of the document makes it"
    assert said in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        ("[]", "cannot be read"),
        ("{}", "this is no plan and no problem"),
        ('{"schema": "rebalancer.plan/1"}', "cannot be read"),
        ('{"schema": "rebalancer.plan/1", "value": NaN}', "NaN is no number"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_plan_gets_one_message(shell: Shell, text: str, said: str) -> None:
    shell.write("x.json", text)
    done = shell.run("verify", "x.json")
    assert done.code == 4
    assert said in done.err
    assert "give the JSON of a plan" in done.err


def test_a_kept_plan_is_checked_as_it_was_saved(shell: Shell) -> None:
    shell.run("init")
    shell.write("mine.toml", GROWTH)
    shell.run("add", "mine.toml", "--offline")
    plan = json.loads(shell.run("run", "mine", "--offline", "--save", "--json").out)["plans"][0]
    done = shell.run("verify", plan["id"])
    assert (done.code, done.err) == (0, "")
    changed = json.dumps({**plan, "reason": "something else"})
    with open_database(database_of(shell)) as database, database.transaction():
        database.execute("DROP TRIGGER plans_never_update")
        database.execute("UPDATE plans SET document = ?", (changed,))
    done = shell.run("verify", plan["id"])
    assert done.code == 12
    assert "digest of the plan" in done.err


def test_a_plan_that_is_not_kept_is_said_to_be_none(shell: Shell) -> None:
    shell.run("init")
    done = shell.run("verify", "abc")
    assert done.code == 2
    assert "there is no plan 'abc'" in done.err
