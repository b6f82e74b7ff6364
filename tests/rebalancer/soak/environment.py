"""Simulated weeks around a service: people, stand-ins with faults and outages, and kills."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from alerts.preferences.store import PreferenceStore
from portfolios.model.portfolio import AlertRule, Holding, Portfolio
from portfolios.model.users import Person, Role
from portfolios.store.portfolio_store import Store
from portfolios.store.user_store import PeopleStore
from rebalancer.settings.model import Settings
from rebalancer.wiring.delivery import open_full_database
from tests.rebalancer.soak.lifecycle import CHATS, settings_of
from tests.standins.mail import MailStandin
from tests.standins.telegram import TelegramStandin

NOBODY = 9  # the discard port, where nothing listens
ROOT = Path(__file__).parents[3]
PEOPLE = (
    Person("ann", Role.OWNER,
           addresses={"email": "ann@example.org", "telegram": str(CHATS["ann"])},
           timezone="Europe/Berlin"),
    Person("bob", Role.APPROVER, addresses={"telegram": str(CHATS["bob"])}, portfolios=("core",),
           timezone="America/New_York"),
    Person("cy", addresses={"email": "cy@example.org"}, portfolios=("core", "meme"),
           timezone="Asia/Tokyo"),
)  # fmt: skip
Held = dict[tuple[str, str, str], str]


@dataclass
class World:
    """A folder with an installation, what is around it, and what happened so far."""

    folder: Path
    bot: TelegramStandin
    post: MailStandin
    chance: np.random.Generator
    begin: datetime
    found: Counter[str] = field(default_factory=Counter)
    held: Held = field(default_factory=dict)
    moments: list[datetime] = field(default_factory=list)
    is_calm: bool = False
    seconds: deque[float] = field(default_factory=lambda: deque([1.0], maxlen=20))

    @property
    def settings(self) -> Settings:
        return settings_of(self.folder, self.bot.base_url, self.post.port)

    @contextmanager
    def store(self) -> Iterator[Store]:
        with open_full_database(self.settings) as store:
            yield store

    def found_installation(self) -> None:
        with self.store() as store:
            for person in PEOPLE:
                PeopleStore(store.database).save(person)
            for portfolio in (core_portfolio(), _meme()):
                store.save_portfolio(portfolio, at=self.begin)

    def calms_down(self) -> None:
        """Let nothing go wrong any more."""
        self.is_calm = True

    def note_held_back(self) -> None:
        """Remember what waits for a digest at this moment."""
        with self.store() as store:
            kept = PreferenceStore(store.database)
            for person in PEOPLE:
                for channel in ("telegram", "email"):
                    for each in kept.held_back(person.name, channel):
                        self.held[person.name, channel, each.key] = each.headline


@contextmanager
def world_in(folder: Path, begin: datetime, seed: int) -> Iterator[World]:
    with TelegramStandin(*CHATS.values()) as bot, MailStandin("none") as post:
        world = World(folder, bot, post, np.random.default_rng(seed), begin)
        world.found_installation()
        yield world


class Nursery:
    """Starts lives and hears of their ends."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.rebalancer.soak.population"], cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        self._rest = b""
        self._ends: deque[tuple[int, int]] = deque()

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        self._in.close()
        self._process.wait(timeout=60)
        self._out.close()

    def begin(self, **life: object) -> int:
        self._in.write(json.dumps(life).encode() + b"\n")
        self._in.flush()
        while True:
            line = self._line(60.0)
            assert line is not None
            kind, pid, *code = line.split()
            if kind == "born":
                return int(pid)
            self._ends.append((int(pid), int(code[0])))

    def end(self, seconds: float) -> tuple[int, int] | None:
        """Return the next end of a life and its code; None if none ends in time."""
        if self._ends:
            return self._ends.popleft()
        line = self._line(seconds)
        if line is None:
            return None
        _, pid, code = line.split()
        return int(pid), int(code)

    def _line(self, seconds: float) -> str | None:
        last = time.monotonic() + seconds
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._out], [], [], max(0.0, last - time.monotonic()))
            if not ready:
                return None
            got = os.read(self._out.fileno(), 4096)
            assert got, "the nursery is gone"
            self._rest += got
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()


