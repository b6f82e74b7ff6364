"""Who comes in: deny by default, known by their own numeric id, never by the chat alone."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from alerts.channels.telegram.traits import TELEGRAM
from portfolios.model.users import Person
from portfolios.values import display
from rebalancer.bot.request import File

MOST, MOST_OF_STRANGERS, PER = 60, 20, timedelta(minutes=1)
"""So many commands and presses of one user are answered in so long."""
MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that came in from a chat.

    Attributes:
        number: by which a repeated delivery is known.
        user: numeric id of the person who wrote or pressed a button; 0 for none.
        chat: numeric id of where.
        is_private: the chat is between the two of them.
        text: of a command, or the payload of a button.
        file: a file that came with it.
        sent_at: when it was written; None for a press, which bears no time.
    """

    number: int
    user: int
    chat: int
    is_private: bool
    text: str
    file: File | None = None
    sent_at: datetime | None = None


def linked(people: Sequence[Person], user: int) -> Person | None:
    """Return the one person whose chat has this id."""
    if user <= 0:
        return None
    mine = [p for p in people if not p.is_group and TELEGRAM.address_of(p) == str(user)]
    return mine[0] if len(mine) == 1 else None


def admitted(people: Sequence[Person], incoming: Incoming) -> Person | None:
    """Return who is heard, with the rights they have in this chat; None for a stranger.

    In a group they are a viewer of what both they and the group may see.
    """
    person = linked(people, incoming.user)
    if person is None or incoming.is_private:
        return person if incoming.user == incoming.chat else None
    here = str(incoming.chat)
    groups = [p for p in people if p.is_group and TELEGRAM.address_of(p) == here]
    return person.inside(groups[0]) if len(groups) == 1 else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody has to wait; `is_first` of this minute, and so answered in the chat."""

    text: str
    is_first: bool


@dataclass
class RequestLimiter:
    """Lets each user through so often and no oftener."""

    _seen: dict[int, deque[datetime]] = field(default_factory=dict)
    _told: dict[int, datetime] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def refuses(self, user: int, now: datetime, *, is_linked: bool) -> Refusal | None:
        """Return that somebody has to wait; None where they need not.

        Args:
            user: numeric id.
            now: aware UTC.
            is_linked: they are a known person, who may ask more often.
        """
        most = MOST if is_linked else MOST_OF_STRANGERS
        with self._lock:
            seen = self._seen.setdefault(user, deque())
            while seen and not now - PER < seen[0] <= now:
                seen.popleft()
            if len(seen) < most:
                seen.append(now)
                self._forget()
                return None
            told = self._told.get(user)
            is_first = told is None or not now - PER < told <= now
            if is_first:
                self._told[user] = now
            left = math.ceil((seen[0] + PER - now).total_seconds())
        text = f"That was {most} in a minute: ask again in {display.counted(left, 'second')}"
        return Refusal(text, is_first)

    def _forget(self) -> None:
        while len(self._seen) > MOST_KNOWN:
            oldest = next(iter(self._seen))
            del self._seen[oldest]
            self._told.pop(oldest, None)
