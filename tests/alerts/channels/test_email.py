"""Mail through a real server: encrypted or not at all, and each failure for what it means."""

from __future__ import annotations

import email
import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.email.channel import EmailChannel
from alerts.channels.email.mime import address, compose, message_id
from alerts.channels.envelope import Envelope
from alerts.messages import Block, Kind, Message, Picture, Style
from alerts.render.mail import mail_html
from alerts.render.plain import plain_text
from portfolios.errors import DeliveryError
from tests.standins.mail import PASSWORD, USER, MailStandin

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
WEEKLY = Message(
    Kind.WEEKLY, "weekly:me:2026-W47", "Core: in range, nothing to do", NOW, portfolio="Core",
    blocks=(Block(Style.PICTURE, "layer1 is 12 points under its limit", picture="sectors.png"),),
    subject="Core week 47: in range, nothing to do",
)  # fmt: skip
ENVELOPE = Envelope(7, "you@example.org", WEEKLY, (Picture("sectors.png", PNG),))


def channel(server: MailStandin, **changes: object) -> EmailChannel:
    settings_: dict[str, object] = {
        "host": "localhost", "port": server.port, "security": server.security, "sender": USER,
        "html": mail_html, "text": plain_text, "now": lambda: NOW, "username": USER,
        "password": PASSWORD, "trust": server.trust, "timeout": 5.0,
    }  # fmt: skip
    return EmailChannel(**(settings_ | changes))  # type: ignore[arg-type]


def read(raw: bytes) -> EmailMessage:
    return cast("EmailMessage", email.message_from_bytes(raw, policy=policy.default))


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_arrives_whole_over_an_encrypted_connection(security: str) -> None:
    with MailStandin(security) as server, channel(server) as mail:
        receipt = mail.send(ENVELOPE)
        mail.send(ENVELOPE)
    assert server.inbox.logins == [(USER, True)]
    first = read(server.inbox.mails[0])
    assert first["Message-ID"] == receipt
    assert first["Subject"] == "Core week 47: in range, nothing to do"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Id"] == "<core.example.org>"
    assert first["Precedence"] == "bulk"
    text, related = first.iter_parts()
    assert first.get_content_type() == "multipart/alternative"
    assert "Core: in range" in text.get_content()
    html, picture = related.iter_parts()
    assert 'src="cid:sectors.png"' in html.get_content()
    assert picture["Content-ID"] == "<sectors.png>"
    assert picture.get_content() == PNG


def test_a_copy_bears_the_same_identity_and_says_that_it_may_be_one() -> None:
    again = Envelope(7, "you@example.org", WEEKLY, may_repeat=True)
    with MailStandin() as server, channel(server) as mail:
        assert mail.send(ENVELOPE) == mail.send(again)
    second = read(server.inbox.mails[1])
    text, html = second.iter_parts()
    assert text.get_content().startswith("(may repeat #7)")
    assert "(may repeat #7)" in html.get_content()


def refusal(server: MailStandin, **changes: object) -> DeliveryError:
    with server, channel(server, **changes) as mail, pytest.raises(DeliveryError) as caught:
        mail.send(ENVELOPE)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("rcpt 450", {}),
        ("rcpt 451", {}),
        ("rcpt 452", {}),
        ("data 451", {}),
        ("rcpt 550", {"permanent": True, "address_gone": True}),
        ("data 554", {"permanent": True}),
        ("drop after data", {"outcome_unknown": True}),
        ("drop in data", {"outcome_unknown": True}),
    ],
)
def test_each_refusal_has_a_meaning(fault: str, expected: Mapping[str, bool]) -> None:
    error = refusal(MailStandin(faults=(fault,)))
    for name in ("permanent", "address_gone", "outcome_unknown", "channel_down", "unreached"):
        assert getattr(error, name) is expected.get(name, False), name


def test_after_a_refusal_for_now_the_next_attempt_arrives() -> None:
    with MailStandin(faults=("rcpt 450",)) as server, channel(server) as mail:
        with pytest.raises(DeliveryError):
            mail.send(ENVELOPE)
        mail.send(ENVELOPE)
    assert len(server.inbox.mails) == 1


@pytest.mark.parametrize("certificate", ["other-host", "expired", "stranger"])
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_no_secret_goes_to_a_server_that_cannot_prove_who_it_is(
    certificate: str, security: str
) -> None:
    server = MailStandin(security, certificate=certificate)
    error = refusal(server)
    assert error.channel_down
    assert "certificate" in str(error)
    assert server.inbox.logins == []
    assert server.inbox.mails == []


