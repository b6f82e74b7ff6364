"""Who comes in: deny by default, known by their own numeric id, never by the chat alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from alerts.channels.telegram.traits import TELEGRAM
from portfolios.model.users import Person
from rebalancer.bot.request import File

MOST, PER = 20, timedelta(minutes=1)
"""So many commands and presses of one person are answered in so long."""
MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that came in from a chat.

    Attributes:
        number: by which a repeated delivery is known.
        user: numeric id of who wrote or pressed; 0 for nobody.
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


@dataclass
class RequestLimiter:
    """Lets each user through so often and no oftener."""

    _seen: dict[int, deque[datetime]] = field(default_factory=dict)
    _refused: set[int] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def refuses(self, user: int, now: datetime) -> str:
        """Return why somebody has to wait; empty where they need not.

        Only the first refusal has words; those after it are " ".
        """
        with self._lock:
            seen = self._seen.setdefault(user, deque())
            while seen and not now - PER < seen[0] <= now:
                seen.popleft()
            if len(seen) < MOST:
                seen.append(now)
                self._refused.discard(user)
                self._forget()
                return ""
            is_first = user not in self._refused
            self._refused.add(user)
        text = f"That was {MOST} in a minute: ask again after a minute"
        return text if is_first else " "

    def _forget(self) -> None:
        while len(self._seen) > MOST_KNOWN:
            oldest = next(iter(self._seen))
            del self._seen[oldest]
            self._refused.discard(oldest)
