"""What a person last saw."""

from __future__ import annotations

from pathlib import Path

from portfolios.store.database import open_database
from portfolios.store.last_seen import LastSeen


def test_only_the_last_look_is_remembered_and_only_ones_own(tmp_path: Path) -> None:
    with open_database(tmp_path / "looks.db") as database:
        LastSeen(database).save("ann", {"bitcoin": "bullish", "cardano": "bearish"})
        LastSeen(database).save("bob", {"bitcoin": "bearish"})
        LastSeen(database).save("ann", {"bitcoin": "undecided"})
        assert LastSeen(database).load("ann") == {"bitcoin": "undecided"}
        assert LastSeen(database).load("bob") == {"bitcoin": "bearish"}
        assert LastSeen(database).load("eve") == {}
