"""Files that are written: nothing that somebody else put there before is trusted."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from portfolios.private_file import place, unfinished_file, write_private


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_whole_and_private_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text("old")
    path.chmod(0o666)
    before = os.umask(0)
    try:
        with path.open() as reader:
            write_private(path, b"new")
            assert reader.read() == "old"
    finally:
        os.umask(before)
    assert path.read_text() == "new"
    assert mode_of(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("planted", ["link", "dangling link", "folder", "pipe"])
def test_what_is_no_plain_file_is_refused_and_left(tmp_path: Path, planted: str) -> None:
    path, victim = tmp_path / "report.txt", tmp_path / "victim"
    victim.write_text("theirs")
    if planted == "folder":
        path.mkdir()
    elif planted == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(victim if planted == "link" else tmp_path / "nowhere")
    with pytest.raises(OSError, match="a link, a folder or a device"):
        write_private(path, b"mine")
    assert victim.read_text() == "theirs"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["report.txt", "victim"]


def test_a_name_that_is_taken_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    with unfinished_file(path) as new:
        path.write_text("theirs")
        with pytest.raises(FileExistsError):
            place(new, path, replaces=False)
    assert path.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_two_files_on_the_way_share_no_name(tmp_path: Path) -> None:
    with unfinished_file(tmp_path / "a") as one, unfinished_file(tmp_path / "a") as other:
        assert one != other
        assert mode_of(one) == 0o600
