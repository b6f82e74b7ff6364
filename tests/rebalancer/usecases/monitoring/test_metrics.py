"""Figures for a program that watches: read back by a small reader of the same form."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.delivery.outbox import Outbox
from portfolios.providers.quota.quota import Usage
from portfolios.store.heartbeats import Heartbeats
from rebalancer.usecases.monitoring.metrics import gather, metrics_text
from rebalancer.wiring.metrics_file import write_whole
from tests.alerts.delivery.delivery_examples import addressed
from tests.rebalancer.bot.bot_fixture import NOW, Bot

AGE = timedelta(minutes=7)
LINE = re.compile(r'rebalancer_(\w+)((?:\{\w+="[^"\\]*"\})?) (-?[0-9.e+-]+)')


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def read(text: str) -> dict[str, float]:
    assert text.endswith("\n")
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        assert match, line
        found[match[1] + match[2]] = float(match[3])
    return found


def measured(
    bot: Bot, usages: tuple[Usage, ...] = (), after: timedelta = timedelta(0)
) -> dict[str, float]:
    with bot.store() as store:
        return read(metrics_text(gather(store, usages, price_age=AGE, now=bot.now + after)))


def test_every_figure_is_there_with_its_unit(bot: Bot) -> None:
    bot.ask_proposal()
    with bot.store() as store:
        Heartbeats(store.database).record_success("round", now=NOW)
        Heartbeats(store.database).record_failure("coingecko", "down", now=NOW)
        Outbox(store.database).put(addressed(at=NOW))
    usages = (Usage("coingecko", "2026-11", 312, 4, 10_000, 400),)
    found = measured(bot, usages, timedelta(seconds=90))
    assert found['deliveries{state="pending"}'] == 1
    assert found['deliveries{state="sent"}'] == 0
    assert found["oldest_waiting_seconds"] == 90
    assert found['part_last_success_timestamp_seconds{part="round"}'] == NOW.timestamp()
    assert found['part_failures_in_a_row{part="coingecko"}'] == 1
    assert found['credits_left{provider="coingecko"}'] == 9_688
    assert found["price_age_seconds"] == 420
    assert found["plans_open"] == 1


def test_a_proposal_counts_until_it_lapses(bot: Bot) -> None:
    bot.ask_proposal()
    for hours, count in ((47, 1), (49, 0)):
        found = measured(bot, after=timedelta(hours=hours))
        assert found["plans_open"] == count


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "figures.prom"
    write_whole(path, "one\n")
    with path.open() as reader:
        write_whole(path, "other\n")
        assert reader.read() == "one\n"
    assert path.read_text() == "other\n"
    assert [each.name for each in tmp_path.iterdir()] == ["figures.prom"]
