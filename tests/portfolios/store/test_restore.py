"""Going back to a backup: the whole of it or nothing, and what was there is kept."""

from __future__ import annotations

import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.errors import RebalancerError, StoreError, UsageError
from portfolios.model.portfolio import Portfolio
from portfolios.store.backup import back_up, restore
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from portfolios.store.sqlite_file import side_files

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SERVANT = """
import os, signal, sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from portfolios.model.portfolio import Portfolio
from portfolios.store.backup import restore
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store

def written(path, first, count):
    database = open_database(Path(path))
    for number in range(int(first), int(first) + int(count)):
        mine = Portfolio("core", cash=Decimal(number))
        Store(database).save_portfolio(mine, at=datetime(2026, 11, 24, tzinfo=UTC))
    return database

def kill(path, first, count):
    database = written(path, first, count)
    os.kill(os.getpid(), signal.SIGKILL)

def cut(backup, path, steps):
    left = int(steps)
    def hook(event, _):
        nonlocal left
        if event in ("open", "os.rename", "os.link", "os.remove"):
            left -= 1
            if left < 0:
                os._exit(9)
    sys.addaudithook(hook)
    restore(Path(backup), Path(path), migrations=(PORTFOLIOS,))

held = []
for line in sys.stdin:
    what, *words = line.rstrip("\\n").split("\\t")
    if what == "hold":
        held.append(open_database(Path(words[0])))
        held[-1].row("SELECT 1 FROM portfolios")
    elif what == "release":
        held.pop().close()
    child = os.fork() if what in ("kill", "cut") else None
    if child == 0:
        try:
            {"kill": kill, "cut": cut}[what](*words)
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitpid(child, 0)[1] if child else 0
    print(os.waitstatus_to_exitcode(code), flush=True)
"""


class Servant:
    """Another process that does to a file what it is told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def __call__(self, *words: object) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def servant() -> Iterator[Servant]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVANT], cwd=Path(__file__).parents[3],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield Servant(process)


def write(path: Path, cash: int) -> None:
    with open_database(path) as database:
        Store(database).save_portfolio(Portfolio("core", cash=Decimal(cash)), at=NOW)


def cash(path: Path) -> int | None:
    with open_database(path) as database:
        found = Store(database).list_portfolios()
    return int(found[0].cash) if found else None


def contents(*paths: Path) -> dict[str, bytes]:
    every = [each for path in paths for each in (path, *side_files(path))]
    return {p.name: p.read_bytes() for p in every if p.exists() and not p.name.endswith("-shm")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a database at 200 and a backup of it at 100."""
    write(tmp_path / "a.db", 100)
    with open_database(tmp_path / "a.db") as database:
        back_up(database, tmp_path / "backup")
    shutil.copy(tmp_path / "a.db", tmp_path / "plain copy")
    write(tmp_path / "a.db", 200)
    return tmp_path


OLD = ("at rest", "killed", "missing", "damaged", "no database", "a strange log")
GOOD = {"backup": 100, "plain copy": 100, "killed copy": 307}
BAD = ("newer", "another program's", "text", "empty", "damaged backup", "nowhere", "a copy astray")
HELD = ("by nobody", "by another", "by this process")


def make_old(kind: str, path: Path, servant: Servant, count: int) -> None:
    if kind in ("killed", "a strange log"):
        assert servant("kill", path, 200, count) == -9
    if kind == "a strange log":
        shutil.copy(path.with_name("plain copy"), path)
    elif kind == "missing":
        path.unlink()
    elif kind == "damaged":
        path.write_bytes(path.read_bytes()[:5000] + b"\xff" * 20000)
    elif kind == "no database":
        path.write_bytes(b"nothing of ours")


def make_backup(kind: str, folder: Path, servant: Servant) -> Path:
    made = folder / kind
    if kind in ("killed copy", "a copy astray"):
        assert servant("kill", made, 300, 8) == -9
    if kind == "a copy astray":
        shutil.copy(folder / "plain copy", made)
    elif kind in ("newer", "damaged backup"):
        shutil.copy(folder / "backup", made)
    if kind == "newer":
        with closing(sqlite3.connect(made)) as sql, sql:
            sql.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
                " VALUES ('portfolios', 'm999_later', '')"
            )
    elif kind == "damaged backup":
        made.write_bytes(made.read_bytes()[:5000] + b"\xff" * 20000)
    elif kind == "another program's":
        with closing(sqlite3.connect(made)) as sql:
            sql.execute("CREATE TABLE t (a)")
    elif kind in ("text", "empty"):
        made.write_text("words" if kind == "text" else "")
    return made


@contextmanager
def held_open(kind: str, path: Path, servant: Servant) -> Iterator[None]:
    if kind == "by another":
        servant("hold", path)
        yield
        servant("release")
    elif kind == "by this process":
        with open_database(path) as database:
            database.row("SELECT 1 FROM portfolios")
            yield
    else:
        yield


