"""Weeks of service on simulated time, with everything going wrong that does."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.rebalancer.soak.checks import judge
from tests.rebalancer.soak.environment import Nursery, live_through, world_in
from tests.rebalancer.soak.lifecycle import RSS

MONDAY = datetime(2026, 9, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)


def moments(days: int, every: timedelta, seed: int) -> list[datetime]:
    """Return moments of work, irregular as a machine's are."""
    chance = np.random.default_rng(seed)
    found = [MONDAY + HOUR]
    while found[-1] < MONDAY + timedelta(days=days):
        found.append(found[-1] + every * (0.5 + chance.random()))
    return found


def calm(after: datetime) -> list[datetime]:
    """Return moments after the weeks at which nothing goes wrong any more."""
    return [after + n * HOUR for n in (1, 8)]


def soak(
    folder: Path, *, days: int, every: timedelta, kill_share: float, seed: int
) -> dict[str, int]:
    with world_in(folder, MONDAY, seed) as world, Nursery() as nursery:
        live_through(world, nursery, moments(days, every, seed), kill_share=kill_share)
        world.calms_down()
        live_through(world, nursery, calm(world.moments[-1]), kill_share=0.0)
        return judge(world)


def test_a_day_with_kills_and_outages_leaves_every_duty_done_once(tmp_path: Path) -> None:
    figures = soak(tmp_path, days=1, every=12 * HOUR, kill_share=0.5, seed=4)
    assert figures["kills"] >= 1
    assert figures["reports"] >= 3


@pytest.mark.campaign
def test_weeks_with_hundreds_of_kills_leave_every_duty_done_once(tmp_path: Path) -> None:
    figures = soak(tmp_path, days=8 * 7, every=6 * HOUR, kill_share=0.6, seed=20261127)
    print(figures, file=sys.stderr)
    assert figures["kills"] >= 200
    assert figures["outages"] >= 10


@pytest.mark.campaign
def test_memory_is_flat_over_weeks_of_one_life(tmp_path: Path) -> None:
    with world_in(tmp_path, MONDAY, 1) as world, Nursery() as nursery:
        steady = [m.isoformat() for m in moments(8 * 7, 6 * HOUR, 1)]
        nursery.begin(folder=str(tmp_path), telegram=world.bot.base_url, mail=world.post.port,
                      moments=steady, talks=True)  # fmt: skip
        ended = nursery.end(3_600.0)
        assert ended is not None
        assert ended[1] == 0
    sizes = [int(line.split()[1]) / 1e6 for line in (tmp_path / RSS).read_text().splitlines()]
    tenths = [round(float(np.median(part))) for part in np.array_split(sizes, 10)]
    print(f"{len(sizes)} rounds; MB by tenths of them: {tenths}", file=sys.stderr)
    assert tenths[-1] - tenths[4] < 10
