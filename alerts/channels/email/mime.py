"""A message as a mail: text and HTML of the same facts, pictures inside, one identity."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from urllib.parse import quote

from alerts.channels.envelope import Envelope
from alerts.messages import Kind, Message
from alerts.render.clean import clean
from portfolios.errors import DeliveryError

LONGEST_SUBJECT = 78
_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PLAIN_ADDRESS = re.compile(rf"{_WORD}(?:\.{_WORD})*@{_LABEL}(?:\.{_LABEL})*")
_NAMED_ADDRESS = re.compile(r"\s*(?:[^<>@,;:()]*<[^<>]*>|[^<>,;:()\s]*)\s*")
"""One address, perhaps with a name before it; nothing behind it."""

Render = Callable[[Message], str]


def compose(
    envelope: Envelope, *, sender: str, text: str, html: str, sent_at: datetime
) -> EmailMessage:
    """Return a mail.

    Args:
        envelope: to whom, and what with.
        sender: address that it comes from, perhaps with a name.
        text: the whole message.
        html: the same; its pictures are referred to by name as `cid:`.
        sent_at: aware.

    Raises:
        DeliveryError: when an address is none, or more than one.
    """
    mail = EmailMessage()
    message, repeat = envelope.message, _repeat_note(envelope)
    mail["From"] = address(sender)
    mail["To"] = address(envelope.address)
    mail["Subject"] = _header(message.subject or message.headline)[:LONGEST_SUBJECT]
    mail["Date"] = format_datetime(sent_at)
    mail["Message-ID"] = message_id(envelope, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Id"] = f"<{_word(message.portfolio or 'installation')}.{domain(sender)}>"
    stated = _header(envelope.headers.get("List-Unsubscribe", ""))
    mail["List-Unsubscribe"] = stated or _unsubscribe(message, sender)
    if value := envelope.headers.get("List-Unsubscribe-Post"):
        mail["List-Unsubscribe-Post"] = _header(value)
    if message.kind is Kind.WEEKLY:
        mail["Precedence"] = "bulk"
    mail.set_content(repeat + text)
    mail.add_alternative(_with_note(html, repeat), subtype="html")
    related = mail.get_payload()[1]  # type: ignore[index]
    for picture in envelope.pictures:
        related.add_related(  # type: ignore[union-attr]
            picture.png, "image", "png", cid=f"<{picture.name}>", filename=picture.name,
            disposition="inline",
        )  # fmt: skip
    return mail


def address(text: str) -> Address:
    """Return the one address in a text, perhaps with a name.

    Raises:
        DeliveryError: when it holds none, several, or a line break.
    """
    name, plain = parseaddr(text)
    is_one = _NAMED_ADDRESS.fullmatch(text) and _PLAIN_ADDRESS.fullmatch(plain)
    if not is_one or any(ord(ch) < 32 or ord(ch) == 127 for ch in text):
        raise DeliveryError(
            "this is not one mail address", permanent=True, hint="write it like me@example.org"
        )
    user, _, host = plain.rpartition("@")
    return Address(_header(name)[:60], user, host)


def domain(sender: str) -> str:
    """Return the domain of the sender's address."""
    return address(sender).domain


def message_id(envelope: Envelope, sender: str) -> str:
    """Return the identity of a mail: that of its cause and reader, so a copy bears the same."""
    cause = f"{envelope.message.key}|{envelope.address}".encode()
    kind = envelope.message.kind.value
    return f"<{kind}.{sha256(cause).hexdigest()[:24]}@{domain(sender)}>"


def _unsubscribe(message: Message, sender: str) -> str:
    """Return where a mail program asks for an end: whoever runs this reads it there."""
    subject = f"unsubscribe {message.portfolio}".strip()
    return f"<mailto:{address(sender).addr_spec}?subject={quote(subject, safe='')}>"


def _repeat_note(envelope: Envelope) -> str:
    return f"(may repeat #{envelope.delivery})\n\n" if envelope.may_repeat else ""


def _with_note(html: str, note: str) -> str:
    return html.replace("<h1", f"<p>{note.strip()}</p><h1", 1) if note else html


def _header(text: str) -> str:
    """Return a text for a header; what looks encoded is not, lest it be decoded into new lines."""
    return clean(text, longest=500).replace("=?", "= ?")


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-") or "portfolio"
