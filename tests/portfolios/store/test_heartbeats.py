"""How the parts of the service fare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from portfolios.store.database import open_database
from portfolios.store.heartbeats import Beat, Heartbeats

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def test_failures_are_counted_until_it_goes_well_again(tmp_path: Path) -> None:
    with open_database(tmp_path / "beats.db") as database:
        Heartbeats(database).record_success("rounds", now=NOW)
        Heartbeats(database).record_failure("rounds", "no network", now=LATER)
        Heartbeats(database).record_failure("rounds", "still none", now=LATER)
        assert Heartbeats(database).by_part() == (Beat("rounds", LATER, NOW, 2, "still none"),)
        Heartbeats(database).record_success("rounds", now=LATER)
        assert Heartbeats(database).by_part() == (Beat("rounds", LATER, LATER, 0, ""),)


def test_a_part_that_never_went_well_says_so(tmp_path: Path) -> None:
    with open_database(tmp_path / "beats.db") as database:
        Heartbeats(database).record_failure("bot", "refused", now=NOW)
        assert Heartbeats(database).by_part() == (Beat("bot", NOW, None, 1, "refused"),)
