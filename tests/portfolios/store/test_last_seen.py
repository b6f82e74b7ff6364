"""What a person last saw."""

from __future__ import annotations

from pathlib import Path

from portfolios.store.database import open_database
from portfolios.store.last_seen import last_seen, save_last_seen


def test_only_the_last_look_is_remembered_and_only_ones_own(tmp_path: Path) -> None:
    with open_database(tmp_path / "looks.db") as database:
        save_last_seen(database, "ann", {"bitcoin": "bullish", "cardano": "bearish"})
        save_last_seen(database, "bob", {"bitcoin": "bearish"})
        save_last_seen(database, "ann", {"bitcoin": "undecided"})
        assert last_seen(database, "ann") == {"bitcoin": "undecided"}
        assert last_seen(database, "bob") == {"bitcoin": "bearish"}
        assert last_seen(database, "eve") == {}
