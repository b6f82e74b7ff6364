"""Backups and restores as somebody types them."""

from __future__ import annotations

import json
import shlex
import stat
from pathlib import Path

import pytest

from tests.shell import Shell


def names(shell: Shell) -> list[str]:
    return [each["name"] for each in json.loads(shell.run("list", "--offline", "--json").out)]


def test_what_a_backup_advises_goes_back_to_it(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.write("mine.csv", "asset,quantity\nbitcoin,1\n")
    assert shell.run("add", "mine.csv", "--name", "first", "--offline").code == 0
    done = shell.run("backup", "a copy.db")
    assert done.code == 0
    assert shell.run("add", "mine.csv", "--name", "second", "--offline").code == 0
    advice = shlex.split(done.out.partition("to go back to it: ")[2].strip().strip("`"))
    assert advice[:2] == ["rebalancer", "restore"]
    restored = shell.run(*advice[1:])
    assert restored.code == 0, restored.err
    assert "kept as" in restored.out
    assert names(shell) == ["first"]
    assert shell.run("restore", "nowhere.db").code == 2
    (tmp_path / "words.db").write_text("no database")
    refused = shell.run("restore", "words.db")
    assert refused.code == 3
    assert "name another backup" in refused.err
    assert names(shell) == ["first"]


WRITERS = {
    "report": (("report", "mine", "--offline", "--out", "out"), "out/mine-2026-W48.txt"),
    "backup": (("backup", "out/copy"), "out/copy"),
    "dump": (("run", "mine", "--offline", "--dump", "out/p.json"), "out/p.json"),
    "init": (("--config", "out/new.toml", "init"), "out/new.toml"),
}


@pytest.mark.parametrize("what", WRITERS)
def test_no_command_writes_into_what_somebody_put_there(tmp_path: Path, what: str) -> None:
    words, name = WRITERS[what]
    shell = Shell(tmp_path)
    shell.write("mine.csv", "asset,quantity\nbitcoin,1\nethereum,5\n")
    assert shell.run("add", "mine.csv", "--name", "mine", "--offline").code == 0
    (tmp_path / "out").mkdir()
    assert shell.run(*words).code == 0
    written = next((tmp_path / "out").glob("*.txt"), tmp_path / name)
    for path in (tmp_path / "out").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        path.unlink()
    victim = tmp_path / "victim"
    victim.touch(mode=0o666)
    for planted in (written.name, f"{written.name}.part", f".{written.name}.part"):
        link = written.with_name(planted)
        link.symlink_to(victim)
        assert shell.run(*words).code == (2 if link == written else 0)
        assert not victim.stat().st_size
        assert link.is_symlink()
        link.unlink()
        written.unlink(missing_ok=True)


@pytest.mark.parametrize("words", [("remove", "mine"), ("user", "remove", "ann")])
def test_nothing_is_removed_unasked_where_nobody_can_answer(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    shell = Shell(tmp_path)
    shell.write("mine.csv", "asset,quantity\nbitcoin,1\n")
    assert shell.run("add", "mine.csv", "--name", "mine", "--offline").code == 0
    assert shell.run("user", "add", "ann").code == 0
    refused = shell.run(*words)
    assert refused.code == 2
    assert names(shell) == ["mine"]
    assert "ann" in shell.run("user", "list").out
    advice = shlex.split(refused.err.split("`")[1])
    assert advice == ["rebalancer", *words, "--yes"]
    assert shell.run(*advice[1:]).code == 0
