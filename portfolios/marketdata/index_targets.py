"""Portfolios whose targets are those of a provider's index, `tokenmetrics:5`.

What an index holds is fetched with everything else and kept; a portfolio that follows it gets its
targets when it is loaded, so it always follows the newest known state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from portfolios.errors import StaleDataError
from portfolios.marketdata.fetch_log import FetchLog
from portfolios.model.portfolio import Portfolio
from portfolios.providers.records import IndexPart
from portfolios.store.database import Database

STEP = Decimal("0.000001")
_FOLLOWED = """
SELECT DISTINCT json_extract(document, '$.targets_from') AS name FROM portfolios
WHERE json_extract(document, '$.targets_from') <> ''
"""


def followed_indices(database: Database) -> tuple[str, ...]:
    """Return the names of all indices that some portfolio follows, sorted."""
    return tuple(sorted(row["name"] for row in database.rows(_FOLLOWED)))


def keep_index(database: Database, name: str, parts: Sequence[IndexPart], *, at: datetime) -> None:
    """Keep what an index holds; shares are rounded down so that they never exceed the whole."""
    shares: dict[str, Decimal] = {}
    for part in parts:
        share = Decimal(str(part.share)).quantize(STEP, "ROUND_DOWN")
        if part.asset_id and share > 0:
            shares[part.asset_id] = shares.get(part.asset_id, Decimal(0)) + share
    provider, _, index_id = name.partition(":")
    content = {asset_id: str(share) for asset_id, share in sorted(shares.items())}
    FetchLog(database).save_response(provider, f"index {index_id}", content, at=at)


def index_targets(database: Database, name: str) -> Mapping[str, Decimal] | None:
    """Return what an index held when it was last fetched; None when it never was."""
    provider, _, index_id = name.partition(":")
    body = FetchLog(database).response(provider, f"index {index_id}")
    if body is None or not isinstance(body.content, dict):
        return None
    return {asset_id: Decimal(share) for asset_id, share in body.content.items()}


def with_targets(portfolio: Portfolio, database: Database) -> Portfolio:
    """Return a portfolio with the targets of the index it follows; any other as it is.

    Raises:
        StaleDataError: when the index was never fetched.
    """
    if not portfolio.targets_from:
        return portfolio
    targets = index_targets(database, portfolio.targets_from)
    if targets is None:
        raise StaleDataError(
            f"{portfolio.name} follows {portfolio.targets_from}, of which nothing is known yet",
            hint="run `rebalancer refresh`; it needs a key of the provider of the index",
        )
    return replace(portfolio, targets=targets, targets_from="")


def assets_of(database: Database, names: Iterable[str]) -> frozenset[str]:
    """Return the ids of everything that some indices hold."""
    return frozenset(a for name in names for a in index_targets(database, name) or ())
