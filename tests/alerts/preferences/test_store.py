"""What waits for a digest is kept as it was made, in whatever sequences it was put together."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from alerts.messages import Block, Button, Kind, Message, Style
from alerts.migrations import ALERTS
from alerts.preferences.store import PreferenceStore
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_a_message_of_lists_waits_for_the_digest_like_any_other(tmp_path: Path) -> None:
    rows = [["sell SOL", "$8,093"], ["buy BTC", "$4,000"]]
    table = Block(Style.TABLE, columns=["trade", "value>"], rows=rows)
    message = Message(
        Kind.PROPOSAL, "plan:1", "core: 2 trades", NOW, "core",
        blocks=[table, Block(Style.BULLETS, items=["one"])],
        buttons=[[Button("Why", "why:1")]],
    )  # fmt: skip
    with open_database(tmp_path / "p.db", migrations=(PORTFOLIOS, ALERTS)) as database:
        store = PreferenceStore(database)
        store.hold_back("ann", "telegram", message, at=NOW)
        (held,) = store.held_back("ann", "telegram")
    assert held.blocks[0].rows == tuple(map(tuple, rows))
    assert held.blocks[1].items == ("one",)
    assert held.buttons == ((Button("Why", "why:1"),),)
