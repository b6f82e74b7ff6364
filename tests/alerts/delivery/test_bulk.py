"""Thousands of real messages through a real server, paced by a clock that does not wait."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.channels.telegram.channel import TelegramChannel
from alerts.delivery.delivery import State, compose
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.sender import deliver
from alerts.messages import Kind, Message, Promise
from alerts.migrations import ALERTS
from alerts.render.telegram import plain_parts, telegram_caption, telegram_parts
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from tests.standins.telegram import TOKEN, TelegramStandin

START = datetime(2026, 11, 24, 7, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def send_to(people: int, path: Path) -> None:
    clock, chats = Clock(), range(1, people + 1)
    with (
        TelegramStandin(*chats) as server,
        open_database(path / "b.db", migrations=(PORTFOLIOS, ALERTS)) as database,
        TelegramChannel(
            TOKEN, base_url=server.base_url, parts=telegram_parts, plain=plain_parts,
            caption=telegram_caption,
        ) as channel,
    ):  # fmt: skip
        outbox = Outbox(database)
        weekly = Message(Kind.WEEKLY, "weekly:2026-W48", "Core: in range, nothing to do", START)
        with database.transaction():
            outbox.put(
                *(
                    compose(
                        weekly, person=f"p{chat}", channel="telegram", address=str(chat),
                        promise=Promise.ONCE, now=START,
                    )
                    for chat in chats
                )
            )  # fmt: skip
        report = deliver(
            outbox,
            {"telegram": channel},
            now=clock,
            sleep=clock.sleep,
            owner="a",
            limiter=RateLimiter(),
        )
        assert report.outcomes == {State.SENT: people}
        assert Counter(sent.chat for sent in server.sent) == Counter(chats)
    minutes = (clock.now - START) / timedelta(minutes=1)
    print(f"{people} people in {minutes:.1f} minutes of their clock")
    assert minutes >= (people - 25) / 25 / 60 * 0.95


def test_a_few_hundred_people_each_get_theirs(tmp_path: Path) -> None:
    send_to(200, tmp_path)


@pytest.mark.campaign
def test_five_thousand_people_each_get_theirs(tmp_path: Path) -> None:
    send_to(5_000, tmp_path)
