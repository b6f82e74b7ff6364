"""Checks the installation: without a network what can be, and the providers on request."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from portfolios.errors import RebalancerError, StaleDataError
from portfolios.model.market import PRICE_LIMIT, Market
from portfolios.values.display import counted

if TYPE_CHECKING:
    from portfolios.store.portfolio_store import Store

SOLVERS = ("cvxpy", "clarabel", "piqp")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing examined; `hint` says what to do where it is wrong."""

    name: str
    ok: bool
    text: str
    hint: str = ""


def examine(steps: dict[str, Callable[[], str]]) -> list[Check]:
    """Run each named step; a step returns what it found or raises what is wrong."""
    return [_examined(name, step) for name, step in steps.items()]


def _examined(name: str, step: Callable[[], str]) -> Check:
    try:
        return Check(name, True, step())
    except RebalancerError as error:
        return Check(name, False, str(error), error.hint)


def program() -> str:
    """Say which program runs on which Python."""
    return f"rebalancer {version('rebalancer')} on Python {sys.version.split()[0]}"


def solvers() -> str:
    """Say which solvers are installed, without loading them.

    Raises:
        RebalancerError: when one is missing.
    """
    missing = [name for name in SOLVERS if find_spec(name) is None]
    if missing:
        raise RebalancerError(
            f"{', '.join(missing)} not installed", hint="install the package again"
        )
    return ", ".join(SOLVERS)


def market_age(market: Market) -> str:
    """Say how old the newest price is, and how many are in doubt.

    Raises:
        StaleDataError: when no price is young enough to act on.
    """
    ages = [market.age(q.at) for q in market.quotes.values() if not q.quarantined]
    youngest = min(ages, default=None)
    if youngest is None or youngest > PRICE_LIMIT:
        raise StaleDataError(
            "no price is young enough to act on", age=youngest, hint="run `rebalancer refresh`"
        )
    hours = youngest.total_seconds() / 3600
    doubtful = len(market.quotes) - len(ages)
    return f"{counted(len(ages), 'price')}, the newest {hours:.0f} hours old, {doubtful} in doubt"


def stored(store: Store) -> str:
    """Say what the database holds."""
    portfolios, plans = store.list_portfolios(), store.plans()
    counts = f"{counted(len(portfolios), 'portfolio')}, {counted(len(plans), 'plan')}"
    return f"{counts} at {store.database.path}"