def live_through(
    world: World, nursery: Nursery, moments: Sequence[datetime], *, kill_share: float
) -> None:
    """Let the service live through moments; some lives are killed, and begun again."""
    down_until = {"telegram": world.begin, "mail": world.begin}
    for moment in moments:
        _trouble(world, moment, down_until)
        telegram = _nowhere() if moment < down_until["telegram"] else world.bot.base_url
        mail = NOBODY if moment < down_until["mail"] else world.post.port
        life = {"folder": str(world.folder), "telegram": telegram, "mail": mail,
                "moments": [moment.isoformat()], "talks": True}  # fmt: skip
        while world.chance.random() < kill_share:
            _killed(world, nursery, life)
        beside = [nursery.begin(**(life | {"talks": False}))] if world.chance.random() < 0.3 else []
        world.found["pairs"] += len(beside)
        started = time.monotonic()
        waiting = {nursery.begin(**life), *beside}
        while waiting:
            ended = nursery.end(120.0)
            assert ended is not None, "a life did not end"
            assert ended[1] == 0, "a life ended badly; its words are on standard error"
            waiting.discard(ended[0])
        if not beside:
            world.seconds.append(time.monotonic() - started)
        world.found["rounds"] += 1 + len(beside)
        world.moments.append(moment)
        world.note_held_back()


def _killed(world: World, nursery: Nursery, life: dict[str, object]) -> None:
    """Begin a life and kill it somewhere in the middle, unless it is quicker."""
    usual = float(np.median(world.seconds))
    pid = nursery.begin(**life)
    ended = nursery.end(world.chance.random() * usual)
    if ended is None:
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(pid, signal.SIGKILL)
        ended = nursery.end(60.0)
    assert ended is not None
    assert ended[1] in (0, -signal.SIGKILL)
    world.found["kills"] += ended[1] != 0


def _trouble(world: World, moment: datetime, down_until: dict[str, datetime]) -> None:
    """Let something go wrong with the channels now and then: for one call, or for hours."""
    chance = world.chance
    world.bot.faults.clear()
    world.post.faults.clear()
    if world.is_calm:
        down_until |= dict.fromkeys(down_until, world.begin)
        return
    if chance.random() < 0.3:
        kind = ("flood", "status", "lost", "reset")[chance.integers(4)]
        world.bot.fault(kind, method="sendMessage", count=int(chance.integers(1, 4)), code=502,
                        description="Bad Gateway")  # fmt: skip
        world.found["faults"] += 1
    if chance.random() < 0.2:
        fault = ("rcpt 450", "data 451", "drop in data", "drop after data")[chance.integers(4)]
        world.post.faults.append(fault)
        world.found["faults"] += 1
    for channel in down_until:
        if moment >= down_until[channel] and chance.random() < 0.03:
            down_until[channel] = moment + timedelta(hours=float(chance.integers(2, 12)))
            world.found["outages"] += 1


def _nowhere() -> str:
    return f"http://127.0.0.1:{NOBODY}/bot"


def core_portfolio() -> Portfolio:
    """Return a portfolio that is away from its targets, and whose rules come true now and then."""
    held = {"bitcoin": "0.4", "ethereum": "6", "solana": "40", "uniswap": "300", "pepe": "90000000"}
    targets = {"bitcoin": "0.45", "ethereum": "0.25", "solana": "0.08", "uniswap": "0.08",
               "usd-coin": "0.1"}  # fmt: skip
    rules = (AlertRule("price bitcoin > 90000"), AlertRule("price bitcoin < 89000"))
    return Portfolio("core", cash=Decimal(4000), holdings=_holdings(held),
                     targets={a: Decimal(w) for a, w in targets.items()}, alerts=rules)  # fmt: skip


def _meme() -> Portfolio:
    held = {"bitcoin": "0.05", "pepe": "300000000", "ethereum": "1"}
    targets = {"bitcoin": Decimal("0.5"), "ethereum": Decimal("0.3")}
    return Portfolio("meme", cash=Decimal(500), holdings=_holdings(held), targets=targets)


def _holdings(held: dict[str, str]) -> tuple[Holding, ...]:
    return tuple(Holding(asset, Decimal(quantity)) for asset, quantity in held.items())
