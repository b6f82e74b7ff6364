"""Builds the channels that the settings make possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from types import MappingProxyType

from alerts.channels.channel import Channel
from alerts.channels.email.channel import EmailChannel
from alerts.channels.email.traits import EMAIL
from alerts.channels.telegram.channel import TelegramChannel
from alerts.channels.telegram.traits import TELEGRAM
from alerts.messages import Message
from alerts.render.mail import mail_html
from alerts.render.plain import plain_text
from alerts.render.telegram import plain_parts, telegram_caption, telegram_parts
from portfolios.values.time import Clock
from rebalancer.settings.model import Settings

FOOTER = (
    "You get this because your portfolio is watched by your own rebalancer.",
    "What reaches you, and when, is yours to choose. It proposes, you trade. Not advice.",
)


@dataclass(frozen=True, slots=True)
class ChannelSetup:
    """How the settings make a channel.

    Attributes:
        is_possible: the settings say enough to open it.
        opened: makes it; closed by leaving it.
    """

    is_possible: Callable[[Settings], bool]
    opened: Callable[[Settings, Clock], AbstractContextManager[Channel]]


def set_up(settings: Settings) -> tuple[str, ...]:
    """Return the names of the channels that the settings make possible."""
    return tuple(name for name, setup in SETUPS.items() if setup.is_possible(settings))


@contextmanager
def channels_of(settings: Settings, *, clock: Clock) -> Iterator[Mapping[str, Channel]]:
    """Open the channels that the settings make possible."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(SETUPS[name].opened(settings, clock))
            for name in set_up(settings)
        }


def _has_telegram(settings: Settings) -> bool:
    return settings.telegram.token is not None


def _telegram(settings: Settings, _: Clock) -> TelegramChannel:
    token = settings.telegram.token
    return TelegramChannel(
        token.get_secret_value() if token else "",
        base_url=settings.telegram.base_url,
        parts=telegram_parts,
        plain=plain_parts,
        caption=telegram_caption,
    )


def _has_mail(settings: Settings) -> bool:
    return bool(settings.email.host and settings.email.comes_from)


def _mail(settings: Settings, clock: Clock) -> EmailChannel:
    mail = settings.email
    return EmailChannel(
        host=mail.host or "",
        port=mail.port,
        security=mail.security,
        username=mail.username or "",
        password=mail.password.get_secret_value() if mail.password else "",
        sender=mail.comes_from,
        html=html_of,
        text=text_of,
        now=clock,
    )


def html_of(message: Message) -> str:
    """Return the HTML part of a mail, with the footer of every mail."""
    return mail_html(message, footer=FOOTER)


def text_of(message: Message) -> str:
    """Return the text part of a mail, with the footer of every mail."""
    return plain_text(message) + "\n-- \n" + "\n".join(FOOTER) + "\n"


SETUPS: Mapping[str, ChannelSetup] = MappingProxyType(
    {
        TELEGRAM.name: ChannelSetup(_has_telegram, _telegram),
        EMAIL.name: ChannelSetup(_has_mail, _mail),
    }
)
