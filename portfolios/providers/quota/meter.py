"""Puts a credit before each attempt of one provider's client, and its outcome after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.quota.quota import Credit

FAILED = "failed"


class Meter:
    """One provider's way to the ledger.

    Args:
        ledger: counts.
        provider: whose credits.
        sleep: waits so many seconds; called while the plan's minute is full.
    """

    def __init__(self, ledger: Ledger, provider: str, *, sleep: Callable[[float], None]) -> None:
        self.provider = provider
        self._ledger = ledger
        self._sleep = sleep

    def before(self, endpoint: str) -> Credit:
        """Reserve one attempt, waiting as long as needed.

        Raises:
            QuotaSpentError, CredentialError: as `Ledger.reserve`; then no call may be made.
        """
        return self._ledger.take(self.provider, endpoint, sleep=self._sleep)

    def after(self, credit: Credit, status: str) -> None:
        """Write down how the attempt ended: an HTTP status, or a word."""
        self._ledger.settle(credit, status)

    @contextmanager
    def attempt(self, endpoint: str) -> Iterator[None]:
        """Hold the block to one credit; it counts whether the block fails or not."""
        credit = self.before(endpoint)
        status = FAILED
        try:
            yield
            status = "ok"
        finally:
            self.after(credit, status)
