"""Who uses an installation: kept, linked and removed, and never left without an owner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from alerts.channels import named_addresses
from alerts.channels.telegram.traits import TELEGRAM
from alerts.delivery.recipients import forget_person, redirect_deliveries
from portfolios.errors import NotFoundError, UsageError
from portfolios.model.users import COMMAND_LINE, Person, Role
from portfolios.store.link_codes import LinkCodes
from portfolios.store.portfolio_store import Store
from portfolios.store.user_store import PeopleStore
from portfolios.values.command import command
from portfolios.values.display import moment
from portfolios.values.schedule import next_weekly
from portfolios.values.visible_text import visible

OWNER = "owner"
"""The name of the owner in the settings: no other person may share the data kept under it."""
_CHAT = re.compile(r"-?[1-9][0-9]{0,18}")


def keep_person(store: Store, person: Person, *, stand_in: Person | None) -> tuple[str, ...]:
    """Keep a person in place of who bore the name; returns a line for each change.

    What waits for them goes to the new address; what they may no longer see is taken back.

    Args:
        store: that keeps them.
        person: as they are from now on.
        stand_in: the owner who counts while none is kept.

    Raises:
        UsageError: the change is not possible, or it would leave no owner.
        NotFoundError: a portfolio of theirs does not exist.
    """
    _refuse_nonsense(person)
    with store.database.transaction():
        for name in person.portfolios:
            store.load_portfolio(name)
        people = PeopleStore(store.database)
        everybody = people.everybody()
        old = next((p for p in everybody if p.name == person.name), None)
        others = [p for p in everybody if p.name != person.name]
        if person.role is not Role.OWNER and not _owners(others):
            others += _standing_in(stand_in, for_whom=old)
        _refuse_shared(person, others)
        people.save(person)
        redirect_deliveries(store.database, person)
    return () if old is None else _changes(old, person)


def remove_person(store: Store, name: str, *, stand_in: Person | None) -> int:
    """Forget a person and everything that waits for them; returns how many messages waited.

    Raises:
        NotFoundError: when nobody of this name is kept.
        UsageError: for the only owner.
    """
    with store.database.transaction():
        people = PeopleStore(store.database)
        leaving = people.person(name)
        if not _owners(p for p in people.everybody() if p.name != name):
            _standing_in(stand_in, for_whom=leaving)
        people.remove(name)
        return forget_person(store.database, name)


def link_chat(store: Store, code: str, *, chat: str, now: datetime) -> Person | None:
    """Link a chat by a code, and send there what waits for its person; None for a wrong code."""
    with store.database.transaction():
        codes = LinkCodes(store.database)
        person = codes.redeem(code, channel=TELEGRAM.name, chat=chat, now=now)
        if person is not None:
            # Whoever spoke from this chat before is unlinked by it.
            for each in PeopleStore(store.database).everybody():
                redirect_deliveries(store.database, each)
    return person


def first_report(people: Iterable[Person], *, now: datetime) -> str:
    """Say when the first of these people has the next weekly report; empty where none is reached.

    It is the first one of what is added now: a report is for those who were there when it was due.
    """
    zones = {person.timezone for person in people if person.addresses}
    at, zone = min(((next_weekly(now, zone), zone) for zone in zones), default=(None, ""))
    return f"first weekly report: {moment(at, zone)}" if at else ""


def move_chat(store: Store, channel: str, old: str, new: str) -> None:
    """Reach at a new address whoever was reached at an old one; what waits for them goes there.

    Nothing changes where somebody is reached at the new one already.
    """
    with store.database.transaction():
        people = PeopleStore(store.database)
        everybody = people.everybody()
        if any(person.address(channel) == new for person in everybody):
            return
        for person in everybody:
            if person.address(channel) == old:
                moved = person.with_addresses({channel: new})
                people.save(moved)
                redirect_deliveries(store.database, moved)


def code_for(store: Store, everybody: Sequence[Person], name: str, *, now: datetime) -> str:
    """Return a fresh code by which a chat is linked to a person.

    Raises:
        NotFoundError: when there is nobody of this name.
        UsageError: for a group, and for an owner whose chat the settings name.
    """
    kept = {p.name: p for p in PeopleStore(store.database).everybody()}
    if name in kept:
        return LinkCodes(store.database).create(kept[name], now=now)
    if name in {p.name for p in everybody}:
        add = command("user", "add", name, "--role", "owner")
        raise UsageError(
            f"{name} is named by the settings, chat and all",
            hint=f"to link another chat: {add}, then link",
        )
    raise NotFoundError(
        f"nobody is called {name!r}", hint="`rebalancer user list` shows who there is"
    )


def _refuse_nonsense(person: Person) -> None:
    """Refuse what would make somebody unreachable, or let a group see too much."""
    if not person.name.strip():
        raise UsageError("a person needs a name", hint="`rebalancer user add ann`")
    try:
        plain = visible(person.name)
    except ValueError as error:
        raise UsageError(f"this name {error}", hint="type it again without, e.g. ann") from None
    if person.name != plain:
        raise UsageError("a name is one line without space around it", hint=f"e.g. {plain}")
    if person.name == COMMAND_LINE:
        why = f"{COMMAND_LINE} signs what is decided on the command line"
        raise UsageError(why, hint="choose another name")
    if person.name == OWNER and person.role is not Role.OWNER:
        hint = "choose another name, or add --role owner"
        raise UsageError(f"{OWNER} is the name of an owner", hint=hint)
    _refuse_odd_chat(person, TELEGRAM.address_of(person))


def _refuse_odd_chat(person: Person, chat: str) -> None:
    if chat and not _CHAT.fullmatch(chat):
        raise UsageError(f"{chat[:30]} is no chat", hint="the number that /id tells there")
    if person.is_group and not chat.startswith("-"):
        raise UsageError("a group is known by its chat, a negative number", hint="/id tells it")
    if person.is_group and person.role is not Role.VIEWER:
        raise UsageError("a group only looks", hint="leave out --role")
    if not person.is_group and chat.startswith("-"):
        raise UsageError(f"{chat} is a chat of several people", hint="add --group")


def _refuse_shared(person: Person, others: Iterable[Person]) -> None:
    """Refuse a chat that speaks for somebody else already."""
    chat = TELEGRAM.address_of(person)
    for other in others:
        if chat and TELEGRAM.address_of(other) == chat:
            raise UsageError(
                f"chat {chat} is {other.name}'s already", hint="a chat is one person's"
            )


def _owners(people: Iterable[Person]) -> list[Person]:
    return [p for p in people if p.role is Role.OWNER]


def _standing_in(stand_in: Person | None, *, for_whom: Person | None) -> list[Person]:
    """Return the owner of the settings, who stands in for the last one kept; refuse without."""
    if stand_in is None and for_whom is not None and for_whom.role is Role.OWNER:
        hint = "make somebody else owner first: `rebalancer user add NAME --role owner`"
        raise UsageError(f"{for_whom.name} is the only owner", hint=hint)
    return [] if stand_in is None else [stand_in]


def _changes(old: Person, new: Person) -> tuple[str, ...]:
    before, after = _shown(old), _shown(new)
    return tuple(
        f"{field} {before[field]} -> {after[field]}"
        for field in after
        if before[field] != after[field]
    )


def _shown(person: Person) -> Mapping[str, str]:
    """Return what can change of a person, in words."""
    reached = {name: at or "none" for name, at in named_addresses(person).items()}
    sees = "all" if person.sees_all else ", ".join(person.portfolios) or "none"
    return {
        "role": person.role.value,
        **reached,
        "timezone": person.timezone or "none",
        "portfolios": sees,
    }
