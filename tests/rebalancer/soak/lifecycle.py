"""One life of a service on simulated time: rounds, people who write and press, and delivery.

What it does at a moment follows from the moment alone, so a life that was cut short is lived again:
the same updates come again, as they would from Telegram.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from portfolios.model.insights import Insights
from portfolios.model.market import Bars, Market
from portfolios.providers.sample.market import sample_market
from portfolios.store.portfolio_store import Store
from rebalancer.bot.access import Incoming
from rebalancer.bot.dispatcher import Dispatcher
from rebalancer.bot.reply import Reply
from rebalancer.settings import load_settings
from rebalancer.settings.model import Settings
from rebalancer.usecases.monitoring.replay import market_of_day
from rebalancer.usecases.proposals.status import newest_status
from rebalancer.wiring.delivery import deliver_now, open_full_database, people_of
from rebalancer.wiring.rounds import run_round_now
from tests.standins.telegram import TOKEN

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
CHATS: Mapping[str, int] = {"ann": 7, "bob": 8}
COMMANDS = ("/status", "/proposal", "/history {}", "/risk {}", "/health", "/help", "/portfolio {}")
PORTFOLIOS = ("core", "meme")
TRADED = ("bitcoin", "ethereum", "pepe", "solana", "tether", "uniswap", "usd-coin")
RSS = "rss"


@dataclass
class Clock:
    """Time that passes only by sleeping."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Life:
    """What a life is given.

    Attributes:
        moments: at which it works, in order.
        telegram, mail: where the stand-ins are, or nobody.
        talks: people write to this one; another may do rounds beside it.
    """

    folder: Path
    moments: tuple[datetime, ...]
    telegram: str
    mail: int
    talks: bool = True

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Life:
        moments = tuple(datetime.fromisoformat(each) for each in given["moments"])
        return cls(Path(given["folder"]), moments, given["telegram"], given["mail"],
                   given["talks"])  # fmt: skip

    def live(self) -> None:
        settings = settings_of(self.folder, self.telegram, self.mail)
        for moment in self.moments:
            clock = Clock(moment)
            if self.talks:
                talk(settings, clock)
            with open_full_database(settings) as store:
                run_round_now(settings, store, market_at(moment), Insights(), clock=clock)
                deliver_now(settings, store.database, clock=clock, sleep=clock.sleep)
            note_size(self.folder)


def settings_of(folder: Path, telegram: str, mail: int) -> Settings:
    environ = {
        "REBALANCER_PROVIDER": "sample",
        "REBALANCER_TELEGRAM__TOKEN": TOKEN,
        "REBALANCER_TELEGRAM__BASE_URL": telegram,
        "REBALANCER_EMAIL__HOST": "localhost",
        "REBALANCER_EMAIL__PORT": str(mail),
        "REBALANCER_EMAIL__SECURITY": "none",
        "REBALANCER_EMAIL__SENDER": "me@example.org",
    }
    return load_settings(environ=environ, cwd=folder, data_dir=folder, config_dir=folder).settings


@cache
def _small_market() -> Market:
    """Return the sample with few assets: what is simulated here is time, not breadth."""
    whole = sample_market()
    columns = [whole.bars.asset_ids.index(asset) for asset in TRADED]
    bars = Bars(whole.bars.days, TRADED, whole.bars.close[:, columns],
                whole.bars.volume[:, columns])  # fmt: skip
    return replace(whole, bars=bars)


@lru_cache(maxsize=2)
def market_at(moment: datetime) -> Market:
    """Return the market as it was known: closes up to the day before."""
    known = market_of_day(_small_market(), moment.date() - timedelta(days=1))
    return replace(known, as_of=moment)


def talk(settings: Settings, clock: Clock) -> None:
    """Let people write and press something, the same at the same moment."""
    chance = np.random.default_rng(int(clock.now.timestamp()))
    dispatcher = Dispatcher(
        open_store=lambda: open_full_database(settings),
        people=lambda store: people_of(settings, store.database),
        market=lambda: market_at(clock.now),
        insights=Insights,
        now=clock,
    )
    first = int((clock.now - EPOCH) / timedelta(minutes=1)) * 100
    for number, (name, text) in enumerate(_said(settings, clock.now, chance), first):
        heard = Incoming(number, CHATS[name], CHATS[name], is_private=True, text=text)
        _handle(dispatcher, heard)


def _handle(dispatcher: Dispatcher, heard: Incoming) -> None:
    """Answer, go through the second step of an approval, and book what was agreed."""
    reply = dispatcher.answer(heard) if heard.text.startswith("/") else dispatcher.press(heard)
    dispatcher.answered(heard)
    step = _step(reply)
    if step:
        following = replace(heard, number=heard.number + 20, text=step)
        _handle(dispatcher, following)


def _step(reply: Reply | None) -> str:
    rows = reply.message.buttons if reply is not None and reply.message is not None else ()
    payloads = [button.payload for row in rows for button in row]
    return next((p for p in payloads if p.startswith(("yes:", "book:", "booked:"))), "")


def _said(
    settings: Settings, now: datetime, chance: np.random.Generator
) -> Iterator[tuple[str, str]]:
    names = sorted(CHATS)
    for _ in range(2):
        if chance.random() < 0.7:
            command = COMMANDS[chance.integers(len(COMMANDS))]
            yield names[chance.integers(2)], command.format("core")
    if chance.random() < 0.05:
        yield "ann", f"/rebalance {PORTFOLIOS[chance.integers(2)]}"
    with open_full_database(settings) as store:
        plans = [_open_plan(store, name, now) for name in PORTFOLIOS]
    for plan in filter(None, plans):
        if chance.random() < 0.3:
            action = ("later", "later", "skip", "ok")[chance.integers(4)]
            for name in names:  # both press, and one of them counts
                yield name, f"{action}:{plan}"


def _open_plan(store: Store, portfolio: str, now: datetime) -> str:
    status = newest_status(store, portfolio, now=now)
    return status.plan.plan_id if status is not None and status.is_undecided else ""


def note_size(folder: Path) -> None:
    """Write down how much memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    with (folder / RSS).open("a") as file:
        file.write(f"{os.getpid()} {pages * os.sysconf('SC_PAGE_SIZE')}\n")
