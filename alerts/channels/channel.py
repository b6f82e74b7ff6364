"""What a channel is: its traits, known without opening it, and how it sends once it is open."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from alerts.channels.envelope import Envelope
from alerts.messages import Kind
from alerts.preferences.choices import Way
from portfolios.model.users import Person


@dataclass(frozen=True, slots=True)
class ChannelTraits:
    """What distinguishes one channel from another.

    Attributes:
        name: as people write it in their preferences; the key of its addresses and deliveries.
        address_name: what one of its addresses is called.
        default_ways: how each kind comes unless the person chose; one left out does not come.
        ways_alone: the same for a person whom no other channel reaches, where it differs.
        carries_pictures: kinds of messages whose pictures go along.
        has_sound: messages can come with a sound or without.
        example: choices of ways, as people write them.
    """

    name: str
    address_name: str
    default_ways: Mapping[Kind, Way]
    ways_alone: Mapping[Kind, Way] = field(default_factory=dict)
    carries_pictures: Collection[Kind] = ()
    has_sound: bool = False
    example: str = ""

    def default_way(self, kind: Kind, *, is_only: bool) -> Way:
        """Return how a kind comes to a person who has not chosen.

        Args:
            kind: of the message.
            is_only: no other channel reaches the person.
        """
        usual = self.default_ways.get(kind, Way.OFF)
        return self.ways_alone.get(kind, usual) if is_only else usual

    def address_of(self, person: Person) -> str:
        """Return where the channel reaches a person; empty where it does not."""
        return person.address(self.name)


class Channel(Protocol):
    """An open channel."""

    @property
    def name(self) -> str:
        """The one of its traits."""

    def send(self, envelope: Envelope) -> str:
        """Send one message.

        Returns:
            What names the sent message at the other side, for a later edit or answer.

        Raises:
            DeliveryError: with what to do next.
        """
