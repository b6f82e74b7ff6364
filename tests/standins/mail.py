"""A real mail server on this machine, with its own certificate authority and faults on demand."""

from __future__ import annotations

import asyncio
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "me@example.org", "canary-password-41c7"
LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)


@dataclass
class Inbox:
    """What arrived, and what was said about who sent it."""

    mails: list[bytes] = field(default_factory=list)
    logins: list[tuple[str, bool]] = field(default_factory=list)
    commands: int = 0


class MailStandin:
    """Serves mail as long as its block lasts.

    Args:
        security: starttls, tls or none.
        certificate: good, other-host, expired, or stranger's.
        faults: what goes wrong, one for each mail: `rcpt 450`, `data 550`, `drop in data`,
            `drop after data`, or empty.
    """

    def __init__(
        self,
        security: str = "starttls",
        *,
        certificate: str = "good",
        faults: tuple[str, ...] = (),
        offers_tls: bool = True,
    ) -> None:
        self.security, self.faults, self.offers_tls = security, list(faults), offers_tls
        self.inbox = Inbox()
        authority, strangers = trustme.CA(), trustme.CA()
        issuer = strangers if certificate == "stranger" else authority
        host = "mail.elsewhere.org" if certificate == "other-host" else "localhost"
        past = LONG_AGO if certificate == "expired" else None
        self._server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issuer.issue_cert(host, not_after=past).configure_cert(self._server_tls)
        self.trust = ssl.create_default_context()
        authority.configure_trust(self.trust)

    def __enter__(self) -> MailStandin:
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=(ready,))
        self._thread.start()
        ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        wrapped = self._server_tls if self.security == "tls" else None
        server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=wrapped)
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(server.wait_closed())
        self._loop.close()

    def _protocol(self) -> SMTP:
        starts = self.security == "starttls" and self.offers_tls
        return SMTP(
            _Handler(self),
            hostname="localhost",
            loop=self._loop,
            tls_context=self._server_tls if starts else None,
            require_starttls=starts,
            auth_required=False,
            auth_require_tls=self.security == "starttls",
            authenticator=self._authenticate,
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        encrypted = server.transport.get_extra_info("sslcontext") is not None
        self.inbox.logins.append((data.login.decode(), encrypted))
        is_right = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=is_right, handled=False)

    def next_fault(self) -> str:
        return self.faults[0] if self.faults else ""

    def pop_fault(self) -> None:
        if self.faults:
            self.faults.pop(0)


class _Handler:
    def __init__(self, standin: MailStandin) -> None:
        self.standin = standin

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: object
    ) -> str:
        fault = self.standin.next_fault()
        if fault.startswith("rcpt"):
            self.standin.pop_fault()
            code = fault.split()[1]
            detail = "5.1.1 no such person" if code == "550" else "4.2.1 come back later"
            return f"{code} {detail}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        fault = self.standin.next_fault()
        self.standin.pop_fault()
        if fault.startswith("data"):
            return f"{fault.split()[1]} 5.7.1 not like this"
        if fault != "drop in data":
            self.standin.inbox.mails.append(bytes(envelope.content or b""))
        if fault.startswith("drop"):
            server.transport.abort()
            return "421 gone"
        return "250 OK"
