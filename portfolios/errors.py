"""Every error the project raises, as one tree.

    RebalancerError              .hint: what to do next, in one sentence
    ├── UsageError               the command was called in a way that has no meaning
    ├── InputError               the user's file or settings; lists every Problem at once
    ├── AmbiguousAssetError      a symbol that names several assets; carries the candidates
    ├── ProviderError            .provider
    │   ├── UnreachableError     time-out, connection, 5xx               retry
    │   ├── RateLimitError       429; .retry_after in seconds            wait
    │   ├── QuotaSpentError      the plan's credits are used up, 402     wait for the next period
    │   ├── CredentialError      401, 403                                stop, fix the key
    │   └── ReplyError           answered, not in the documented shape   stop, report
    ├── StaleDataError           newest value older than allowed; .age
    ├── PlanError
    │   ├── InfeasibleError      limits that contradict each other; .conflicts
    │   └── SolverError          no verified answer after the fallbacks
    ├── DeliveryError            .permanent, .retry_after, .outcome_unknown
    └── StoreError               newer file, locked, corrupt
        ├── DecisionError        the plan cannot be decided on, or booked, as things stand
        └── NotFoundError        no portfolio or plan of that name

Foreign exceptions are translated at the edge where they appear (`raise ... from error`).
Problems in the user's data are collected as values and raised once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


class RebalancerError(Exception):
    """Anything the program says instead of working; its message is meant for people.

    Args:
        message: what failed and what it means.
        hint: what to do next, one sentence; empty where the message says it.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(RebalancerError):
    """The command's words have no meaning together, or name nothing that exists."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file, with the place where the user can mend it.

    Attributes:
        text: the problem in words, ending without a full stop.
        line: 1-based line in the file, None where the format has no lines.
        key: dotted key (`policy.turnover`), empty where there is none.
    """

    text: str
    line: int | None = None
    key: str = ""

    def __str__(self) -> str:
        """Put the place before the text.

        >>> str(Problem("quantity is missing", line=4))
        'line 4   quantity is missing'
        """
        place = f"line {self.line}" if self.line is not None else self.key
        return f"{place}   {self.text}" if place else self.text


class InputError(RebalancerError):
    """The user's file or settings cannot be used; every problem at once."""

    def __init__(
        self, message: str, *, source: str = "", problems: Sequence[Problem] = (), hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.source = source
        self.problems = tuple(problems)


class SettingsError(InputError):
    """The settings are invalid: an unknown key, a wrong type, an unusable address."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One asset that an ambiguous symbol may mean."""

    asset_id: str
    name: str
    rank: int | None


class AmbiguousAssetError(RebalancerError):
    """A symbol names several assets; only the user can say which is meant."""

    def __init__(self, symbol: str, candidates: Sequence[Candidate]) -> None:
        self.symbol = symbol
        self.candidates = tuple(candidates)
        names = ", ".join(f"{c.asset_id} ({c.name}, rank {c.rank or '?'})" for c in candidates)
        super().__init__(
            f"symbol {symbol} names {len(self.candidates)} assets: {names}",
            hint=f"write the asset id, as {self.candidates[0].asset_id}",
        )


class ProviderError(RebalancerError):
    """A provider of market data did not serve what was asked."""

    def __init__(self, message: str, *, provider: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.provider = provider


class UnreachableError(ProviderError):
    """Time-out, refused connection or a server error: trying again may help.

    Attributes:
        is_stalled: all the time there was has passed, so another try now would cost as much.
    """

    def __init__(
        self, message: str, *, provider: str, is_stalled: bool = False, hint: str = ""
    ) -> None:
        super().__init__(message, provider=provider, hint=hint)
        self.is_stalled = is_stalled


class RateLimitError(ProviderError):
    """Too many requests; `retry_after` in seconds, None where the provider did not say."""

    def __init__(
        self, message: str, *, provider: str, retry_after: float | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, provider=provider, hint=hint)
        self.retry_after = retry_after


class QuotaSpentError(ProviderError):
    """The plan's credits of this period are used up."""


class CredentialError(ProviderError):
    """The key is missing, wrong, or not entitled."""


class ReplyError(ProviderError):
    """The provider answered outside its documented shape."""


class StaleDataError(RebalancerError):
    """The newest value is older than a decision may rest on."""

    def __init__(self, message: str, *, age: timedelta | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.age = age


class PlanError(RebalancerError):
    """No plan can be proposed."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One limit of a contradictory set and the smallest relaxation that would mend it.

    Attributes:
        limit: the limit's name as in plans, e.g. `sector.meme.min`.
        bound: the stated value, as a fraction of value.
        relaxed: the value at which the contradiction ends.
    """

    limit: str
    bound: float
    relaxed: float


class InfeasibleError(PlanError):
    """Limits contradict each other whatever is held, or a withdrawal exceeds what may be sold."""

    def __init__(self, message: str, *, conflicts: Sequence[Conflict] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.conflicts = tuple(conflicts)


class SolverError(PlanError):
    """No solver of the chain gave an answer that passed the independent check."""


class VerificationError(RebalancerError):
    """A document does not hold: the first field that differs from what follows from the rest."""

    def __init__(self, field: str, stated: object, found: object) -> None:
        super().__init__(
            f"{field}: {stated} is stated, but the rest of the document makes it {found}",
            hint="do not act on it; run the proposal again",
        )
        self.field = field


class DeliveryError(RebalancerError):
    """A message did not, or may not, have arrived.

    Attributes:
        permanent: trying again cannot help.
        retry_after: seconds to wait, where the other side said so.
        outcome_unknown: it may have arrived all the same.
        address_gone: nothing will ever arrive at this address until the person comes back.
        moved_to: the address to use from now on; empty when it did not move.
        channel_down: our own credentials were refused: nobody can be reached this way.
        unreached: nothing was sent, because the other side could not be connected to.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
        address_gone: bool = False,
        moved_to: str = "",
        channel_down: bool = False,
        unreached: bool = False,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.permanent = permanent
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown
        self.address_gone = address_gone
        self.moved_to = moved_to
        self.channel_down = channel_down
        self.unreached = unreached


class StoreError(RebalancerError):
    """The database cannot be used."""


class DatabaseGoneError(StoreError):
    """The database was there, and is not any more; no other one is begun in its place."""


class DecisionError(StoreError):
    """A plan cannot be decided on, or booked, as things stand; nothing was changed."""


class NotFoundError(StoreError):
    """There is no portfolio, or no plan, of that name."""
