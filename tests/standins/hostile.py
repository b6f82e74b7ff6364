"""A server that answers as no honest server would: byte by byte, without end, or not at all."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType

Act = Callable[["Stage"], None]


@dataclass
class Stage:
    """One connection on which a request has arrived."""

    connection: socket.socket
    over: threading.Event

    def send(self, data: bytes) -> bool:
        """Send some bytes; False when the other side has gone."""
        try:
            self.connection.sendall(data)
        except OSError:
            return False
        return True


@dataclass
class Hostile:
    """Plays one act for each request, the last one again and again."""

    acts: Sequence[Act]
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Hostile:
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=10)
        self._socket.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._play, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _play(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            request = b""
            try:
                while b"\r\n\r\n" not in request:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    request += piece
            except OSError:
                return
            self.requests.append(request.decode("latin-1"))
            act = self.acts[min(len(self.requests), len(self.acts)) - 1]
            act(Stage(connection, self._over))


def reply(body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> Act:
    """Answer as an honest server does."""
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close"]
    if kind:
        lines.append(f"content-type: {kind}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def act(stage: Stage) -> None:
        stage.send(whole)

    return act


def drip(body: bytes = b'{"a": 1}' * 100, *, in_headers: bool = False) -> Act:
    """Send a byte now and then, so that no single read ever takes long."""
    head = b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n"
    whole = head if in_headers else head + b"\r\n"
    rest = b"x-slow: " + b"y" * 10_000 if in_headers else body * 1000

    def act(stage: Stage) -> None:
        stage.send(whole)
        for byte in rest:
            if stage.over.wait(0.02) or not stage.send(bytes([byte])):
                return

    return act


def endless(*, packed: bool) -> Act:
    """Send megabytes without end; packed, a few kilobytes of them."""
    chunk = b"[" + b" " * 1_000_000
    kind = b"content-encoding: gzip\r\n" if packed else b""

    def chunks() -> Iterator[bytes]:
        yield from [gzip.compress(b" " * 200_000_000)] if packed else [chunk] * 200

    def act(stage: Stage) -> None:
        stage.send(b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n" + kind + b"\r\n")
        for piece in chunks():
            if stage.over.is_set() or not stage.send(piece):
                return

    return act


def silence(stage: Stage) -> None:
    """Never answer."""
    stage.over.wait(20)


def hang_up(stage: Stage) -> None:
    """Close without a word."""


def break_off(stage: Stage) -> None:
    """Close in the middle of the body."""
    stage.send(b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n[1,")


@contextmanager
def playing(*acts: Act) -> Iterator[Hostile]:
    """Serve these acts, one for each request."""
    with Hostile(acts) as server:
        yield server
