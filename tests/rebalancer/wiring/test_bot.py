"""One process answers at a time, and another takes over when it has died."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from portfolios.store.heartbeats import Heartbeats
from portfolios.store.leases import Lease
from rebalancer.settings import Resolved, load_settings
from rebalancer.supervisor import WorkerContext
from rebalancer.wiring.bot import A_LOOK, BOT, LEASE, RENEWED, BotWorker, run_bot
from rebalancer.wiring.delivery import open_full_database
from tests.clock import Running
from tests.standins.phone import Phone
from tests.standins.telegram import TOKEN, TelegramStandin

NOW = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)


@dataclass
class Standby:
    """A word to stop and a clock in one: time passes only by waiting for the word."""

    now: datetime = NOW
    waited: list[float] = field(default_factory=list)
    most: int = 1_000

    def is_set(self) -> bool:
        return len(self.waited) >= self.most

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0.0)
        self.now += timedelta(seconds=timeout or 0.0)
        return self.is_set()

    def clock(self) -> datetime:
        return self.now


def resolved_in(folder: Path, server: TelegramStandin) -> Resolved:
    environ = {
        "REBALANCER_PROVIDER": "sample",
        "REBALANCER_TELEGRAM__TOKEN": TOKEN,
        "REBALANCER_TELEGRAM__BASE_URL": server.base_url,
    }
    return load_settings(environ=environ, cwd=folder, data_dir=folder, config_dir=folder)


def test_a_standby_takes_over_when_the_lease_of_the_dead_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with TelegramStandin() as server, caplog.at_level("INFO", logger="rebalancer"):
        resolved, standby = resolved_in(tmp_path, server), Standby()
        with open_full_database(resolved.settings) as store:
            assert Lease(store.database, BOT, "dead", LEASE).take(NOW)
        Phone(server, 9).write("/status")  # so that Telegram answers at once

        def well() -> None:
            standby.most = 0  # it has begun to answer, which is all that is asked

        BotWorker(resolved, False, standby.clock, "heir")(
            WorkerContext(standby, well, lambda _: None)
        )
        assert standby.now - NOW == LEASE
        assert set(standby.waited) == {A_LOOK}
        assert [line for line in caplog.messages if "Telegram" in line] == [
            "another process answers on Telegram; this one stands by",
            "answering on Telegram",
        ]
        with open_full_database(resolved.settings) as store:  # it was given back
            assert Lease(store.database, BOT, "next", LEASE).take(standby.now)


def test_one_that_stands_by_ends_when_asked(tmp_path: Path) -> None:
    with TelegramStandin() as server:
        resolved = resolved_in(tmp_path, server)
        standby = Standby(most=3)
        with open_full_database(resolved.settings) as store:
            assert Lease(store.database, BOT, "alive", LEASE).take(NOW)
        context = WorkerContext(standby, lambda: None, lambda _: None)
        BotWorker(resolved, False, standby.clock, "heir")(context)
        assert not server.calls


def test_who_answers_says_often_enough_that_he_lives() -> None:
    assert 3 * RENEWED < LEASE


def test_a_bot_that_runs_alone_notes_how_it_fares(tmp_path: Path) -> None:
    with TelegramStandin(9) as server:
        resolved, stop, clock = resolved_in(tmp_path, server), Event(), Running()
        running = Thread(target=run_bot, args=(resolved, stop), kwargs={"clock": clock})
        running.start()
        try:
            assert "Your id is" in Phone(server, 9, clock=clock).say("/id")
        finally:
            stop.set()
            running.join(20)
        with open_full_database(resolved.settings) as store:
            assert [(b.part, b.failures) for b in Heartbeats(store.database).by_part()] == [
                (BOT, 0)
            ]


def test_without_a_token_it_says_what_to_set(tmp_path: Path) -> None:
    resolved = load_settings(cwd=tmp_path, data_dir=tmp_path, config_dir=tmp_path)
    standby = Standby()
    with pytest.raises(Exception, match="there is no bot token"):
        run_bot(resolved, standby, clock=standby.clock)
