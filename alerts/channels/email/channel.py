"""Mail over SMTP: encrypted with a checked certificate, or not at all.

A failure says what it means for the message: it did not go out, it never can, or its state is
unknown, which is so from the moment the last byte was sent.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from ipaddress import ip_address
from types import TracebackType

from alerts.channels.email.mime import Render, compose
from alerts.channels.email.traits import EMAIL
from alerts.channels.envelope import Envelope
from portfolios.errors import DeliveryError

TIMEOUT = 30.0
UNKNOWN_PEOPLE = (550, 551, 553)
LOGIN_HINT = "check REBALANCER_EMAIL__USERNAME and REBALANCER_EMAIL__PASSWORD"
TLS_HINT = "check REBALANCER_EMAIL__HOST and REBALANCER_EMAIL__SECURITY; nothing left unencrypted"


class EmailChannel:
    """Sends mail through one server, over one connection while it lasts.

    Args:
        host: of the server.
        port: of the server.
        security: `starttls`, `tls`, or `none`, which is for this machine only.
        username: empty where nobody logs in.
        password: never shown.
        sender: address that mails come from.
        html: makes the HTML part.
        text: makes the text part.
        now: the clock, for the date of a mail.
        trust: certificates to trust; those of the system where None.
    """

    name = EMAIL.name

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: str,
        sender: str,
        html: Render,
        text: Render,
        now: Callable[[], datetime],
        username: str = "",
        password: str = "",
        trust: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._host, self._port, self._security = host, port, security
        self._username, self._password = username, password
        self._sender, self._html, self._text, self._now = sender, html, text, now
        self._trust = trust or ssl.create_default_context()
        self._trust.minimum_version = ssl.TLSVersion.TLSv1_2
        self._timeout = timeout
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> EmailChannel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye to the server."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def send(self, envelope: Envelope) -> str:
        """Send one mail; return its identity. Errors say what follows for the message."""
        mail = compose(
            envelope,
            sender=self._sender,
            text=self._text(envelope.message),
            html=self._html(envelope.message),
            sent_at=self._now(),
        )
        server = self._connected()
        try:
            self._hand_over(server, mail)
        except DeliveryError:
            self.close()
            raise
        return str(mail["Message-ID"])

    def _connected(self) -> smtplib.SMTP:
        """Return the connection, a new one when the old one is no more."""
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self._server.noop()[0] == 250:
                    return self._server
            self.close()
        with self._told_before_sending():
            server = self._opened()
            try:
                if self._security == "starttls":
                    server.starttls(context=self._trust)
                if self._username:
                    server.login(self._username, self._password)
            except BaseException:
                server.close()
                raise
        self._server = server
        return server

    def _opened(self) -> smtplib.SMTP:
        if self._security == "none" and not _is_here(self._host):
            raise DeliveryError("mail would go out unencrypted", channel_down=True, hint=TLS_HINT)
        if self._security == "tls":
            return smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout, context=self._trust
            )
        return smtplib.SMTP(self._host, self._port, timeout=self._timeout)

    @contextmanager
    def _told_before_sending(self) -> Iterator[None]:
        """Translate what goes wrong while nothing has been sent yet."""
        try:
            yield
        except smtplib.SMTPAuthenticationError as error:
            text = f"the mail server refused the login ({error.smtp_code})"
            is_ours = error.smtp_code >= 500
            raise DeliveryError(text, channel_down=is_ours, hint=LOGIN_HINT) from None
        except smtplib.SMTPNotSupportedError:
            text = "the mail server offers no encryption, so nothing was sent"
            raise DeliveryError(text, channel_down=True, hint=TLS_HINT) from None
        except ssl.SSLError as error:
            why = getattr(error, "verify_message", "") or "no encrypted connection"
            text = f"the mail server's certificate is not accepted: {why}"
            raise DeliveryError(text, channel_down=True, hint=TLS_HINT) from None
        except (OSError, smtplib.SMTPException) as error:
            text = f"the mail server could not be reached ({type(error).__name__})"
            raise DeliveryError(text, unreached=True) from None

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, reply),) = error.recipients.values()
            raise _refusal(code, reply, of_recipient=True) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            text = f"the connection broke while the mail was handed over ({type(error).__name__})"
            raise DeliveryError(text, outcome_unknown=True) from None


def _refusal(code: int, reply: object, *, of_recipient: bool = False) -> DeliveryError:
    """Return what a reply means; its words are the server's, and not repeated."""
    where = "the mail server refused the recipient" if of_recipient else "the mail server refused"
    if code < 0:
        return DeliveryError("the connection broke", outcome_unknown=True)
    if code < 500:
        return DeliveryError(f"{where} for now ({code})")
    unknown = b"5.1." in reply if isinstance(reply, bytes) else "5.1." in str(reply)
    gone = of_recipient and code in UNKNOWN_PEOPLE and unknown
    return DeliveryError(f"{where} ({code})", permanent=True, address_gone=gone)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
