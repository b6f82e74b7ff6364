"""`run` over many portfolios: streamed, in parts, by several processes, cut short and gone on."""

from __future__ import annotations

import json
import os
import random
import select
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from tests.examples import examples
from tests.rebalancer.decision.test_limit_properties import any_portfolio
from tests.shell import ORDINARY, PROGRAM, Shell

COUNT = 25


def machine(home: Path) -> Shell:
    """Somebody's machine, on which so many portfolios are kept."""
    made = Shell(home, REBALANCER_PROVIDER="sample", REBALANCER_DATABASE=str(home / "r.db"))
    with open_database(home / "r.db", migrations=(PORTFOLIOS,)) as database:
        for seed in range(COUNT):
            portfolio = replace(any_portfolio(seed), name=f"p{seed:02}")
            Store(database).save_portfolio(portfolio, at=ORDINARY)
    return made


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return machine(tmp_path)


def children_of(pid: int) -> list[int]:
    """Return what becomes readable once each process that another started has ended."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")  # Linux says so
    started = listed.read_text().split() if listed.exists() else []
    return [os.pidfd_open(int(child)) for child in started]


def plans_of(shell: Shell) -> Counter[str]:
    with open_database(shell.home / "r.db", migrations=(PORTFOLIOS,)) as database:
        return Counter(plan.portfolio for plan in Store(database).plans())


def test_more_than_are_read_whole_are_a_line_each(shell: Shell) -> None:
    done = shell.run("run", "--all")
    documents = json.loads(shell.run("run", "--all", "--json").out)["plans"]
    trading = [d["portfolio"] for d in documents if d["decision"] == "trade"]
    lines = done.out.splitlines()
    assert [line.split(":")[0].removeprefix("SAMPLE ") for line in lines] == trading
    assert f"{len(trading)} propose trades" in done.err
    rows = shell.run("run", "--all", "--csv").out.splitlines()
    assert len(rows) == 1 + sum(len(d["trades"]) for d in documents)


def test_each_document_is_that_of_a_run_of_its_own(shell: Shell) -> None:
    many = json.loads(shell.run("run", "--all", "--workers", "2", "--json").out)
    names = [document["portfolio"] for document in many["plans"]]
    assert names == sorted(names)
    for document in many["plans"][:3]:
        alone = json.loads(shell.run("run", document["portfolio"], "--json").out)
        assert alone["as_of"] == many["as_of"]
        assert alone["plans"] == [document]


def test_parts_are_all_of_them_once(shell: Shell) -> None:
    found = [
        document["portfolio"]
        for part in ("1/3", "2/3", "3/3")
        for document in json.loads(shell.run("run", "--shard", part, "--json").out)["plans"]
    ]
    assert sorted(found) == [
        d["portfolio"] for d in json.loads(shell.run("run", "--all", "--json").out)["plans"]
    ]


def test_names_come_from_a_file_or_standard_input(shell: Shell) -> None:
    shell.write("names", "p03\nnobody\np01\n")
    done = shell.run("run", "--portfolios", "names", "--json")
    assert [d["portfolio"] for d in json.loads(done.out)["plans"]] == ["p03", "p01"]
    assert done.code == 2
    assert "nobody: no such portfolio" in done.err
    assert "2 portfolios" not in done.err
    given = shell.run("run", "--portfolios", "-", "--json", given="p02\n")
    assert (given.code, json.loads(given.out)["plans"][0]["portfolio"]) == (0, "p02")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--shard", "4/3"), "--shard 4/3 is no part"),
        (("--portfolios", "nofile"), "nofile cannot be read"),
        (("--shard", "1/2", "--cash", "5"), "--cash cannot go with many portfolios"),
        (("p01", "--shard", "1/2"), "a named portfolio cannot go with many portfolios"),
        (("--shard", "1/2", "--notify"), "--notify looks at few portfolios"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_do(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    done = shell.run("run", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 2


def test_an_empty_database_says_how_to_begin(tmp_path: Path) -> None:
    done = Shell(tmp_path, REBALANCER_PROVIDER="sample").run("run", "--workers", "2")
    assert (done.code, done.out) == (2, "")
    assert "rebalancer add" in done.err


@pytest.mark.parametrize("count", examples(always=2, campaign=100))
def test_a_run_that_is_killed_goes_on_and_keeps_each_plan_once(tmp_path: Path, count: int) -> None:
    names, rng = [f"p{seed:02}" for seed in range(COUNT)], random.Random(7)  # noqa: S311
    for number in range(count):
        (tmp_path / str(number)).mkdir()
        shell = machine(tmp_path / str(number))
        words = ("run", "--save", "--json", "--workers", rng.choice("12"))
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words], cwd=shell.home, env=shell.environment,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            for _ in range(rng.randrange(COUNT)):
                process.stdout.readline()
            workers = children_of(process.pid)
            process.kill()
        for worker in workers:  # none outlives whom it worked for
            assert select.select([worker], [], [], 60)[0]
            os.close(worker)
        assert shell.run("run", "--save", "--workers", "1").code == 0
        assert plans_of(shell) == dict.fromkeys(names, 1)
