"""Senders that are killed anywhere, and senders that race, break no promise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def figures(act: str, folder: Path, *numbers: int) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.alerts.delivery.kill_points", act, str(folder),
         *map(str, numbers)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("kills", [20, pytest.param(3000, marks=pytest.mark.campaign)])
def test_a_killed_sender_loses_nothing_and_flags_every_repeat(tmp_path: Path, kills: int) -> None:
    found = figures("kill", tmp_path, kills, 11)
    assert found["killed"] == kills
    assert found["rows"] == 4 * found["tries"]
    assert (found["lost_kept"], found["waiting"]) == (0, 0)
    assert found["most_copies_kept"] <= 2
    assert found["most_copies_low"] <= 1
    assert found["unflagged"] == 0
    assert (found["damaged"], found["half"]) == (0, 0)


@pytest.mark.parametrize("kills", [18, pytest.param(3000, marks=pytest.mark.campaign)])
def test_a_sender_killed_while_its_clock_was_ahead_loses_nothing_once_it_is_right(
    tmp_path: Path, kills: int
) -> None:
    found = figures("jump", tmp_path, kills, 12)
    assert found["killed"] == kills
    # What is not sent within its time by the right clock expires, and counts as lost.
    assert (found["lost_kept"], found["waiting"]) == (0, 0)
    assert found["most_copies_kept"] <= 2
    assert found["most_copies_low"] <= 1
    assert found["unflagged"] == 0
    assert found["longest_wait"] <= 60
    assert (found["damaged"], found["half"]) == (0, 0)


@pytest.mark.parametrize(
    ("rows", "processes"),
    [
        (500, 3),
        pytest.param(10_000, 2, marks=pytest.mark.campaign),
        pytest.param(10_000, 8, marks=pytest.mark.campaign),
    ],
)
def test_racing_senders_share_the_work_and_send_nothing_twice(
    tmp_path: Path, rows: int, processes: int
) -> None:
    found = figures("race", tmp_path, rows, processes)
    assert (found["sent"], found["double"]) == (rows, 0)
    assert found["processes"] >= 2
