"""`rebalancer serve`, as a process of its own or on threads of this one, and what it says."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Event, Thread

from rebalancer.settings import load_settings
from rebalancer.wiring.service import serve
from tests.shell import PROGRAM, Shell


@dataclass
class Server:
    """A running `serve`, with everything it has said so far."""

    stop: Callable[[signal.Signals], int] = lambda _: 0
    kill: Callable[[], None] = lambda: None
    lines: list[str] = field(default_factory=list)
    news: Condition = field(default_factory=Condition)

    def say(self, line: str) -> None:
        with self.news:
            self.lines.append(line)
            self.news.notify_all()

    def hears(self, words: str, *, times: int = 1) -> str:
        """Wait until it has said something so often; returns the first such line."""

        def said() -> list[str]:
            return [line for line in self.lines if words in line]

        with self.news:
            assert self.news.wait_for(lambda: len(said()) >= times, timeout=60), self.lines
        return said()[0]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; returns its exit code, within ten seconds."""
        return self.stop(number)

    def count(self, words: str) -> int:
        return sum(words in line for line in self.lines)


@contextmanager
def serving(shell: Shell, *words: str) -> Iterator[Server]:
    """Run `serve` as a process for as long as the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "serve", *words], cwd=shell.home, env=shell.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip

        def stop(number: signal.Signals) -> int:
            process.send_signal(number)
            return process.wait(timeout=10)

        def listen() -> None:
            for line in process.stderr or ():
                server.say(line.rstrip())

        server = Server(stop, process.kill)
        listener = Thread(target=listen)
        listener.start()
        try:
            yield server
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
            listener.join(10)


@contextmanager
def serving_here(shell: Shell) -> Iterator[Server]:
    """Run everything that `serve` runs on threads of this process, which has the libraries."""
    resolved = load_settings(
        environ=shell.environment, cwd=shell.home, data_dir=shell.home / "data" / "rebalancer",
        config_dir=shell.home / "config",
    )  # fmt: skip
    asked, left = Event(), list[str]()
    thread = Thread(target=lambda: left.extend(serve(resolved, asked, clock=shell.clock)))

    def stop(_: signal.Signals) -> int:
        asked.set()
        thread.join(10)
        assert not thread.is_alive()
        assert left == []
        return 0

    server = Server(stop)
    with _overheard(server):
        thread.start()
        try:
            yield server
        finally:
            stop(signal.SIGTERM)


@contextmanager
def _overheard(server: Server) -> Iterator[None]:
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: server.say(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("rebalancer")
    before = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


def database_of(shell: Shell) -> Path:
    return shell.home / "data" / "rebalancer" / "rebalancer.db"
