"""Kills the bot anywhere while it works on an update, delivers that again, and counts effects."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from portfolios.model.decisions import Verdict
from portfolios.store.portfolio_store import Store
from rebalancer.bot.access import Incoming
from rebalancer.bot.request import Services
from rebalancer.usecases.proposals.status import offer
from tests.alerts.delivery.kill_points import DEAD, Points, fork
from tests.rebalancer.bot.bot_fixture import CANARY, OWNER, Bot, plan_of

BETWEEN = timedelta(hours=50)
PORTFOLIO = "shared"


@dataclass
class Mortal(Bot):
    """An installation whose process may end at any numbered point."""

    points: Points

    def __init__(self, path: Path, points: Points) -> None:
        self.points = points
        super().__init__(path)

    @contextmanager
    def store(self) -> Iterator[Store]:
        with super().store() as store:
            store.database.connection.set_trace_callback(self.points)
            yield store


def work(bot: Bot, heard: Incoming, wall: Path, points: Points) -> None:
    """Do what the transport does with one update: answer, send, note that it was answered."""
    is_press = ":" in heard.text and not heard.text.startswith("/")
    reply = bot.dispatcher.press(heard) if is_press else bot.dispatcher.answer(heard)
    points()
    if reply is not None and (reply.message or reply.notice):
        with wall.open("a") as log:
            log.write(f"{heard.number} {len(reply.files)}\n")
    points()
    bot.dispatcher.answered(heard)
    points()


def asks(path: Path) -> Callable[[str], tuple[str, int | None]]:
    def ask(question: str) -> tuple[str, int | None]:
        with path.open("a") as log:
            log.write(f"{question}\n")
        return "well", 5

    return ask


def life(bot: Bot, heard: Incoming, folder: Path, *, point: int = 0) -> int:
    """Work on an update in a process of its own, which ends at a point; returns how it ended."""

    def lived() -> None:
        points = Points(point)
        mortal = Mortal.__new__(Mortal)
        mortal.__dict__ |= bot.__dict__ | {"points": points}
        mortal.services = Services(ask=asks(folder / "asked"))
        work(mortal, heard, folder / "wall", points)

    return os.waitstatus_to_exitcode(os.waitpid(fork(lived), 0)[1])


def count_points(bot: Bot, heard: Incoming, folder: Path) -> int:
    """Return how many points an update passes, by running it with none that ends it."""
    read, write = os.pipe()

    def counted() -> None:
        points = Points(0)
        mortal = Mortal.__new__(Mortal)
        mortal.__dict__ |= bot.__dict__ | {"points": points}
        mortal.services = Services(ask=asks(folder / "asked"))
        work(mortal, heard, folder / "wall", points)
        os.write(write, str(points.passed).encode())

    assert os.waitstatus_to_exitcode(os.waitpid(fork(counted), 0)[1]) == 0
    return int(os.read(read, 32))


def kinds(bot: Bot, plan: str) -> dict[str, Callable[[], str]]:
    """What may be asked: each returns its text and prepares what it needs."""

    def again() -> None:
        bot.now += BETWEEN
        with bot.store() as store, store.database.transaction():
            offer(store, store.load_plan(plan), at=bot.now)

    def pressed(action: str) -> Callable[[], str]:
        def prepare() -> str:
            again()
            return f"{action}:{plan}"

        return prepare

    def confirmed() -> str:
        again()
        return bot.confirmation(plan)

    number = iter(range(10**6))
    return {
        "skip": pressed("skip"),
        "snooze": pressed("later"),
        "approve": confirmed,
        "word": lambda: (again(), f"/skip {PORTFOLIO}")[1],  # type: ignore[func-returns-value]
        "rule": lambda: f"/alert {PORTFOLIO} price bitcoin > {100_000 + next(number)}",
        "ask": lambda: f"/ask question {next(number)}",
    }  # fmt: skip


def run(folder: Path, restarts: int, seed: int) -> dict[str, int]:
    bot = Bot(folder)
    plan = plan_of(bot.ask_proposal(PORTFOLIO))
    every, chance = kinds(bot, plan), np.random.default_rng(seed)
    found: Counter[str] = Counter()
    lengths = {
        name: count_points(bot, bot.heard(prepare(), OWNER), folder)
        for name, prepare in every.items()
    }
    while found["restarts"] < restarts:
        name = list(every)[found["tries"] % len(every)]
        bot.now += timedelta(minutes=5)
        if name == "ask":
            bot.now += timedelta(days=1)
        heard = bot.heard(every[name](), OWNER)
        before = effects(bot, plan, folder)
        point = int(chance.integers(1, lengths[name] + 1))
        ended = life(bot, heard, folder, point=point)
        assert ended in (0, DEAD), ended
        found["restarts"] += ended == DEAD
        # It comes again until it was answered, and once more for good measure.
        for _ in range(2):
            assert life(bot, heard, folder) == 0
        judge(name, before, effects(bot, plan, folder), found)
        found["tries"] += 1
        answers = [line.split() for line in (folder / "wall").read_text().splitlines()]
        mine = [int(files) for number, files in answers if number == str(heard.number)]
        found["unanswered"] += not mine
        # Who approves gets their ticket, however often the first one was on its way when all ended.
        found["no_ticket"] += name == "approve" and not any(mine)
    with bot.store() as store:
        (verdict,) = store.database.rows("PRAGMA integrity_check")
    return {**found, "damaged": int(verdict["integrity_check"] != "ok")}


def effects(bot: Bot, plan: str, folder: Path) -> Counter[str]:
    asked = folder / "asked"
    with bot.store() as store:
        rulings = Counter(ruling.verdict.value for ruling in store.decisions(plan))
        rules = len(store.load_portfolio(PORTFOLIO).alerts)
        offers = store.database.row("SELECT count(*) AS n FROM offers")
    return Counter(
        {
            "skip": rulings[Verdict.SKIP], "snooze": rulings[Verdict.SNOOZE],
            "approve": rulings[Verdict.APPROVE], "rule": rules,
            "ask": len(asked.read_text().splitlines()) if asked.exists() else 0,
            "offers": offers["n"] if offers else 0,
        }
    )  # fmt: skip


def judge(name: str, before: Counter[str], after: Counter[str], found: Counter[str]) -> None:
    meant = {"word": "skip"}.get(name, name)
    change = {key: after[key] - before[key] for key in after if after[key] != before[key]}
    found["twice"] += change.get(meant, 0) > 1
    # A question may be lost when its asker is told so; a decision or a rule never is.
    found["lost"] += meant != "ask" and change.get(meant, 0) < 1
    found["other"] += len(set(change) - {meant})


if __name__ == "__main__":
    figures = run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    assert CANARY
    sys.stdout.write(json.dumps(figures))
