"""How the parts of the service fare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from portfolios.store.database import open_database
from portfolios.store.heartbeats import Beat, beats, went_well, went_wrong

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def test_failures_are_counted_until_it_goes_well_again(tmp_path: Path) -> None:
    with open_database(tmp_path / "beats.db") as database:
        went_well(database, "rounds", now=NOW)
        went_wrong(database, "rounds", "no network", now=LATER)
        went_wrong(database, "rounds", "still none", now=LATER)
        assert beats(database) == (Beat("rounds", LATER, NOW, 2, "still none"),)
        went_well(database, "rounds", now=LATER)
        assert beats(database) == (Beat("rounds", LATER, LATER, 0, ""),)


def test_a_part_that_never_went_well_says_so(tmp_path: Path) -> None:
    with open_database(tmp_path / "beats.db") as database:
        went_wrong(database, "bot", "refused", now=NOW)
        assert beats(database) == (Beat("bot", NOW, None, 1, "refused"),)
