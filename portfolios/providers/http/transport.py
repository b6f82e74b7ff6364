"""One request for one reply over HTTP, within a time and a size.

No redirect is followed and no proxy of the environment used, so a key goes to the stated address
and nowhere else. The whole exchange has one deadline, because a server that sends a byte a second
satisfies every time-out of a single read.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache

import httpx

from portfolios.providers.http.decoding import gather

CONNECT_SECONDS = 10.0

Params = Mapping[str, str | int]


@cache
def certificates() -> ssl.SSLContext:
    """Return whom to trust, as httpx does by itself; read once, because that takes long."""
    return httpx.create_ssl_context(trust_env=False)


class Unanswered(Exception):  # noqa: N818
    """There is no reply: the server is not there, or hung up."""


class Stalled(Unanswered):
    """There is no reply, and all the time for it has passed."""


class Unusable(Exception):  # noqa: N818
    """There is a reply that nobody should read."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        url: the whole address without the query.
        params: of the query; never a key.
        document: posted as JSON; None for a plain question.
    """

    url: str
    params: Params | None = None
    document: object = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, unpacked."""

    status: int
    headers: httpx.Headers
    body: bytes


class Exchange:
    """Keeps the connections to one provider; closed after use.

    Args:
        headers: sent with each request.
        deadline: seconds from connecting to the last byte.
    """

    def __init__(self, headers: Mapping[str, str], *, deadline: float) -> None:
        self._headers = {
            "accept": "application/json",
            "accept-encoding": "gzip",
            "user-agent": "rebalancer",
            **headers,
        }
        self._deadline = deadline
        self._runner = asyncio.Runner()
        self._http: httpx.AsyncClient | None = None

    def close(self) -> None:
        """Close every connection."""
        if self._http is not None:
            self._runner.run(self._http.aclose())
            self._http = None
        self._runner.close()

    def fetch(self, request: Request) -> Reply:
        """Return the reply to a request, whatever its status.

        Raises:
            Unanswered: no whole reply within the deadline.
            Unusable: a reply that is too long or cannot be unpacked.
        """
        return self._runner.run(self._fetch(request))

    async def _fetch(self, request: Request) -> Reply:
        try:
            async with asyncio.timeout(self._deadline), self._stream(request) as reply:
                encoding = reply.headers.get("content-encoding", "").strip().lower()
                body = await gather(reply.aiter_raw(), encoding)
        except TimeoutError:
            raise Stalled(f"gave no whole answer in {self._deadline:g} seconds") from None
        except httpx.TimeoutException:
            raise Stalled("did not answer in time") from None
        except httpx.TransportError as error:
            # Its text may quote what the server sent: the kind of failure must do.
            raise Unanswered(f"could not be reached ({type(error).__name__})") from None
        except ValueError as error:
            raise Unusable(str(error)) from None
        return Reply(reply.status_code, reply.headers, body)

    def _stream(self, request: Request) -> AbstractAsyncContextManager[httpx.Response]:
        if self._http is None:
            self._http = httpx.AsyncClient(
                headers=self._headers,
                timeout=httpx.Timeout(self._deadline, connect=min(CONNECT_SECONDS, self._deadline)),
                follow_redirects=False,
                trust_env=False,
                verify=certificates(),
            )
        if request.document is None:
            return self._http.stream("GET", request.url, params=request.params)
        content = json.dumps(request.document).encode()
        kind = {"content-type": "application/json"}
        return self._http.stream("POST", request.url, content=content, headers=kind)
