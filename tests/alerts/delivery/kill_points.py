"""Kills senders and lets senders race, in processes forked after the imports; prints figures."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from alerts.channels.envelope import Envelope
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import Limits, RateLimiter
from alerts.delivery.sender import LEASE, deliver
from alerts.messages import Promise
from portfolios.errors import DeliveryError
from tests.alerts.delivery.delivery_examples import NOW, Clock, addressed, open_store

DEAD = 137
BETWEEN = timedelta(minutes=10)
A_FILE = 100
"""Kills after which a new file is begun: opening checks the whole file, so it has to stay small."""


@dataclass
class Points:
    """Numbers the points that a sender passes, and ends the process at one of them."""

    last: int = 0
    passed: int = 0

    def __call__(self, _: object = None) -> None:
        self.passed += 1
        if self.passed == self.last:
            os._exit(DEAD)


@dataclass
class Wall:
    """A channel that writes what arrives where a kill cannot take it back."""

    path: Path
    pass_point: Callable[[], None] = lambda: None
    is_poor: bool = False
    refused: set[int] = field(default_factory=set)
    name: str = "telegram"

    def send(self, envelope: Envelope) -> str:
        self.pass_point()
        is_first = envelope.delivery not in self.refused
        self.refused.add(envelope.delivery)
        if self.is_poor and is_first and envelope.message.key.endswith("once"):
            raise DeliveryError("502")
        wall = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(wall, f"{envelope.delivery} {int(envelope.may_repeat)}\n".encode())
        self.pass_point()
        os.fsync(wall)
        os.close(wall)
        self.pass_point()
        if self.is_poor and is_first and envelope.message.key.endswith("7 must"):
            raise DeliveryError("the answer got lost", outcome_unknown=True)
        return f"m{envelope.delivery}"

    def read(self) -> dict[int, list[bool]]:
        found = defaultdict(list)
        for line in self.path.read_text().splitlines():
            number, flag = line.split()
            found[int(number)].append(flag == "1")
        return found


def fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def send_all(folder: Path, wall: Wall, at: datetime, points: Points | None = None) -> None:
    clock = Clock(at)

    def read_clock() -> datetime:
        if points:
            points()
        return clock()

    with open_store(folder) as database:
        if points:
            database.connection.set_trace_callback(points)
        deliver(
            Outbox(database), {"telegram": wall}, now=read_clock, sleep=clock.sleep,
            owner=f"{os.getpid()}", limiter=RateLimiter(), random=lambda: 0.5,
        )  # fmt: skip


def put_some(folder: Path, kill: int, at: datetime) -> dict[int, Promise]:
    with open_store(folder) as database:
        outbox = Outbox(database)
        rows = [
            addressed(f"{kill} {promise}", address=f"{i % 3}", promise=promise, at=at)
            for i, promise in enumerate(Promise)
        ]
        return dict(zip(outbox.put(*rows), Promise, strict=True))


def die_at(folder: Path, wall: Path, at: datetime, point: int) -> None:
    points = Points(point)
    send_all(folder, Wall(wall, points, is_poor=True), at, points)


def measure(folder: Path) -> tuple[int, float]:
    """Return how many points a sender passes, and how many seconds it needs."""
    folder.mkdir()
    put_some(folder, 7, NOW)
    started, points = time.perf_counter(), Points()
    send_all(folder, Wall(folder / "wall", points, is_poor=True), NOW, points)
    return points.passed, time.perf_counter() - started


def kill_many(folder: Path, kills: int, seed: int) -> dict[str, object]:
    measure(folder / "warm")
    count, seconds = measure(folder / "measured")
    chance = np.random.default_rng(seed)
    order = chance.permutation(count) + 1
    found: dict[str, int] = defaultdict(int)
    while found["killed"] < kills:
        place = folder / f"{found['tries']}"
        place.mkdir()
        wall, promises = Wall(place / "wall"), {}
        for _ in range(A_FILE):
            number = found["tries"]
            found["tries"] += 1
            at = NOW + number * BETWEEN
            promises |= put_some(place, number, at)
            # Odd ones die at a numbered point, each in its turn; even ones whenever it comes.
            point = int(order[number // 2 % count]) if number % 2 else 0
            found["killed"] += kill_one(place, wall.path, at, point, chance.random() * seconds)
            send_all(place, wall, at + LEASE + timedelta(minutes=3))
            if found["killed"] == kills:
                break
        judge(place, wall.read(), promises, found)
    return {"points": count, **found}


def kill_one(folder: Path, wall: Path, at: datetime, point: int, seconds: float) -> bool:
    """Kill a sender at a point, or after some seconds; tell whether it was still at work."""
    child = fork(lambda: die_at(folder, wall, at, point))
    if not point:
        select.select([], [], [], seconds)
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, DEAD, -signal.SIGKILL), status
    return status != 0


def judge(
    folder: Path,
    arrived: dict[int, list[bool]],
    promises: dict[int, Promise],
    found: dict[str, int],
) -> None:
    with open_store(folder) as database:
        left = Outbox(database).summary().waiting
        (verdict,) = database.rows("PRAGMA integrity_check")
        found["damaged"] += verdict["integrity_check"] != "ok"
        found["half"] += len(database.rows("PRAGMA foreign_key_check"))
    found["waiting"] += left
    for number, promise in promises.items():
        copies = arrived.get(number, [])
        kind = "low" if promise is Promise.LOW else "kept"
        found["rows"] += 1
        found[f"lost_{kind}"] += not copies
        found[f"most_copies_{kind}"] = max(found[f"most_copies_{kind}"], len(copies))
        found["repeats"] += len(copies) > 1
        found["unflagged"] += not all(copies[1:])


def race(folder: Path, rows: int, processes: int) -> dict[str, object]:
    """Let processes claim the same rows at once; each writes down what it got."""
    folder.mkdir()
    with open_store(folder) as database:
        outbox = Outbox(database)
        outbox.put(*(addressed(f"{i}", address=f"{i}", promise=Promise.ONCE) for i in range(rows)))
    start, go = os.pipe()
    started = time.perf_counter()
    children = [fork(lambda: claim_all(folder, start)) for _ in range(processes)]
    os.write(go, b"x" * processes)
    assert all(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 for child in children)
    walls = [Wall(path).read() for path in folder.glob("wall-*")]
    arrived = [number for wall in walls for number, flags in wall.items() for _ in flags]
    return {
        "rows": rows, "processes": len(walls), "sent": len(arrived),
        "double": len(arrived) - len(set(arrived)), "least": min(len(wall) for wall in walls),
        "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip


def claim_all(folder: Path, start: int) -> None:
    os.read(start, 1)
    clock = Clock()
    with open_store(folder) as database:
        deliver(
            Outbox(database), {"telegram": Wall(folder / f"wall-{os.getpid()}")}, now=clock,
            sleep=clock.sleep, owner=f"{os.getpid()}", limiter=RateLimiter(Limits(bulk=1_000_000)),
        )  # fmt: skip


if __name__ == "__main__":
    act, where, many, other = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    figures = kill_many(where, many, other) if act == "kill" else race(where / "r", many, other)
    sys.stdout.write(json.dumps(figures))