def try_one(
    folder: Path, servant: Servant, old: str, kind: str, held: str, *, count: int = 5
) -> None:
    """Restore once: all of the backup and the old kept, or an error and everything as it was."""
    path = folder / "a.db"
    make_old(old, path, servant, count)
    backup = make_backup(kind, folder, servant)
    with held_open(held, path, servant):
        before, source = contents(path), contents(backup)
        is_fine = kind in GOOD and held == "by nobody"
        if not is_fine:
            with pytest.raises(RebalancerError) as caught:
                restore(backup, path, migrations=(PORTFOLIOS,))
            assert caught.value.hint
            assert contents(path) == before
        else:
            kept = restore(backup, path, migrations=(PORTFOLIOS,))
            aside = {p.name.replace(".replaced-1", ""): p.read_bytes() for p in kept}
            assert {n: c for n, c in aside.items() if not n.endswith("-shm")} == before
            assert cash(path) == GOOD[kind]
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert contents(backup) == source
    assert not list(folder.glob("*.part*"))
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize(
    ("old", "kind", "held"),
    [
        *((old, "backup", "by nobody") for old in OLD),
        *(("killed", kind, "by nobody") for kind in ("killed copy", "plain copy", *BAD)),
        *(("at rest", "backup", held) for held in HELD[1:]),
    ],
)
def test_a_restore_is_whole_or_refused(
    folder: Path, servant: Servant, old: str, kind: str, held: str
) -> None:
    try_one(folder, servant, old, kind, held)


@pytest.mark.campaign
def test_200_restores_of_every_kind_lose_nothing(tmp_path: Path, servant: Servant) -> None:
    chance = random.Random(19)  # noqa: S311
    for number in range(200):
        folder = tmp_path / str(number)
        folder.mkdir()
        write(folder / "a.db", 100)
        with open_database(folder / "a.db") as database:
            back_up(database, folder / "backup")
        shutil.copy(folder / "a.db", folder / "plain copy")
        write(folder / "a.db", 200)
        held = chance.choice((*HELD, "by nobody", "by nobody"))
        old = chance.choice(OLD if held == "by nobody" else OLD[:2])
        kind = chance.choice((*GOOD, *GOOD, *BAD))
        try_one(folder, servant, old, kind, held, count=chance.randint(1, 400))
        shutil.rmtree(folder)


@pytest.mark.parametrize("kind", ["backup", "plain copy"])
@pytest.mark.parametrize("count", [1, 7])
def test_a_copy_put_beside_the_log_of_a_killed_program_is_refused(
    folder: Path, servant: Servant, kind: str, count: int
) -> None:
    path = folder / "a.db"
    assert servant("kill", path, 200, count) == -9
    shutil.copy(folder / kind, path)
    before = contents(path)
    for read_only in (True, False):
        with pytest.raises(StoreError, match="belongs to another database") as caught:
            open_database(path, read_only=read_only)
        assert "rebalancer restore FILE" in caught.value.hint
    assert contents(path) == before


def test_the_log_of_a_killed_program_is_read_again_beside_its_own_file(
    folder: Path, servant: Servant
) -> None:
    for first in (200, 1300, 2600):  # the second time beside a log that has been partly taken over
        assert servant("kill", folder / "a.db", first, first // 4) == -9
        shutil.copytree(folder, folder.with_name(f"moved {first}"))
        assert cash(folder.with_name(f"moved {first}") / "a.db") == first + first // 4 - 1


def test_an_interrupted_restore_leaves_one_of_both_or_is_refused(
    folder: Path, servant: Servant
) -> None:
    servant("kill", folder / "a.db", 200, 5)
    (folder / "saved").mkdir()
    for name in ("a.db", "a.db-wal"):
        shutil.copy(folder / name, folder / "saved")
    steps, found = 0, set[str]()
    while True:
        work = folder / f"work{steps}"
        shutil.copytree(folder / "saved", work)
        code = servant("cut", folder / "backup", work / "a.db", steps)
        try:
            left = str(cash(work / "a.db"))
        except StoreError:
            left = "refused"
        assert left in {"204", "100", "refused"}
        found.add(left)
        restore(folder / "backup", work / "a.db", migrations=(PORTFOLIOS,))
        assert cash(work / "a.db") == 100
        if code == 0:
            break
        steps += 1
    assert steps > 5
    assert found == {"204", "100", "refused"}


def test_a_database_cannot_be_restored_from_itself(folder: Path) -> None:
    (folder / "link").symlink_to(folder / "a.db")
    for name in ("a.db", "link"):
        with pytest.raises(UsageError, match="is the database itself"):
            restore(folder / name, folder / "a.db", migrations=(PORTFOLIOS,))


def test_a_link_to_the_database_stays_one(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    link = folder / "elsewhere" / "link.db"
    link.symlink_to(folder / "a.db")
    restore(folder / "backup", link, migrations=(PORTFOLIOS,))
    assert link.is_symlink()
    assert cash(folder / "a.db") == 100


def test_an_open_handle_does_not_write_into_a_file_that_was_replaced(folder: Path) -> None:
    path = folder / "a.db"
    with open_database(path) as database:
        path.rename(folder / "moved.db")
        shutil.copy(folder / "backup", path)
        with pytest.raises(StoreError, match="removed or replaced"), database.transaction():
            pytest.fail("the transaction began")
