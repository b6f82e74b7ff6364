"""Kills senders and lets senders race, in processes forked after the imports; prints figures."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from alerts.channels.envelope import Envelope
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import Limits, RateLimiter
from alerts.delivery.sender import LEASE, PATIENCE, deliver
from alerts.messages import Promise
from portfolios.errors import DeliveryError
from tests.alerts.delivery.delivery_examples import NOW, SECOND, Clock, addressed, open_store

DEAD = 137
BETWEEN = timedelta(minutes=10)
AHEAD = tuple(timedelta(minutes=m) for m in (0, 2, 90, 7 * 60, 24 * 60, 40 * 24 * 60))
"""How far the clock of a sender that dies may be ahead."""
SHORT = timedelta(seconds=20)
"""How long a run waits that is begun right after the clock was set back, like `serve --once`."""
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
    is_busy: bool = False
    refused: set[int] = field(default_factory=set)
    name: str = "telegram"

    def send(self, envelope: Envelope) -> str:
        self.pass_point()
        is_first = envelope.delivery not in self.refused
        self.refused.add(envelope.delivery)
        if self.is_poor and is_first and envelope.message.key.endswith("once"):
            raise DeliveryError("502")
        if self.is_busy and is_first and envelope.message.key.endswith("must"):
            raise DeliveryError("429", retry_after=30)
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


def send_all(
    folder: Path,
    wall: Wall,
    at: datetime,
    points: Points | None = None,
    patience: timedelta = PATIENCE,
) -> timedelta:
    """Send what is due at a moment; returns how long the sender slept."""
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
            patience=patience,
        )  # fmt: skip
    return clock.now - at


def put_some(folder: Path, kill: int, at: datetime) -> dict[int, Promise]:
    with open_store(folder) as database:
        outbox = Outbox(database)
        rows = [
            addressed(f"{kill} {promise}", address=f"{i % 3}", promise=promise, at=at)
            for i, promise in enumerate(Promise)
        ]
        return dict(zip(outbox.put(*rows), Promise, strict=True))


def die_at(folder: Path, wall: Path, at: datetime, point: int, *, is_busy: bool = False) -> None:
    points = Points(point)
    send_all(folder, Wall(wall, points, is_poor=True, is_busy=is_busy), at, points)


def measure(folder: Path) -> tuple[int, float]:
    """Return how many points a sender passes, and how many seconds it needs."""
    folder.mkdir()
    put_some(folder, 7, NOW)
    started, points = time.perf_counter(), Points()
    send_all(folder, Wall(folder / "wall", points, is_poor=True), NOW, points)
    return points.passed, time.perf_counter() - started


def kill_many(
    folder: Path, kills: int, seed: int, aheads: Sequence[timedelta] = AHEAD[:1]
) -> dict[str, object]:
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
            ahead, is_busy = aheads[chance.integers(len(aheads))], chance.random() < 0.5
            # Written before the clock was wrong, or while it was.
            promises |= put_some(place, number, at + ahead * int(chance.integers(2)))
            # Odd ones die at a numbered point, each in its turn; even ones whenever it comes.
            point = int(order[number // 2 % count]) if number % 2 else 0
            found["killed"] += kill_one(
                place, wall.path, at + ahead, point, chance.random() * seconds,
                is_busy=bool(ahead) and is_busy,
            )  # fmt: skip
            if ahead:
                slept = send_all(place, wall, at + SHORT, patience=SHORT)
                found["longest_wait"] = max(found["longest_wait"], slept // SECOND)
            send_all(place, wall, at + LEASE + timedelta(minutes=3))
            if found["killed"] == kills:
                break
        judge(place, wall.read(), promises, found)
    return {"points": count, **found}


def kill_one(
    folder: Path, wall: Path, at: datetime, point: int, seconds: float, *, is_busy: bool = False
) -> bool:
    """Kill a sender at a point, or after some seconds; tell whether it was still at work."""
    child = fork(lambda: die_at(folder, wall, at, point, is_busy=is_busy))
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
    acts = {
        "kill": lambda: kill_many(where, many, other),
        "jump": lambda: kill_many(where, many, other, AHEAD),
        "race": lambda: race(where / "r", many, other),
    }
    sys.stdout.write(json.dumps(acts[act]()))
