"""Changes that wait for a second word: drafted, then kept once, if nothing changed meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portfolios.errors import NotFoundError, StoreError
from portfolios.model.diff import difference
from portfolios.model.portfolio import Portfolio
from portfolios.model.users import Person
from portfolios.store.drafts import Draft, Drafts, base_of
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.accounts.imports import kept_as

GONE = "This was kept or dropped already, or waited for more than an hour"
ANEW = "ask for it anew"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that waits for its maker's word.

    Attributes:
        portfolio: as it would be kept.
        changes: one line for each change.
        is_new: there is none of this name yet.
    """

    portfolio: Portfolio
    changes: tuple[str, ...]
    is_new: bool


def draft_change(store: Store, changed: Portfolio, person: Person, *, now: datetime) -> str:
    """Keep a changed portfolio for a while; returns the name under which its maker finds it."""
    draft = Draft(changed, base_of(kept_as(store, changed.name)))
    return Drafts(store.database).save(person.name, draft, now=now)


def waiting(store: Store, person: Person, name: str, *, now: datetime) -> Waiting:
    """Return what waits for a word of this person.

    Raises:
        NotFoundError: when nothing of this name waits for them.
    """
    draft = Drafts(store.database).find(person.name, name, now=now)
    if draft is None:
        raise NotFoundError(GONE, hint=ANEW)
    old = kept_as(store, draft.portfolio.name)
    return Waiting(draft.portfolio, difference(old, draft.portfolio), old is None)


def keep_drafted(store: Store, person: Person, name: str, *, now: datetime) -> Portfolio:
    """Save what waits for a word of this person, once.

    Raises:
        NotFoundError: when nothing of this name waits for them.
        StoreError: when the portfolio is not what it was when the change was drafted.
    """
    with store.database.transaction():
        draft = Drafts(store.database).take(person.name, name, now=now)
        if draft is None:
            raise NotFoundError(GONE, hint=ANEW)
        changed = draft.portfolio
        is_same = base_of(kept_as(store, changed.name)) == draft.base
        if is_same:
            store.save_portfolio(changed, at=now)
    if not is_same:
        raise StoreError(f"{changed.name} was changed since, so nothing was kept", hint=ANEW)
    return changed


def drop_drafted(store: Store, person: Person, name: str, *, now: datetime) -> None:
    """Forget what waits for a word of this person.

    Raises:
        NotFoundError: when nothing of this name waits for them.
    """
    if Drafts(store.database).take(person.name, name, now=now) is None:
        raise NotFoundError(GONE, hint=ANEW)
