"""The one client, against servers that answer as no honest server would."""

from __future__ import annotations

import gzip
import json
import logging
import resource
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from portfolios.errors import (
    CredentialError,
    ProviderError,
    QuotaSpentError,
    RateLimitError,
    ReplyError,
    UnreachableError,
)
from portfolios.providers.http.client import Client, Service, retry_after
from portfolios.providers.http.decoding import MOST_BYTES, parse
from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.quota.meter import Meter
from portfolios.providers.quota.quota import CreditPlan
from portfolios.store.database import open_database
from portfolios.values.time import Moment
from tests.standins.hostile import (
    Act,
    Hostile,
    break_off,
    drip,
    endless,
    hang_up,
    playing,
    reply,
    silence,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
CANARY = "tm-canary-0f9d8e7c"
FINE = reply(b'{"data": [1.10]}')


@pytest.fixture(autouse=True)
def _no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


class RawServer:
    """A ledger whose clock is moved by waiting, and the client that spends from it."""

    def __init__(self, path: Path, *, monthly: int | None = None) -> None:
        self.database = open_database(path)
        self.wall, self.steady = NOW, 1e6
        plans = {"them": CreditPlan(1000, monthly)}
        self.ledger = Ledger(self.database, plans, clock=self._now, manual=True)
        self.waits: list[float] = []

    def _now(self) -> Moment:
        return Moment(self.wall, self.steady)

    def _sleep(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds

    def ask(self, server: Hostile, *, deadline: float = 5.0, path: str = "things") -> object:
        service = Service("them", server.url, {"x-api-key": CANARY}, {10011: "use a demo plan"})
        meter = Meter(self.ledger, "them", sleep=self._sleep)
        with Client(service, meter=meter, deadline=deadline, watch=self.waits.append) as client:
            return client.get(path, {"ids": "a,b"})

    def statuses(self) -> list[str]:
        return [row["status"] for row in self.database.rows("SELECT status FROM credits")]


@pytest.fixture
def dispatcher(tmp_path: Path) -> Iterator[RawServer]:
    made = RawServer(tmp_path / "ledger.db")
    yield made
    made.database.close()


def test_an_answer_is_exact_and_the_key_travels_in_a_header_only(dispatcher: RawServer) -> None:
    with playing(FINE) as server:
        answer = dispatcher.ask(server)
    assert str(answer) == "{'data': [Decimal('1.10')]}"
    (request,) = server.requests
    assert request.startswith("GET /things?ids=a%2Cb HTTP/1.1\r\n")
    assert f"x-api-key: {CANARY}" in request
    assert dispatcher.statuses() == ["200"]


@pytest.mark.parametrize("act", [hang_up, break_off])
def test_a_server_that_hangs_up_is_asked_again_and_each_attempt_is_counted(
    dispatcher: RawServer, act: Act
) -> None:
    with playing(act) as server, pytest.raises(UnreachableError):
        dispatcher.ask(server)
    assert dispatcher.statuses() == ["failed"] * 3


@pytest.mark.parametrize("act", [silence, drip(), drip(in_headers=True)])
def test_a_server_that_stalls_takes_one_deadline_and_no_more(
    dispatcher: RawServer, act: Act
) -> None:
    began = time.monotonic()
    with playing(act) as server, pytest.raises(UnreachableError) as caught:
        dispatcher.ask(server, deadline=0.4)
    assert time.monotonic() - began < 3
    assert caught.value.is_stalled
    assert dispatcher.statuses() == ["failed"]


def test_a_second_attempt_may_do(dispatcher: RawServer) -> None:
    with playing(hang_up, reply(b"", status=503), FINE) as server:
        assert dispatcher.ask(server)
    assert dispatcher.statuses() == ["failed", "503", "200"]


def test_nobody_there_is_unreachable(dispatcher: RawServer) -> None:
    with playing(FINE) as server:
        pass
    with pytest.raises(UnreachableError, match="could not be reached"):
        dispatcher.ask(server)


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_without_end_is_refused_early(dispatcher: RawServer, packed: bool) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with playing(endless(packed=packed)) as server, pytest.raises(ReplyError, match="longer than"):
        dispatcher.ask(server)
    # The stand-in packs in the same process, within its own few megabytes.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000 + 200_000 * packed


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"data": [1,', {}),
        (b"", {}),
        (b"<html>a captive portal</html>", {"kind": "text/html"}),
        (b"[1]", {"kind": "text/plain"}),
        (b'{"price": NaN}', {}),
        (b'{"price": -Infinity}', {}),
        (b'{"unused": 1e99999999999999999999}', {}),
        (b'{"unused": -1E-99999999999999999999}', {}),
        (b'{"unused": ' + b"9" * 9000 + b"}", {}),
        (b'{"id": 1, "id": 2}', {}),
        (b"[" * 100_000, {}),
        (b"[" + b"{}," * 400_000 + b"{}]", {}),
        (b'{"a": "\xff"}', {}),
        (b"not packed", {"content_encoding": "gzip"}),
        (gzip.compress(b"[1]")[:-9], {"content_encoding": "gzip"}),
        (b"x", {"content_encoding": "br"}),
    ],
    ids=[
        "cut", "empty", "html", "plain", "nan", "infinity", "vast", "tiny", "long", "twice",
        "deep", "rich", "bytes", "unpacked", "half packed", "other packing",
    ],
)  # fmt: skip
def test_a_reply_out_of_shape_is_refused_and_not_asked_for_again(
    dispatcher: RawServer, body: bytes, headers: dict[str, str]
) -> None:
    with playing(reply(body, **headers)) as server, pytest.raises(ReplyError):  # type: ignore[arg-type]
        dispatcher.ask(server)
    assert len(server.requests) == 1


def test_a_packed_reply_is_read(dispatcher: RawServer) -> None:
    with playing(reply(gzip.compress(b'{"a": 1}'), content_encoding="gzip")) as server:
        assert dispatcher.ask(server) == {"a": 1}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b'{"error":"bad parameter"}', ReplyError),
        (400, b'{"status":{"error_code":10011,"error_message":"demo key"}}', CredentialError),
        (401, b'{"error":{"status":{"error_code":10002,"error_message":"no"}}}', CredentialError),
        (402, b'{"x402Version":1,"accepts":[]}', QuotaSpentError),
        (403, b"<html>blocked</html>", CredentialError),
        (422, b'{"message":"bad"}', ReplyError),
        (302, b"", ReplyError),
        (204, b"", ReplyError),
        (500, b"", UnreachableError),
        (503, b"<html>", UnreachableError),
        (408, b"", UnreachableError),
        (429, b"Throttled", RateLimitError),
    ],
)
def test_each_status_has_a_meaning(
    dispatcher: RawServer, status: int, body: bytes, error: type[ProviderError]
) -> None:
    with playing(reply(body, status=status, location="http://127.0.0.1:1/")) as server:
        with pytest.raises(error) as caught:
            dispatcher.ask(server)
        tried = len(server.requests)
    assert str(status) in str(caught.value) or status == 402
    assert tried == (3 if error in (UnreachableError, RateLimitError) else 1)
    assert "<html>" not in str(caught.value)
    if b"10011" in body:
        assert caught.value.hint == "use a demo plan"