def test_without_an_offer_of_encryption_nothing_is_sent() -> None:
    server = MailStandin(offers_tls=False)
    error = refusal(server)
    assert error.channel_down
    assert "REBALANCER_EMAIL__SECURITY" in error.hint
    assert server.inbox.logins == []


def test_unencrypted_mail_is_for_this_machine_only() -> None:
    with MailStandin("none") as server:
        with channel(server, username="") as mail:
            mail.send(ENVELOPE)
        with channel(server, host="mail.example.org") as mail, pytest.raises(DeliveryError) as e:
            mail.send(ENVELOPE)
    assert e.value.channel_down
    assert len(server.inbox.mails) == 1


def test_a_refused_login_stops_the_channel_and_names_the_settings() -> None:
    error = refusal(MailStandin(), password="wrong")  # noqa: S106
    assert error.channel_down
    assert "REBALANCER_EMAIL__PASSWORD" in error.hint


def test_nobody_there_is_no_failure_of_the_message() -> None:
    with MailStandin() as server:
        mail = channel(server)
    with mail, pytest.raises(DeliveryError) as caught:
        mail.send(ENVELOPE)
    assert caught.value.unreached


def test_the_password_is_in_no_log_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    texts = []
    for server in (MailStandin(certificate="expired"), MailStandin(faults=("data 554",))):
        error = refusal(server)
        texts += [repr(error), "".join(traceback.format_exception(error))]
    texts.append(repr(refusal(MailStandin(), username="somebody")))
    assert PASSWORD not in "".join(texts) + caplog.text


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ["a\r\nBcc: x@y.z", "a\nX: 1", "=?utf-8?q?a=0ABcc:x?=", "a@b.c, d@e.f", "\x00"]
    ),
)


def check_headers(subject: str, to: str, unsubscribe: str) -> None:
    message = Message(Kind.TEST, "k", subject, NOW, portfolio=subject)
    envelope = Envelope(1, to, message, headers={"List-Unsubscribe": unsubscribe})
    try:
        mail = compose(envelope, sender=USER, text="t", html="<h1>t</h1>", sent_at=NOW)
    except DeliveryError:
        return
    raw = mail.as_bytes()
    names = [line.split(b":")[0] for line in raw.split(b"\n\n")[0].split(b"\n") if line[:1] > b" "]
    assert set(names) <= {
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"List-Id",
        b"List-Unsubscribe", b"MIME-Version", b"Content-Type",
    }  # fmt: skip
    assert len(names) == len(set(names))
    assert len(read(raw)["To"].addresses) == 1


@given(HOSTILE, st.one_of(HOSTILE, st.emails()), HOSTILE)
@settings(max_examples=50)
def test_nothing_adds_a_header(subject: str, to: str, unsubscribe: str) -> None:
    check_headers(subject, to, unsubscribe)


@pytest.mark.campaign
@given(HOSTILE, st.one_of(HOSTILE, st.emails()), HOSTILE)
@settings(max_examples=5_000)
def test_nothing_adds_a_header_in_five_thousand_cases(
    subject: str, to: str, unsubscribe: str
) -> None:
    check_headers(subject, to, unsubscribe)


def test_every_mail_names_where_its_end_is_asked_for() -> None:
    for portfolio, subject in (("my core", "unsubscribe%20my%20core"), ("", "unsubscribe")):
        message = Message(Kind.TEST, "k", "hello", NOW, portfolio=portfolio)
        mail = compose(
            Envelope(1, "you@example.org", message), sender="Me <me@example.org>",
            text="t", html="<h1>t</h1>", sent_at=NOW,
        )  # fmt: skip
        assert mail["List-Unsubscribe"] == f"<mailto:me@example.org?subject={subject}>"
        assert "List-Unsubscribe" in read(mail.as_bytes())


def test_an_address_is_one_address() -> None:
    assert str(address("Me <me@example.org>")) == "Me <me@example.org>"
    for wrong in (
        "", "me", "not an address", "a@b.c, d@e.f", "a@b.c; d@e.f", "a@b.c d@e.f", "@b.c", "a@",
        "A <a@b.c>; D <d@e.f>", "<a@b.c> <d@e.f>", "a@b.c (x) d@e.f", "a@b..c", "a@-b.c", ".a@b.c",
        "a..b@c.d", "a@b.c\r\nBcc: d@e.f", "a@b.c\x7f",
    ):  # fmt: skip
        with pytest.raises(DeliveryError):
            address(wrong)
    assert message_id(ENVELOPE, USER) == message_id(ENVELOPE, USER)
