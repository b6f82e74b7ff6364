"""Both stand-ins on one loopback port, with an account of calls and faults on demand."""

from __future__ import annotations

import gzip
import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from portfolios.values.time import Clock
from tests.standins.coingecko import CoinGecko, CoinGeckoSwitches
from tests.standins.replying import Asked, Reply, as_json
from tests.standins.tokenmetrics import TokenMetrics, TokenMetricsSwitches
from tests.standins.world import World

CG, TM = "coingecko", "tokenmetrics"
ROOT = "/api/v3/"


@dataclass
class Fault:
    """Something that goes wrong, so many times."""

    kind: str
    provider: str = ""
    endpoint: str = ""
    count: int = 1
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, provider: str, endpoint: str) -> bool:
        return (
            self.count > 0 and self.provider in ("", provider) and self.endpoint in ("", endpoint)
        )


class Standin:
    """Serves as long as its block lasts; the market runs with a clock where one is given."""

    def __init__(
        self,
        *,
        world: World | None = None,
        coingecko: CoinGeckoSwitches | None = None,
        tokenmetrics: TokenMetricsSwitches | None = None,
        port: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.world = world or World()
        self.coingecko = CoinGecko(self.world, coingecko or CoinGeckoSwitches())
        self.tokenmetrics = TokenMetrics(self.world, tokenmetrics or TokenMetricsSwitches())
        self.calls: list[Asked] = []
        self.faults: list[Fault] = []
        self.clock = clock
        self._lock = threading.Lock()
        handler = type("Bound", (_Handler,), {"standin": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True

    def __enter__(self) -> Standin:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What a user would export to be served by these."""
        return {
            "REBALANCER_COINGECKO__BASE_URL": f"{self.root}/api/v3",
            "REBALANCER_COINGECKO__REQUESTS_PER_MINUTE": "100000",
            "REBALANCER_TOKENMETRICS__BASE_URL": self.root,
            "REBALANCER_TOKENMETRICS__REQUESTS_PER_MINUTE": "100000",
        }

    def count(self, provider: str, endpoint: str = "") -> int:
        """How often a provider, or one endpoint of it, was asked."""
        return sum(c.provider == provider and endpoint in ("", c.endpoint) for c in self.calls)

    def fault(self, kind: str, **details: object) -> None:
        """Let something go wrong: status, truncated, html, empty, reset, drip, bomb or huge."""
        self.faults.append(Fault(kind, **details))  # type: ignore[arg-type]

    def advance(self, **time: float) -> None:
        """Move the made-up clock."""
        self.world.now += timedelta(**time)

    def answer(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: object
    ) -> tuple[Reply, Fault | None]:
        """Answer one request, and count it."""
        with self._lock:
            if self.clock is not None:
                self.world.now = self.clock()
            if path.startswith("/__admin/"):
                return self._admin(path.removeprefix("/__admin/"), body), None
            provider, endpoint, reply = self._provider(path, query, headers, body)
            fault = next((f for f in self.faults if f.concerns(provider, endpoint)), None)
            if fault is not None:
                fault.count -= 1
                reply = _spoiled(reply, fault)
            asked = Asked(provider, endpoint, dict(query), reply.status, self.world.now)
            self.calls.append(asked)
            return reply, fault

    def _provider(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: object
    ) -> tuple[str, str, Reply]:
        if path.startswith(ROOT):
            route = path.removeprefix(ROOT)
            last = route.rpartition("/")[2] if "market_chart" in route else route
            return CG, last, self.coingecko.answer(route, query, headers)
        _, version, route = [*path.split("/", 2), ""][:3]
        if version in ("v2", "v3"):
            return TM, route, self.tokenmetrics.answer(version, route, query, headers, body)
        return "", path, as_json({"message": "not found"}, 404)

    def _admin(self, path: str, body: object) -> Reply:
        wanted = body if isinstance(body, dict) else {}
        if path == "clock":
            self.advance(seconds=float(wanted.get("seconds", 0)))
        elif path == "faults":
            self.fault(**wanted)
        counts = Counter(f"{call.provider} {call.endpoint}" for call in self.calls)
        return as_json({"now": self.world.now.isoformat(), "calls": dict(sorted(counts.items()))})


def _spoiled(reply: Reply, fault: Fault) -> Reply:
    html = {"content-type": "text/html"}
    return {
        "truncated": Reply(200, reply.body[: len(reply.body) // 2], reply.headers),
        "html": Reply(200, b"<html><body>Sign in to the network</body></html>", html),
        "empty": Reply(200, b"", reply.headers),
        "null": Reply(200, b"null", reply.headers),
        "object": Reply(200, b'{"unexpected": true}', reply.headers),
        "list": Reply(200, b"[1, [2], null]", reply.headers),
        "nan": Reply(200, b'{"price": NaN}', reply.headers),
        "vast": Reply(200, b'{"unused": 1e99999999999999999999}', reply.headers),
        "bomb": Reply(200, _bomb(), {**reply.headers, "content-encoding": "gzip"}),
        "status": as_json({"error": "something went wrong"}, fault.status, fault.headers),
    }.get(fault.kind, reply)


def _bomb() -> bytes:
    return gzip.compress(b"[" + b" " * 30_000_000)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # headers and body in one piece: in two, each reply waits 40 ms
    standin: ClassVar[Standin]

    def do_GET(self) -> None:
        self._serve(None)

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        try:
            self._serve(json.loads(self.rfile.read(length) or b"null"))
        except ValueError:
            self._send(as_json({"message": "no JSON"}, 400))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""

    def _serve(self, body: object) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply, fault = self.standin.answer(parts.path, query, headers, body)
        if fault is not None and fault.kind == "reset":
            self.close_connection = True
            self.connection.close()
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
