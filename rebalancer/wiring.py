"""The only place that builds concrete things from settings: the store, the market, the clock.

What each of them is made of is imported when it is first needed: asking for help, or for one file's
zones, then loads neither the database nor the settings library.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from portfolios.errors import StaleDataError
from portfolios.market import Market

if TYPE_CHECKING:
    from portfolios.store import Store
    from rebalancer.settings import Resolved


def settings_from(config: Path | None) -> Resolved:
    """Read the settings once, from the file, the environment and the defaults."""
    from rebalancer.settings import load_settings

    return load_settings(config=config, environ=os.environ, cwd=Path.cwd())


def settings_template() -> str:
    """Return the commented settings file that `init` writes."""
    from rebalancer.settings import template

    return template()


@contextmanager
def open_store(resolved: Resolved, *, read_only: bool = False) -> Iterator[Store]:
    """Open the database of the settings for as long as the block lasts."""
    from portfolios.database import open_database
    from portfolios.store import Store

    with open_database(resolved.settings.database, read_only=read_only) as database:
        yield Store(database)


def market_from(resolved: Resolved, *, offline: bool) -> Market:
    """Return the newest market known.

    Raises:
        StaleDataError: when no market data were ever pulled.
    """
    if offline or resolved.settings.provider == "sample":
        from portfolios.providers.sample import sample_market

        return sample_market()
    raise StaleDataError(
        "there are no live market data on this machine",
        hint="add --offline to work on the built-in sample market",
    )


def market_if_any(resolved: Resolved, *, offline: bool) -> Market | None:
    """Return the newest market known, None when there is none: for views that can do without."""
    try:
        return market_from(resolved, offline=offline)
    except StaleDataError:
        return None


def clock() -> datetime:
    """Return the present moment, aware UTC."""
    return datetime.now(UTC)
