"""The weekly reading of categories, and the sectors that follow from them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from portfolios.marketdata.asset_description import described
from portfolios.marketdata.coin_list import known_categories
from portfolios.marketdata.fetch_log import WEEK
from portfolios.marketdata.sector_choice import read_again
from portfolios.model.sectors import primary_sector
from rebalancer.usecases.refresh.run import RunState
from rebalancer.usecases.refresh.sources import PriceSource

log = logging.getLogger(__name__)

CATEGORIES = "categories"
ASKED_FOR: tuple[str, ...] = (
    "stablecoins",
    "wrapped-tokens",
    "liquid-staking-tokens",
    "real-world-assets-rwa",
    "meme-token",
    "artificial-intelligence",
    "depin",
    "gaming",
    "decentralized-exchange",
    "lending-borrowing",
    "decentralized-finance-defi",
    "oracle",
    "exchange-based-tokens",
    "privacy-coins",
    "layer-2",
    "layer-1",
)
"""The categories that tell most sectors apart; each costs one call a week."""
THEIRS = "categories of tokens"
"""What a provider of grades files its tokens under: asset id -> categories."""


def refresh_sectors(run: RunState, source: PriceSource, *, fallback: str = "") -> None:
    """Ask weekly who belongs to which category; choose sectors when the round is complete.

    Args:
        run: the refresh.
        source: of the members.
        fallback: the provider of grades whose categories speak where the source's are silent.
    """
    asked_for = _known(run, source.name)
    due = run.asked.due(CATEGORIES, asked_for, now=run.now, every=WEEK)
    for (category,) in run.batches(source.name, CATEGORIES, due, 1):
        ids = run.call(source.name, CATEGORIES, source.members, category)
        if ids is None:
            continue
        with run.database.transaction():
            run.asked.save_response(
                source.name, f"category {category}", sorted(set(ids)), at=run.now
            )
            run.asked.mark(CATEGORIES, [category], at=run.now, answered=True)
    if due and not run.asked.due(CATEGORIES, asked_for, now=run.now, every=WEEK):
        _choose(run, _memberships(run, source.name), _kept(run, fallback, THEIRS))


def _known(run: RunState, provider: str) -> tuple[str, ...]:
    """Return the categories that the provider still has by these names; all, if nobody knows."""
    listed = known_categories(run.database, provider)
    gone = [name for name in ASKED_FOR if listed and name not in listed]
    if gone:
        log.info("%s has no category %s any more", provider, ", ".join(gone))
    return tuple(name for name in ASKED_FOR if name not in gone)


def _memberships(run: RunState, provider: str) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for category in ASKED_FOR:
        body = run.asked.response(provider, f"category {category}")
        for asset_id in body.content if body and isinstance(body.content, list) else ():
            found[str(asset_id)].append(category)
    return found


def _kept(run: RunState, provider: str, name: str) -> Mapping[str, Sequence[str]]:
    body = run.asked.response(provider, name)
    return body.content if body and isinstance(body.content, dict) else {}


def _choose(
    run: RunState, ours: Mapping[str, Sequence[str]], theirs: Mapping[str, Sequence[str]]
) -> None:
    """Read every asset's categories once more, and describe the assets by what is in force."""
    assets, choices = run.market.assets(), run.market.sectors()
    read = {a: ours.get(a) or theirs.get(a) or () for a in assets}
    chosen = {a: read_again(choices.get(a), primary_sector(a, read[a])) for a in assets}
    told = [
        described(
            a,
            symbol=asset.symbol,
            name=asset.name,
            sector=chosen[a].sector,
            rank=asset.rank,
            market_cap=asset.market_cap,
        )
        for a, asset in assets.items()
    ]
    with run.database.transaction():
        run.market.save_sectors(chosen, at=run.now)
        run.market.save_assets([replace(asset) for asset in told], at=run.now)
