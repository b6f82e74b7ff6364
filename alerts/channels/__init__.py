"""Ways out: each channel renders a message in its own form and sends it to one address.

A channel raises only `DeliveryError`, whose fields say what the outbox should do next. Each has a
folder with its traits, which load quickly, apart from the code that sends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from alerts.channels.channel import ChannelTraits
from alerts.channels.email.traits import EMAIL
from alerts.channels.telegram.traits import TELEGRAM
from alerts.messages import Kind
from alerts.preferences.choices import Way
from portfolios.model.users import Person

CHANNELS: Mapping[str, ChannelTraits] = MappingProxyType(
    {channel.name: channel for channel in (TELEGRAM, EMAIL)}
)
"""Every channel by its name, in the order in which people are shown them."""


def channels_reaching(
    person: Person, channels: Mapping[str, ChannelTraits] = CHANNELS
) -> tuple[ChannelTraits, ...]:
    """Return the channels that reach a person."""
    return tuple(channel for channel in channels.values() if channel.address_of(person))


def named_addresses(person: Person) -> Mapping[str, str]:
    """Return what each kind of address is called -> that of a person; empty for none."""
    return {CHANNELS[name].address_name: person.address(name) for name in sorted(CHANNELS)}


def default_ways(kind: Kind, reaching: Sequence[ChannelTraits]) -> Mapping[str, Way]:
    """Return by channel how a kind comes to a person who has not chosen.

    Args:
        kind: of the message.
        reaching: every channel that reaches the person.
    """
    is_only = len(reaching) == 1
    return {channel.name: channel.default_way(kind, is_only=is_only) for channel in reaching}
