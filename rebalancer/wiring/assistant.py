"""Token Metrics, opened for one question that a person asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from portfolios.errors import UsageError
from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.tokenmetrics.source import TokenMetrics
from portfolios.store.database import open_database
from portfolios.values.time import Clock
from rebalancer.settings.model import Settings
from rebalancer.wiring.providers import ledger_of, live_sources


@contextmanager
def their_service(settings: Settings, *, clock: Clock) -> Iterator[tuple[TokenMetrics, Ledger]]:
    """Open Token Metrics and the ledger of its credits for as long as the block lasts.

    Raises:
        UsageError: without a key.
    """
    with (
        open_database(settings.database) as database,
        live_sources(settings, ledger_of(settings, database, clock=clock)) as live,
    ):
        if live.grades is None:
            raise UsageError(
                "this is Token Metrics' to answer, and no key of it is set",
                hint="set REBALANCER_TOKENMETRICS__API_KEY",
            )
        yield live.grades, live.ledger


def ask_assistant(settings: Settings, question: str, *, clock: Clock) -> tuple[str, int | None]:
    """Return what the assistant answers, and the credits left; costs one.

    Raises:
        ProviderError: it does not answer, or the credits are spent.
        UsageError: without a key.
    """
    with their_service(settings, clock=clock) as (source, ledger):
        return source.ask(question), ledger.left(source.name)
