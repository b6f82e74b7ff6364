"""Exit codes: a contract with other people's scripts, extended and never changed."""

from __future__ import annotations

from enum import IntEnum

from portfolios.errors import (
    AmbiguousAssetError,
    DecisionError,
    DeliveryError,
    InfeasibleError,
    InputError,
    NotFoundError,
    ProviderError,
    RebalancerError,
    SettingsError,
    StaleDataError,
    StoreError,
    UsageError,
    VerificationError,
)


class Exit(IntEnum):
    """What the program's end means."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    SETTINGS = 3
    PORTFOLIO = 4
    STALE = 5
    CONTRADICTION = 6
    PROVIDER = 7
    DELIVERY = 8
    CHANGES = 10
    RED = 11
    DIFFERS = 12
    INTERRUPTED = 130


BY_ERROR: tuple[tuple[type[RebalancerError], Exit], ...] = (
    (UsageError, Exit.USAGE),
    (NotFoundError, Exit.USAGE),
    (DecisionError, Exit.USAGE),
    (SettingsError, Exit.SETTINGS),
    (StoreError, Exit.SETTINGS),
    (InputError, Exit.PORTFOLIO),
    (AmbiguousAssetError, Exit.PORTFOLIO),
    (StaleDataError, Exit.STALE),
    (InfeasibleError, Exit.CONTRADICTION),
    (ProviderError, Exit.PROVIDER),
    (DeliveryError, Exit.DELIVERY),
    (VerificationError, Exit.DIFFERS),
)
"""The first class that fits decides, so the narrower ones come first."""


def exit_for(error: RebalancerError) -> Exit:
    """Return the exit code of an error.

    >>> exit_for(StaleDataError("prices are 3 days old")).value
    5
    """
    return next((code for kind, code in BY_ERROR if isinstance(error, kind)), Exit.UNEXPECTED)
