"""Who uses an installation, what each may do, and where each can be told something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

COMMAND_LINE = "cli"
"""Signs what is decided on the command line; nobody else is called that."""


class Role(StrEnum):
    """What a person may do: look, decide, or administer; each includes the one before."""

    VIEWER = "viewer"
    APPROVER = "approver"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who looks at portfolios.

    Attributes:
        name: as people call them here.
        addresses: channel -> where it reaches them; a channel that does not is left out.
        timezone: IANA name, for quiet hours and the weekly report.
        portfolios: those they may see; all of them where empty, for an owner.
        is_group: a chat of several people, who see these portfolios there, without amounts.
        reached_since: when something began to reach them, aware UTC; None where that is not kept.
    """

    name: str
    role: Role = Role.VIEWER
    addresses: Mapping[str, str] = field(default_factory=dict)
    timezone: str = "UTC"
    portfolios: tuple[str, ...] = ()
    is_group: bool = False
    reached_since: datetime | None = None

    @property
    def sees_all(self) -> bool:
        """They own the installation, not only some portfolios in it."""
        return self.role is Role.OWNER and not self.portfolios

    def may_see(self, portfolio: str) -> bool:
        """Tell whether a portfolio concerns them."""
        return self.sees_all or portfolio in self.portfolios

    def inside(self, group: Person) -> Person:
        """Return who they are in a group: a viewer of what both may see."""
        shared = tuple(name for name in group.portfolios if self.may_see(name))
        return replace(group, role=Role.VIEWER, portfolios=shared, timezone=self.timezone)

    def address(self, channel: str) -> str:
        """Return where a channel reaches them; empty where it does not."""
        return self.addresses.get(channel, "")

    def with_addresses(self, changed: Mapping[str, str]) -> Person:
        """Return the same person, reached elsewhere on some channels; on none where empty."""
        merged = {**self.addresses, **changed}
        return replace(self, addresses={name: at for name, at in merged.items() if at})

    def reached_from(self, now: datetime, changed: Mapping[str, str]) -> Person:
        """Return `with_addresses`, and that it begins now where nothing reached them before."""
        person = self.with_addresses(changed)
        is_first = bool(person.addresses) and not self.addresses
        return replace(person, reached_since=now) if is_first else person

    def only_on(self, channel: str) -> Person:
        """Return the same person as if nothing but this channel reached them."""
        kept = {name: at for name, at in self.addresses.items() if name == channel}
        return replace(self, addresses=kept)
