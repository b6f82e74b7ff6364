"""Which assets market data are needed for: what all portfolios hold, want or allow, each once.

However many people hold an asset, it is asked for once, so the cost of a refresh depends on the
assets and not on the people. The dearest data go to the assets that matter to most money.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from portfolios.loaders.alert_rules import parse_rule
from portfolios.marketdata.index_targets import assets_of, followed_indices
from portfolios.store.database import Database

MOST_PRICED = 2000
"""Assets whose prices are asked for: eight calls of a price provider."""
MOST_GRADED = 500
"""Assets whose grades are asked for."""

_HELD = """
SELECT asset_id, count(*) AS holders, sum(CAST(quantity AS REAL)) AS quantity FROM holdings
WHERE json_extract(document, '$.stated') IS NULL GROUP BY asset_id
"""
_WISHED = """
SELECT t.key AS asset_id FROM portfolios AS p, json_each(p.document, '$.targets') AS t
WHERE t.key IS NOT NULL
UNION SELECT r.key FROM portfolios AS p, json_each(p.document, '$.recorded') AS r
WHERE CAST(r.value AS REAL) > 0
UNION SELECT c.value FROM portfolios AS p, json_each(p.document, '$.policy.candidates') AS c
WHERE c.value IS NOT NULL
"""


_RULES = """
SELECT DISTINCT json_extract(a.value, '$.when') AS rule
FROM portfolios AS p, json_each(p.document, '$.alerts') AS a
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An asset that some portfolio holds, targets, may buy or watches.

    Attributes:
        holders: portfolios that hold it.
        quantity: held in all of them, for ranking only.
    """

    asset_id: str
    holders: int = 0
    quantity: float = 0.0


@dataclass(frozen=True, slots=True)
class Universe:
    """The assets of a refresh, the most important first.

    Attributes:
        priced: whose prices are asked for.
        graded: whose grades are asked for; the first of `priced`.
        left_out: how many assets are in no portfolio's reach because of the cap.
    """

    priced: tuple[str, ...]
    graded: tuple[str, ...]
    left_out: int = 0


def wanted_assets(database: Database) -> tuple[Wanted, ...]:
    """Return every asset that any portfolio holds, wants or watches; cash and stated aside."""
    held = {
        row["asset_id"]: Wanted(row["asset_id"], row["holders"], row["quantity"])
        for row in database.rows(_HELD)
    }
    wished = [row["asset_id"] for row in database.rows(_WISHED)]
    followed = assets_of(database, followed_indices(database))
    for asset_id in (*wished, *followed, *_watched(database)):
        held.setdefault(asset_id, Wanted(asset_id))
    return tuple(held[asset_id] for asset_id in sorted(held) if asset_id != "cash")


def _watched(database: Database) -> Iterator[str]:
    """Yield the assets that somebody's own rules speak of."""
    for row in database.rows(_RULES):
        rule = parse_rule(row["rule"])
        if rule.name and rule.subject != "sector":
            yield rule.name


def universe(
    wanted: Iterable[Wanted],
    prices: Mapping[str, float],
    *,
    most_priced: int = MOST_PRICED,
    most_graded: int = MOST_GRADED,
) -> Universe:
    """Rank assets by the money in them times the people who hold them, and cap the list.

    Args:
        wanted: each asset once.
        prices: last known ones; an asset without one comes after those with one, by holders.
        most_priced: cap of the assets whose prices are asked for.
        most_graded: cap of those whose grades are asked for.
    """
    ranked = sorted(wanted, key=lambda w: _importance(w, prices.get(w.asset_id, 0.0)))
    ids = tuple(w.asset_id for w in ranked)
    priced = ids[:most_priced]
    return Universe(priced, priced[:most_graded], len(ids) - len(priced))


def _importance(wanted: Wanted, price: float) -> tuple[float, int, str]:
    return (-wanted.quantity * price * wanted.holders, -wanted.holders, wanted.asset_id)
