"""Which sector an asset belongs to, decided from the categories that providers give it.

Providers file a coin under five to thirty overlapping categories. Each category we know speaks
for one sector, more or less strongly; a short table settles the assets that people argue about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

STABLECOIN, WRAPPED, OTHER = "stablecoin", "wrapped_staked", "other"

SECTORS: tuple[str, ...] = (
    STABLECOIN,
    WRAPPED,
    "rwa",
    "meme",
    "ai",
    "depin",
    "gaming",
    "defi",
    "infra",
    "exchange_token",
    "privacy",
    "layer2",
    "layer1",
    "social_fan",
    OTHER,
)
"""Every sector, in the order in which lists show them."""

TIES: tuple[str, ...] = (
    STABLECOIN,
    WRAPPED,
    "meme",
    "ai",
    "rwa",
    "gaming",
    "depin",
    "privacy",
    "exchange_token",
    "defi",
    "infra",
    "layer2",
    "layer1",
    "social_fan",
)
"""Which sector wins between equally strong categories: the first; the first two win always."""

OVERRIDES: Mapping[str, str] = MappingProxyType(
    {
        "bitcoin": "layer1",
        "ethereum": "layer1",
        "binancecoin": "layer1",
        "ripple": "layer1",
        "chainlink": "infra",
        "render-token": "ai",
        "bittensor": "ai",
        "fetch-ai": "ai",
        "worldcoin-wld": "ai",
        "maker": "defi",
        "sky": "defi",
        "lido-dao": "defi",
        "ondo-finance": "rwa",
        "staked-ether": WRAPPED,
        "wrapped-bitcoin": WRAPPED,
        "tether": STABLECOIN,
        "usd-coin": STABLECOIN,
        "dai": STABLECOIN,
        "dogecoin": "meme",
        "arbitrum": "layer2",
        "optimism": "layer2",
    }
)
"""Asset id -> sector, where the categories alone would surprise people."""

_SPEAKS: Mapping[str, tuple[str, str, str]] = {
    # sector: (defining, strong, generic) categories
    STABLECOIN: (
        "stablecoin stablecoins usd-stablecoin eur-stablecoin fiat-backed-stablecoin "
        "crypto-backed-stablecoin yield-bearing-stablecoins",
        "",
        "",
    ),
    WRAPPED: (
        "wrapped-tokens liquid-staking-tokens liquid-restaking-tokens bridged-tokens tokenized-btc",
        "",
        "",
    ),
    "rwa": (
        "tokenized-gold tokenized-treasury-bills tokenized-stock rwa-protocol",
        "real-world-assets-rwa real-world-assets rwa",
        "",
    ),
    "meme": (
        "meme-token meme solana-meme-coins base-meme-coins dog-themed-coins cat-themed-coins "
        "ai-meme-coins",
        "",
        "",
    ),
    "ai": ("artificial-intelligence ai-agents ai", "", ""),
    "depin": (
        "depin",
        "decentralized-storage distributed-computing",
        "internet-of-things-iot internet-of-things",
    ),
    "gaming": (
        "gaming gamefi play-to-earn",
        "metaverse gaming-blockchains non-fungible-tokens-nft non-fungible-tokens nft",
        "move-to-earn",
    ),
    "defi": (
        "decentralized-exchange lending-borrowing decentralized-perpetuals yield-farming "
        "liquid-staking prediction-markets",
        "derivatives yield-aggregator insurance",
        "decentralized-finance-defi decentralized-finance defi",
    ),
    "infra": (
        "oracle interoperability data-availability identity",
        "storage zero-knowledge-zk zero-knowledge analytics",
        "infrastructure",
    ),
    "exchange_token": (
        "exchange-based-tokens centralized-exchange-token-cex centralized-exchange-token",
        "",
        "",
    ),
    "privacy": ("privacy-coins", "", ""),
    "layer2": ("layer-2 rollup optimism-superchain", "layer-0 sidechain", ""),
    "layer1": (
        "",
        "layer-1 smart-contract-platform",
        "proof-of-work-pow proof-of-work proof-of-stake-pos proof-of-stake cryptocurrency",
    ),
    "social_fan": ("fan-token socialfi", "music entertainment", ""),
}

CATEGORIES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        category: (sector, strength)
        for sector, levels in _SPEAKS.items()
        for strength, words in zip((3, 2, 1), levels, strict=True)
        for category in words.split()
    }
)
"""Category -> the sector it speaks for, and how strongly: 3 defining, 2 strong, 1 generic."""

_BRACKETS = re.compile(r"\([^)]*\)")
_SAYS_NOTHING = re.compile(
    r"-(ecosystem|portfolio|holdings|index|ventures)$|^(made-in|launchpad)(-|$)"
    r"|^binance-smart-chain$"
)


def primary_sector(asset_id: str, categories: Iterable[str] = ()) -> str:
    """Return the one sector that limits speak of.

    The table of overrides decides; else a stablecoin is a stablecoin and a wrapped or staked
    token is that; else the strongest category, ties by the order of `TIES`.

    Args:
        asset_id: the asset.
        categories: ids or display names of its categories, in any order.

    >>> primary_sector("uniswap", ["Decentralized Exchange (DEX)", "Ethereum Ecosystem"])
    'defi'
    """
    return sectors_of(asset_id, categories)[0]


def sectors_of(asset_id: str, categories: Iterable[str] = ()) -> tuple[str, ...]:
    """Return every sector of an asset, the primary one first; `other` alone when none is known.

    >>> sectors_of("chainlink", ["oracle", "artificial-intelligence"])
    ('infra', 'ai')
    """
    strength = _strengths(categories)
    ranked = sorted(strength, key=lambda sector: _rank(sector, strength[sector]))
    override = OVERRIDES.get(asset_id)
    if override is None:
        return tuple(ranked) or (OTHER,)
    return (override, *(sector for sector in ranked if sector != override))


def _strengths(categories: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for category in categories:
        sector, strength = _spoken_for(_key(category))
        if sector:
            found[sector] = max(strength, found.get(sector, 0))
    return found


def _spoken_for(key: str) -> tuple[str, int]:
    if _SAYS_NOTHING.search(key):
        return "", 0
    if key.startswith("bridged-"):
        return WRAPPED, 3
    return CATEGORIES.get(key, ("", 0))


def _key(category: str) -> str:
    """Bring an id or a display name to one spelling: `Layer 1 (L1)` is `layer-1`."""
    return "-".join(_BRACKETS.sub(" ", category.lower()).split())


def _rank(sector: str, strength: int) -> tuple[int, int]:
    certain = sector in (STABLECOIN, WRAPPED)
    return (-4 if certain else -strength, TIES.index(sector))
