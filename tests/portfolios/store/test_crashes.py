"""Real processes on one real file: killed at any moment, or writing at the same time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# One interpreter imports everything once and forks: each child then starts in a millisecond, and
# the kill falls into its writing instead of its imports. select() waits the random moment.
FORKS = """
import json, os, random, select, signal, sys, time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from portfolios.store.database import open_database
from portfolios.model.decisions import Ruling, Verdict
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.plan import Decision, Plan
from portfolios.store.portfolio_store import Store

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
folder, count = Path(sys.argv[1]), int(sys.argv[2])
path = folder / "rebalancer.db"
chance = random.Random(11)

def plan(number):
    zero = Decimal(0)
    return Plan(f"{number:012x}", "core", NOW, f"sha256:{number:012x}", Decision.HOLD, "", (),
                "full", "balanced", "usd", zero, zero, zero, zero, 0.0, 0.0, 0.0, zero)

def write_one_unit(store, number):
    with store.database.transaction():
        store.save_plan(plan(number), at=NOW)
        held = tuple(Holding(f"asset-{i}", Decimal(number)) for i in range(5))
        store.save_portfolio(Portfolio("core", cash=Decimal(number), holdings=held), at=NOW)
        store.add_decision(Ruling(f"{number:012x}", Verdict.SKIP, NOW, "child"))

def fork(work):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child

def kill_after(child, longest):
    select.select([], [], [], chance.random() * longest)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""

KILLED_WRITING = (
    FORKS
    + """
def endless(number):
    with open_database(path) as database:
        store = Store(database)
        while True:
            write_one_unit(store, number)
            number += 1

def units(database):
    store = Store(database)
    plans = database.tables.table("plans").count
    assert database.tables.table("decisions").count == plans
    found = store.list_portfolios()
    if plans:
        (core,) = found
        assert core.cash == Decimal(plans - 1)
        assert [h.quantity for h in core.holdings] == [Decimal(plans - 1)] * 5
    else:
        assert found == ()
    assert database.row("PRAGMA integrity_check")["integrity_check"] == "ok"
    return plans

def first():
    with open_database(path) as database:
        write_one_unit(Store(database), 0)

done, advanced, begun = 1, 0, time.perf_counter()
os.waitpid(fork(first), 0)
longest = 2 * (time.perf_counter() - begun)  # a busy machine needs longer for a unit
for _ in range(count):
    kill_after(fork(lambda: endless(done)), longest)
    with open_database(path) as database:
        now = units(database)
    assert now >= done
    advanced += now > done
    done = now
print(json.dumps({"units": done, "advanced": advanced}))
"""
)

KILLED_CREATING = (
    FORKS
    + """
def create():
    with open_database(path) as database:
        write_one_unit(Store(database), 0)

ends = {"nothing": 0, "tables": 0, "unit": 0}
for _ in range(count):
    for file in folder.glob("rebalancer.db*"):
        file.unlink()
    kill_after(fork(create), 0.02)
    size = path.stat().st_size if path.exists() else 0
    with open_database(path) as database:
        plans = len(Store(database).plans())
        assert (plans, len(Store(database).list_portfolios())) in ((0, 0), (1, 1))
        assert database.row("PRAGMA integrity_check")["integrity_check"] == "ok"
        ends["unit" if plans else "tables" if size else "nothing"] += 1
        if not plans:
            write_one_unit(Store(database), 0)
print(json.dumps(ends))
"""
)

TOGETHER = (
    FORKS
    + """
def add_up():
    for _ in range(count):
        with open_database(path) as database, database.transaction():
            store = Store(database)
            found = store.list_portfolios()
            cash = found[0].cash if found else Decimal(0)
            store.save_portfolio(Portfolio("core", cash=cash + 1), at=NOW)

children = [fork(add_up) for _ in range(4)]
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
with open_database(path, read_only=True) as database:
    cash = Store(database).load_portfolio("core").cash
print(json.dumps({"codes": codes, "cash": int(cash)}))
"""
)


def answer(script: str, folder: Path, count: int) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(folder), str(count)],
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # forking needs a single thread
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_kill_while_writing_leaves_whole_units(tmp_path: Path) -> None:
    found = answer(KILLED_WRITING, tmp_path, 10)
    assert int(str(found["advanced"])) > 0


def test_a_kill_while_creating_leaves_nothing_or_a_usable_file(tmp_path: Path) -> None:
    found = answer(KILLED_CREATING, tmp_path, 10)
    assert sum(int(str(n)) for n in found.values()) == 10


def test_processes_that_create_and_write_at_once_wait_for_each_other(tmp_path: Path) -> None:
    assert answer(TOGETHER, tmp_path, 8) == {"codes": [0, 0, 0, 0], "cash": 32}


@pytest.mark.campaign
def test_five_hundred_kills_leave_whole_units(tmp_path: Path) -> None:
    assert int(str(answer(KILLED_WRITING, tmp_path, 500)["advanced"])) > 200


@pytest.mark.campaign
def test_five_hundred_kills_while_creating_leave_usable_files(tmp_path: Path) -> None:
    found = answer(KILLED_CREATING, tmp_path, 500)
    assert all(int(str(found[end])) > 5 for end in ("tables", "unit"))


@pytest.mark.campaign
def test_thousands_of_units_from_four_processes_all_arrive(tmp_path: Path) -> None:
    assert answer(TOGETHER, tmp_path, 500) == {"codes": [0, 0, 0, 0], "cash": 2000}
