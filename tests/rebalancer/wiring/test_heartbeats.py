"""How the parts fare is written down at once when it changes, and seldom while it does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from portfolios.store.database import open_database
from portfolios.store.heartbeats import Beat, Heartbeats
from rebalancer.settings import load_settings
from rebalancer.wiring.heartbeats import EVERY, HeartbeatLog

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def test_what_does_not_change_is_written_once_a_minute(tmp_path: Path) -> None:
    settings = load_settings(cwd=tmp_path, data_dir=tmp_path, config_dir=tmp_path).settings
    open_database(settings.database).close()
    clock = Clock()
    noted = HeartbeatLog(settings, clock)
    written = []
    for second in range(0, 3 * 60, 10):
        clock.now = NOW + timedelta(seconds=second)
        noted.well("delivery")
        with open_database(settings.database) as database:
            written.append(Heartbeats(database).by_part()[0].at)
    assert sorted(set(written)) == [NOW, NOW + EVERY, NOW + 2 * EVERY]


def test_a_change_is_written_at_once_and_holds_no_secret(tmp_path: Path) -> None:
    settings = load_settings(cwd=tmp_path, data_dir=tmp_path, config_dir=tmp_path).settings
    open_database(settings.database).close()
    noted = HeartbeatLog(settings, Clock())
    token = "123456789:AAcanary-0123456789abcdefghijklmnopq"  # noqa: S105
    noted.well("bot")
    noted.wrong("bot", f"refused at /bot{token}")
    with open_database(settings.database) as database:
        assert Heartbeats(database).by_part() == (
            Beat("bot", NOW, NOW, 1, "refused at /bot********"),
        )
    noted.well("bot")
    with open_database(settings.database) as database:
        assert Heartbeats(database).by_part() == (Beat("bot", NOW, NOW, 0, ""),)
