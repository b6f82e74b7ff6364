"""The file beside its open handles: looking at it must not take their locks away.

A process that closes any descriptor of a file loses every lock that it holds on it, so that another
process believes itself alone and takes the write-ahead log away from under the first.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from portfolios.errors import DatabaseGoneError, StoreError
from portfolios.store.database import Database, open_database
from portfolios.store.heartbeats import Heartbeats
from portfolios.store.sqlite_file import Hold, alone, is_empty, required

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
COME_AND_GO = """
import sys
from pathlib import Path
from portfolios.store.database import open_database
for line in sys.stdin:
    open_database(Path(line.strip())).close()
    print("gone", flush=True)
"""
ComeAndGo = Callable[[Path], None]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "held.db") as opened:
        Heartbeats(opened).record_success("first", now=NOW)
        yield opened


@pytest.fixture(scope="module")
def come_and_go() -> Iterator[ComeAndGo]:
    """Open and close a file as the only other process, which tidies up if it is alone."""
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", COME_AND_GO], cwd=root, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip

        def done(path: Path) -> None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "gone\n"

        yield done


@pytest.mark.parametrize("read_only", [True, False])
def test_a_second_handle_leaves_the_first_its_locks(
    database: Database, come_and_go: ComeAndGo, read_only: bool
) -> None:
    open_database(database.path, read_only=read_only).close()
    come_and_go(database.path)
    assert Path(f"{database.path}-wal").exists()
    Heartbeats(database).record_success("second", now=NOW)
    come_and_go(database.path)
    with open_database(database.path, read_only=True) as other:
        assert [beat.part for beat in Heartbeats(other).by_part()] == ["first", "second"]


def test_a_refusal_to_be_alone_leaves_a_handle_its_locks(
    database: Database, come_and_go: ComeAndGo
) -> None:
    with pytest.raises(StoreError, match="is in use"), alone(database.path):
        pass
    come_and_go(database.path)
    assert Path(f"{database.path}-wal").exists()
    Heartbeats(database).record_success("second", now=NOW)


def test_handles_that_come_and_go_in_threads_leave_the_file_whole(
    database: Database, come_and_go: ComeAndGo
) -> None:
    def write(number: int) -> None:
        for turn in range(10):
            with open_database(database.path) as own:
                Heartbeats(own).record_success(f"{number}:{turn}", now=NOW)

    threads = [Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        come_and_go(database.path)
    for thread in threads:
        thread.join()
    with open_database(database.path) as own:  # which reads it through for damage
        assert len(Heartbeats(own).by_part()) == 41


def test_a_file_is_looked_at_again_once_nobody_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    open_database(path).close()
    hold = Hold(path)
    path.write_bytes(b"no database at all")
    assert not is_empty(path)
    hold.release()
    hold.release()  # once more does nothing
    with pytest.raises(StoreError, match="is not a database of this program"):
        is_empty(path)


@pytest.mark.parametrize("is_emptied", [False, True])
@pytest.mark.parametrize("way", [{}, {"read_only": True}, {"is_checked": True}])
def test_a_file_that_has_to_be_there_is_never_begun_anew(
    tmp_path: Path, way: dict[str, bool], *, is_emptied: bool
) -> None:
    path = tmp_path / "data" / "p.db"
    open_database(path).close()
    shutil.rmtree(path.parent)
    if is_emptied:
        path.parent.mkdir()
        path.touch()
    before = sorted(tmp_path.rglob("*"))
    with required(path), pytest.raises(DatabaseGoneError, match="is gone; put it back"):
        open_database(path, **way)
    if "is_checked" in way:
        with pytest.raises(DatabaseGoneError):
            open_database(path, **way)
    assert sorted(tmp_path.rglob("*")) == before
    open_database(path).close()
    with required(path):
        open_database(path, **way).close()
