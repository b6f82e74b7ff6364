"""What a refresh did, what it could not do, and what the user may do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class Loss(StrEnum):
    """Why something was not refreshed; what was there before stays."""

    UNREACHABLE = "unreachable"
    RATE = "rate_limited"
    QUOTA = "quota_spent"
    CREDENTIAL = "credential"
    REPLY = "bad_reply"
    CAPPED = "capped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Degradation:
    """One thing that was not refreshed.

    Attributes:
        provider: who did not serve it; empty where the run itself ended.
        job: what was being refreshed.
        loss: why, as a type.
        text: why, in words.
        hint: what to do next.
        is_news: False when it was told before and nothing has changed since.
    """

    provider: str
    job: str
    loss: Loss
    text: str
    hint: str = ""
    is_news: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: batches done, of how many."""

    job: str
    done: int
    total: int


Watch: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """The outcome of one refresh.

    Attributes:
        priced: assets with a new accepted price.
        graded: assets with a new trend or grade.
        histories: assets whose history was fetched.
        quarantined: asset id -> why its price is in doubt, after this refresh.
        unpaired: asset id -> why its row at the provider of grades is not believed.
        unknown: asset ids that the provider of prices does not know.
        unanswered: those that it lists, or knew before, and for which it gave no price.
        left_out: assets beyond the cap of the universe.
        recorded: portfolios whose present weights became their reference.
        calls: attempts made.
        profile: `full` or `lean`.
        degradations: what could not be refreshed.
    """

    priced: tuple[str, ...] = ()
    graded: tuple[str, ...] = ()
    histories: tuple[str, ...] = ()
    quarantined: dict[str, str] = field(default_factory=dict)
    unpaired: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    left_out: int = 0
    calls: int = 0
    profile: str = "full"
    degradations: tuple[Degradation, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Tell whether everything that was due was refreshed."""
        return not self.degradations