def test_what_is_not_there_is_none(dispatcher: RawServer) -> None:
    with playing(reply(b'{"error":"coin not found"}', status=404)) as server:
        assert dispatcher.ask(server) is None


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"retry_after": "7"}, [7.0, 7.0]),
        ({}, [60.0, 60.0]),
        ({"retry_after": "-5"}, [60.0, 60.0]),
        ({"retry_after": "soon"}, [60.0, 60.0]),
        ({"retry_after": "1000000000"}, []),
        (
            {
                "retry_after": "Sun, 22 Nov 2026 09:00:30 GMT",
                "date": "Sun, 22 Nov 2026 09:00:00 GMT",
            },
            [30.0, 30.0],
        ),
    ],
)
def test_too_many_requests_are_waited_out_as_asked_but_not_for_ever(
    dispatcher: RawServer, headers: dict[str, str], waits: list[float]
) -> None:
    act = reply(b"Throttled", status=429, kind="text/plain", **headers)
    with playing(act) as server, pytest.raises(RateLimitError, match="Throttled"):
        dispatcher.ask(server)
    assert dispatcher.waits == waits


def test_a_reset_is_told_by_the_servers_own_clock() -> None:
    date = "Sun, 22 Nov 2026 09:00:00 GMT"
    until = str(int(NOW.timestamp()) + 45)
    assert retry_after({"x-ratelimit-reset": until, "date": date}) == 45
    assert retry_after({"x-ratelimit-reset": until}) is None


def test_without_credits_nothing_is_asked(tmp_path: Path) -> None:
    dispatcher = RawServer(tmp_path / "poor.db", monthly=1)
    with playing(hang_up) as server, pytest.raises(QuotaSpentError):
        dispatcher.ask(server)
    assert len(server.requests) == 1
    dispatcher.database.close()


def test_a_proxy_of_the_environment_is_not_used(
    dispatcher: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with playing(FINE) as server:
        assert dispatcher.ask(server)


def test_the_key_is_in_no_log_no_error_and_no_repr(
    dispatcher: RawServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="portfolios")
    echo = json.dumps({"error": f"the key {CANARY} is wrong"}).encode()
    texts = []
    for act in (reply(echo, status=401), reply(b"", kind=CANARY), reply(echo, status=500), hang_up):
        with playing(act) as server, pytest.raises(ProviderError) as caught:
            dispatcher.ask(server)
        texts.append("".join(traceback.format_exception(caught.value)))
        texts.append(repr(caught.value))
    texts.append(repr(Service("them", "http://x", {"x-api-key": CANARY})))
    assert CANARY not in caplog.text
    assert CANARY not in "".join(texts)
    assert "the key *** is wrong" in texts[0]


@given(
    st.from_regex(rb'\{"unused": -?[1-9]\d{0,3}(\.\d{1,20})?[eE][+-]?\d{1,30}\}', fullmatch=True)
)
def test_no_number_makes_the_reader_fail_otherwise(body: bytes) -> None:
    with suppress(ValueError):
        parse(body)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail_otherwise(body: bytes) -> None:
    try:
        parse(body)
    except ValueError:
        return
    json.loads(body)


def test_a_number_may_be_long_but_not_a_memory_hog() -> None:
    with pytest.raises(ValueError, match="too many"):
        parse(b"[" + b"1," * (MOST_BYTES // 2) + b"1]")


def test_a_header_value_is_taken_case_blind() -> None:
    assert retry_after(httpx.Headers({"Retry-After": "3"})) == 3
