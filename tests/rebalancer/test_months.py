"""Months of rounds on a virtual clock: how often somebody hears of something, and whether in time.

Three portfolios live twice, with every proposal booked and with every proposal ignored. The real
history is daily; `months/prices.py` says how hours are made of it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest

from tests.real_history import needs_history
from tests.rebalancer.months.figures import figures_of
from tests.rebalancer.months.life import live
from tests.rebalancer.months.prices import from_history, made_up

TUESDAY = datetime(2022, 3, 15, tzinfo=UTC)


def test_a_crash_is_told_in_its_hour_and_again_when_it_has_doubled(tmp_path: Path) -> None:
    life = live(tmp_path, made_up(TUESDAY.date(), 2, seed=1, crash=0), TUESDAY, 2, ("core",))
    found = figures_of(life, 2)
    assert life.failed == []
    assert found.crashes >= 2
    assert found.untold == ()
    assert found.opposite == 0


@pytest.mark.campaign
@needs_history
def test_six_months_of_real_prices_are_told_seldom_and_each_crash_in_its_hour(
    tmp_path: Path,
) -> None:
    days = 182
    life = live(tmp_path, from_history(TUESDAY.date(), days, seed=1), TUESDAY, days)
    found = figures_of(life, days)
    print(found, file=sys.stderr)
    assert life.failed == []
    assert found.opposite == 0
    assert median(found.weekly) <= 3
    assert found.untold == ()
