"""Asks one provider: a credit before each attempt, retries where they help, our errors after them.

Whatever goes wrong outside comes out as one of five provider errors, in words that hold nothing
of the key. Only questions are asked again; what is posted is sent once, because it may have been
done although no answer came.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import NoReturn

import stamina

from portfolios.errors import (
    CredentialError,
    ProviderError,
    QuotaSpentError,
    RateLimitError,
    ReplyError,
    UnreachableError,
)
from portfolios.providers.http.decoding import parse
from portfolios.providers.http.error_bodies import code_in, reason_in
from portfolios.providers.http.transport import (
    Exchange,
    Params,
    Reply,
    Request,
    Stalled,
    Unanswered,
    Unusable,
)
from portfolios.providers.quota.meter import FAILED, Meter

log = logging.getLogger(__name__)

DEADLINE_SECONDS = 30.0
ATTEMPTS = 3
PATIENCE_SECONDS = 120.0
"""A longer wait is not worth a command's time: the provider is left alone until later."""
UNSTATED_WAIT = 60.0
"""After a refusal that does not say how long to wait: the plan's minute."""


@dataclass(frozen=True, slots=True)
class Service:
    """What the client needs to know of a provider.

    Attributes:
        provider: its name, as the ledger knows it.
        base_url: https, or plain http to this machine.
        headers: sent with each request; they hold the key, so they are never shown.
        hints: error code in a body -> what to do; such a reply means that the key is refused.
        key_hint: what to do when the key is refused without a code.
        rate_pause: seconds to stay away when it refuses again and again without saying how long;
            None for the usual hour.
    """

    provider: str
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    hints: Mapping[int, str] = field(default_factory=dict)
    key_hint: str = "check the key; `rebalancer config` shows where it comes from"
    rate_pause: float | None = None


class Client:
    """Asks one provider; closed after use.

    Args:
        service: whom, and with which key.
        meter: takes a credit before each attempt, retries included.
        deadline: seconds for one attempt.
        watch: told how many seconds a wait will take.
    """

    def __init__(
        self,
        service: Service,
        *,
        meter: Meter,
        deadline: float = DEADLINE_SECONDS,
        watch: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.service = service
        self._meter = meter
        self._watch = watch
        self._left = 0
        self._exchange = Exchange(service.headers, deadline=deadline)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exchange.close()

    def get(self, path: str, params: Params | None = None, *, endpoint: str = "") -> object:
        """Return the value of a reply; None when the provider knows nothing of that name (404).

        Args:
            path: below the base address.
            params: of the query; never a key.
            endpoint: as the ledger names it; the path where empty.

        Raises:
            UnreachableError: no answer in time, or a failure of the server, after all attempts.
            RateLimitError: it refused for too many requests, again and again.
            QuotaSpentError: no credit is left for this call.
            CredentialError: the key is missing, wrong, or not entitled.
            ReplyError: it answered in no documented shape.
        """
        return self._ask(Request(self._url(path), params), endpoint or path)

    def post(self, path: str, document: object) -> object:
        """Send a document, once, and return the value of the reply; errors as `get`."""
        return self._ask(Request(self._url(path), document=document), path)

    def look(self, path: str, params: Params) -> Reply:
        """Return a reply as it came, whatever its status, after one attempt.

        Raises:
            UnreachableError, QuotaSpentError, ReplyError: as `get`.
        """
        return self._fetch(Request(self._url(path), params), path)

    def _url(self, path: str) -> str:
        return f"{self.service.base_url}/{path}"

    def _ask(self, request: Request, endpoint: str) -> object:
        attempts = ATTEMPTS if request.document is None else 1
        self._left = attempts
        retrying = stamina.RetryingCaller(attempts=attempts, timeout=None, wait_max=8.0)
        try:
            return retrying(self._wait_for, self._attempt, request, endpoint)
        except RateLimitError as error:
            if error.retry_after is None:
                error.retry_after = self.service.rate_pause
            raise

    def _wait_for(self, error: Exception) -> bool | float:
        """Tell whether to try again, and after how many seconds where that is known."""
        if isinstance(error, RateLimitError):
            wait = UNSTATED_WAIT if error.retry_after is None else error.retry_after
            if wait > PATIENCE_SECONDS:
                return False
            if self._left:
                self._watch(wait)
            return wait
        return isinstance(error, UnreachableError) and not error.is_stalled

    def _attempt(self, request: Request, endpoint: str) -> object:
        self._left -= 1
        return self._value(self._fetch(request, endpoint))

    def _fetch(self, request: Request, endpoint: str) -> Reply:
        credit = self._meter.before(endpoint)
        status = FAILED
        try:
            reply = self._exchange.fetch(request)
            status = str(reply.status)
        except Unanswered as error:
            raise UnreachableError(
                self._told(str(error)),
                provider=self.service.provider,
                is_stalled=isinstance(error, Stalled),
            ) from None
        except Unusable as error:
            self._fail(ReplyError, f"sent a reply that cannot be used: {error}")
        finally:
            self._meter.after(credit, status)
            log.debug("%s %s: %s", self.service.provider, endpoint, status)
        return reply

    def _value(self, reply: Reply) -> object:
        if reply.status == 404:
            return None
        if reply.status != 200:
            self._refuse(reply)
        kind = reply.headers.get("content-type", "application/json").partition(";")[0]
        if "json" not in kind.lower():
            self._fail(ReplyError, f"sent {self._without_secrets(kind)[:40]!r} instead of JSON")
        try:
            value = parse(reply.body)
        except ValueError as error:
            self._fail(ReplyError, f"sent a reply that cannot be used: {error}")
        if value is None:
            self._fail(ReplyError, "sent a reply that says nothing")
        return value

    def _refuse(self, reply: Reply) -> NoReturn:
        """Raise what a status means."""
        said, code = self._without_secrets(reason_in(reply.body)), code_in(reply.body)
        text = f"answered {reply.status}" + (f": {said}" if said else "")
        if reply.status == 402:
            raise QuotaSpentError(
                self._told("asks to be paid: the credits of the plan are spent"),
                provider=self.service.provider,
                hint="nothing is ever paid; it is asked again tomorrow",
            )
        if code in self.service.hints or reply.status in (401, 403):
            hint = self.service.hints.get(code or 0, self.service.key_hint)
            raise CredentialError(self._told(text), provider=self.service.provider, hint=hint)
        if reply.status == 429:
            raise RateLimitError(
                self._told(text),
                provider=self.service.provider,
                retry_after=retry_after(reply.headers),
            )
        if reply.status == 408 or reply.status >= 500:
            self._fail(UnreachableError, text)
        self._fail(ReplyError, text)

    def _without_secrets(self, text: str) -> str:
        for value in self.service.headers.values():
            text = text.replace(value, "***")
        return text

    def _fail(self, kind: type[ProviderError], text: str) -> NoReturn:
        raise kind(self._told(text), provider=self.service.provider) from None

    def _told(self, text: str) -> str:
        return f"{self.service.provider} {text}"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a server asks to wait; None where it says nothing that makes sense.

    Moments are compared with the server's own clock, never with ours.
    """
    stated, date = headers.get("retry-after", "").strip(), headers.get("date", "")
    reset = headers.get("x-ratelimit-reset", "").strip()
    try:
        if _is_count(stated):
            seconds = float(stated)
        elif stated:
            seconds = (parsedate_to_datetime(stated) - parsedate_to_datetime(date)).total_seconds()
        elif _is_count(reset):
            seconds = float(reset) - parsedate_to_datetime(date).timestamp()
        else:
            return None
    except (ValueError, TypeError):
        return None
    return seconds if seconds > 0 else None


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
