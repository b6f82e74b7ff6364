"""What a person last saw."""

from __future__ import annotations

from pathlib import Path

from portfolios.store.database import open_database
from portfolios.store.last_seen import last_seen, saw


def test_only_the_last_look_is_remembered_and_only_ones_own(tmp_path: Path) -> None:
    with open_database(tmp_path / "looks.db") as database:
        saw(database, "ann", {"bitcoin": "bullish", "cardano": "bearish"})
        saw(database, "bob", {"bitcoin": "bearish"})
        saw(database, "ann", {"bitcoin": "undecided"})
        assert last_seen(database, "ann") == {"bitcoin": "undecided"}
        assert last_seen(database, "bob") == {"bitcoin": "bearish"}
        assert last_seen(database, "eve") == {}
