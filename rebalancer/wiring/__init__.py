"""The only place that builds concrete things from settings: the store, the market.

What each of them is made of is imported when it is first needed: asking for help, or for one file's
zones, then loads neither the database nor the settings library.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from portfolios.errors import NotFoundError, StaleDataError
from portfolios.model.assets import AssetIndex
from portfolios.model.insights import Insights
from portfolios.model.portfolio import Portfolio
from portfolios.values.time import Clock

if TYPE_CHECKING:
    from portfolios.model.market import Market
    from portfolios.store.database import Database
    from portfolios.store.portfolio_store import Store
    from rebalancer.settings import Resolved
    from rebalancer.wiring.providers import Waits

log = logging.getLogger(__name__)


def settings_from(config: Path | None) -> Resolved:
    """Read the settings once, from the file, the environment and the defaults.

    What works but should be mended is logged, whatever the command.
    """
    from rebalancer.logs import mask
    from rebalancer.settings import load_settings

    resolved = load_settings(config=config, environ=os.environ, cwd=Path.cwd())
    mask(resolved.secrets())
    for warning in resolved.warnings:
        log.warning("%s", warning)
    return resolved


def settings_template() -> str:
    """Return the commented settings file that `init` writes."""
    from rebalancer.settings import template

    return template()


@contextmanager
def open_store(resolved: Resolved, *, read_only: bool = False) -> Iterator[Store]:
    """Open the database of the settings for as long as the block lasts."""
    from portfolios.store.database import open_database
    from portfolios.store.portfolio_store import Store

    with open_database(resolved.settings.database, read_only=read_only) as database:
        yield Store(database)


def is_seen(resolved: Resolved, store: Store, portfolio: str) -> bool:
    """Tell whether anybody may see a portfolio; so it is while nobody was added at all."""
    from portfolios.model.users import Role
    from portfolios.store.user_store import PeopleStore

    people, settings = PeopleStore(store.database).everybody(), resolved.settings
    is_named = settings.email.to is not None or settings.telegram.owner_id is not None
    if is_named and not any(person.role is Role.OWNER for person in people):
        return True  # the owner whom the settings name sees all
    return not people or any(person.may_see(portfolio) for person in people)


def restore_store(resolved: Resolved, backup: Path) -> tuple[Path, ...]:
    """Put a backup in the place of the database of the settings; return what was kept of it."""
    from alerts.migrations import ALERTS
    from portfolios.store.backup import restore
    from portfolios.store.migrations import PORTFOLIOS

    return restore(backup, resolved.settings.database, migrations=(PORTFOLIOS, ALERTS))


def market_from(resolved: Resolved, *, offline: bool, clock: Clock) -> Market:
    """Return the newest market known.

    Raises:
        StaleDataError: when no market data were ever pulled.
    """
    if offline or resolved.settings.provider == "sample":
        from portfolios.providers.sample.market import sample_market

        return sample_market()
    market = _live_market(resolved, clock())
    if market is None:
        raise StaleDataError(
            "there are no live market data on this machine yet",
            hint="`rebalancer add FILE` and `rebalancer refresh` pull them for what you hold;"
            " --offline works on the built-in sample market",
        )
    return market


def _live_market(resolved: Resolved, now: datetime) -> Market | None:
    from portfolios.marketdata.load_market import load_market
    from portfolios.store.database import open_database

    settings = resolved.settings
    try:
        with open_database(settings.database, read_only=True) as database:
            return load_market(database, now=now, currency=settings.currency)
    except NotFoundError:
        return None


def assets_from(
    resolved: Resolved,
    *,
    offline: bool,
    clock: Clock,
    watching: Callable[[], AbstractContextManager[Waits | None]] = nullcontext,
) -> AssetIndex:
    """Return the look-up of everything that can be named in a portfolio.

    On the live market the list of all coins is fetched when there is none yet: six calls.

    Args:
        resolved: settings.
        offline: on the built-in sample market.
        clock: tells the moment.
        watching: opened while the list is fetched; what it yields waits, and may say so.

    Raises:
        ProviderError: when it is needed and cannot be fetched.
    """
    if offline or resolved.settings.provider == "sample":
        return market_from(resolved, offline=offline, clock=clock).index()
    from portfolios.marketdata.coin_list import has_listing, known_assets
    from portfolios.store.database import open_database

    currency = resolved.settings.currency
    with open_database(resolved.settings.database) as database:
        if not has_listing(database):
            with watching() as waits:
                _learn_coins(resolved, database, clock, waits)
        return known_assets(database, currency=currency)


def with_index_targets(resolved: Resolved, portfolio: Portfolio) -> Portfolio:
    """Return a portfolio with the targets of the index it follows; any other as it is.

    Raises:
        StaleDataError: when nothing is known of the index yet.
    """
    if not portfolio.targets_from:
        return portfolio
    from portfolios.marketdata.index_targets import with_targets
    from portfolios.store.database import open_database

    with open_database(resolved.settings.database) as database:
        return with_targets(portfolio, database)


def _learn_coins(resolved: Resolved, database: Database, clock: Clock, waits: Waits | None) -> None:
    from rebalancer.usecases.refresh.coin_list_job import learn_coins
    from rebalancer.wiring.providers import ledger_of, live_sources

    settings = resolved.settings
    ledger = ledger_of(settings, database, clock=clock)
    told = {} if waits is None else {"wait": waits.wait, "announce": waits.announce}
    with live_sources(settings, ledger, **told) as live:
        learn_coins(database, live.prices, currency=settings.currency, now=clock())


def insights_from(resolved: Resolved, *, offline: bool, clock: Clock) -> Insights:
    """Return what the provider of grades says besides grades; nothing on the sample market."""
    if offline or resolved.settings.provider == "sample":
        return Insights()
    from portfolios.marketdata.load_insights import load_insights
    from portfolios.store.database import open_database

    with open_database(resolved.settings.database) as database:
        return load_insights(database, now=clock())


def market_if_any(resolved: Resolved, *, offline: bool, clock: Clock) -> Market | None:
    """Return the newest market known, None when there is none: for views that can do without."""
    try:
        return market_from(resolved, offline=offline, clock=clock)
    except StaleDataError:
        return None
