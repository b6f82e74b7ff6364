"""Backups and restores as somebody types them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

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
    advice = shlex.split(done.out.partition("to go back to it: ")[2])
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
