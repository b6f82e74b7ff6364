"""Builds the live sources from settings: clients, credits, clocks; open as long as a block."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from portfolios.marketdata.coin_list import listed_ids
from portfolios.marketdata.market_store import MarketStore
from portfolios.providers.coingecko import source as coingecko
from portfolios.providers.coingecko.source import CoinGecko
from portfolios.providers.coingecko.traits import COINGECKO, credit_plan
from portfolios.providers.http.client import Client, Service
from portfolios.providers.probe import ANCHORS, Ground
from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.quota.meter import Meter
from portfolios.providers.quota.quota import CreditPlan
from portfolios.providers.tokenmetrics import source as tokenmetrics
from portfolios.providers.tokenmetrics.source import TokenMetrics
from portfolios.providers.tokenmetrics.traits import TOKENMETRICS
from portfolios.store.database import Database
from portfolios.values.time import Clock, stable
from rebalancer.settings.model import Settings

Wait = Callable[[float], None]


class Waits(Protocol):
    """Waits, and says so."""

    @property
    def wait(self) -> Wait:
        """Waits so many seconds."""

    @property
    def announce(self) -> Wait:
        """Is told when a provider asks for a wait, which follows by itself."""


@dataclass(frozen=True, slots=True)
class Live:
    """The sources of one run, and the ledger they spend from.

    Attributes:
        grades: None without a key.
    """

    prices: CoinGecko
    grades: TokenMetrics | None
    ledger: Ledger


def credit_plans(settings: Settings) -> Mapping[str, CreditPlan]:
    """Return provider -> what the plan of the settings allows."""
    prices, grades = settings.coingecko, settings.tokenmetrics
    return {
        COINGECKO.name: credit_plan(
            prices.plan, per_minute=prices.requests_per_minute, monthly=prices.monthly_credits
        ),
        TOKENMETRICS.name: CreditPlan(grades.requests_per_minute, grades.monthly_credits),
    }


def ledger_of(
    settings: Settings,
    database: Database,
    *,
    clock: Clock,
    manual: bool = True,
    max_calls: int | None = None,
) -> Ledger:
    """Return the ledger of one run; see `Ledger` for its options."""
    plans = credit_plans(settings)
    return Ledger(database, plans, clock=stable(clock), manual=manual, max_calls=max_calls)


def _coingecko(settings: Settings) -> Service:
    own = settings.coingecko
    key = own.api_key.get_secret_value() if own.api_key else ""
    return coingecko.service(own.url, plan=own.plan, key=key)


def _tokenmetrics(settings: Settings, version: str) -> Service | None:
    theirs = settings.tokenmetrics
    if theirs.api_key is None:
        return None
    key = theirs.api_key.get_secret_value()
    return tokenmetrics.service(
        theirs.base_url, version=version, key=key, header=theirs.auth_header
    )


@contextmanager
def probe_ground(
    settings: Settings, database: Database, *, clock: Clock, wait: Wait = time.sleep
) -> Iterator[Ground]:
    """Open what a probe asks with: both versions, whichever the settings name."""
    with ExitStack() as stack:
        client = _opener(stack, ledger_of(settings, database, clock=clock), wait)
        services = {v: s for v in ("v2", "v3") if (s := _tokenmetrics(settings, v))}
        pairs = MarketStore(database, currency=settings.currency).pairs(TOKENMETRICS.name)
        yield Ground(
            grades={version: client(service) for version, service in services.items()},
            prices=client(_coingecko(settings)),
            listed=listed_ids(database),
            token_ids=[pair.their_id for pair in pairs.values()] or ANCHORS,
            now=clock(),
        )


def _opener(
    stack: ExitStack, ledger: Ledger, wait: Wait, announce: Wait = lambda _: None
) -> Callable[[Service], Client]:
    def client(service: Service) -> Client:
        meter = Meter(ledger, service.provider, sleep=wait)
        return stack.enter_context(Client(service, meter=meter, watch=announce))

    return client


@contextmanager
def live_sources(
    settings: Settings,
    ledger: Ledger,
    *,
    wait: Wait = time.sleep,
    announce: Wait = lambda _: None,
) -> Iterator[Live]:
    """Open the sources that the settings name.

    Args:
        settings: addresses, keys, plans.
        ledger: what their calls are counted in, on whose clock they are dated.
        wait: waits so many seconds, and may say so.
        announce: told when a provider asks for a wait, which follows by itself.
    """
    with ExitStack() as stack:
        client, version = _opener(stack, ledger, wait, announce), settings.tokenmetrics.version
        service = _tokenmetrics(settings, version)
        yield Live(
            prices=CoinGecko(client(_coingecko(settings))),
            grades=TokenMetrics(client(service), version=version, clock=ledger.clock)
            if service
            else None,
            ledger=ledger,
        )
