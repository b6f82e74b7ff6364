"""One harmless question to each provider, for a check of the installation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from portfolios.errors import ReplyError
from portfolios.providers.coingecko.traits import COINGECKO
from portfolios.providers.tokenmetrics.traits import TOKENMETRICS
from portfolios.store.database import open_database
from portfolios.values.time import Clock
from rebalancer.settings.model import Settings
from rebalancer.wiring.providers import ledger_of, live_sources

BITCOIN, BITCOIN_TOKEN = "bitcoin", "3375"


class ProviderCheck(Protocol):
    """One question to a provider."""

    def __call__(self, settings: Settings, *, clock: Clock) -> str:
        """Say what it answers.

        Raises:
            ProviderError: it does not answer, or not as documented.
        """


def ask_coingecko(settings: Settings, *, clock: Clock) -> str:
    """Say what CoinGecko answers to the cheapest question.

    Raises:
        ProviderError: it does not answer, or not as documented.
    """
    with (
        open_database(settings.database) as database,
        live_sources(settings, ledger_of(settings, database, clock=clock)) as live,
    ):
        if not live.prices.simple_prices([BITCOIN], currency=settings.currency):
            raise ReplyError(f"{COINGECKO.name} knows no bitcoin", provider=COINGECKO.name)
    return f"answers on the {settings.coingecko.plan} plan"


def ask_tokenmetrics(settings: Settings, *, clock: Clock) -> str:
    """Say whether Token Metrics takes the key; without a key nothing is asked.

    Raises:
        ProviderError: it does not answer, or refuses the key.
    """
    with (
        open_database(settings.database) as database,
        live_sources(settings, ledger_of(settings, database, clock=clock)) as live,
    ):
        if live.grades is None:
            return "no key is set: grades are our own, from prices alone"
        if not live.grades.tokens([BITCOIN_TOKEN]):
            raise ReplyError(f"{TOKENMETRICS.name} knows no bitcoin", provider=TOKENMETRICS.name)
    return f"takes the key, version {settings.tokenmetrics.version}"


CHECKS: Mapping[str, ProviderCheck] = MappingProxyType(
    {COINGECKO.label: ask_coingecko, TOKENMETRICS.label: ask_tokenmetrics}
)
