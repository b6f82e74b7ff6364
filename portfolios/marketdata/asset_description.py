"""Describes an asset from what a price provider says of it and the sector in force."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.sectors import STABLECOIN, WRAPPED

UNDERLYING: Mapping[str, str] = MappingProxyType(
    {
        "binance-staked-sol": "solana",
        "bridged-wrapped-ether-starkgate": "ethereum",
        "cbeth": "ethereum",
        "coinbase-wrapped-btc": "bitcoin",
        "jito-staked-sol": "solana",
        "msol": "solana",
        "rocket-pool-eth": "ethereum",
        "staked-ether": "ethereum",
        "tbtc": "bitcoin",
        "weth": "ethereum",
        "wrapped-bitcoin": "bitcoin",
        "wrapped-eeth": "ethereum",
        "wrapped-steth": "ethereum",
    }
)
"""Wrapped or staked asset -> what it stands for."""
PEGS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        ("euro-coin", "stasis-eurs", "tether-eurt", "ageur", "eurite", "eur-coinvertible",
         "celo-euro", "anchored-coins-eur", "societe-generale-forge-eurcv"), "eur"
    )
    | {"xsgd": "sgd", "gyen": "jpy", "bidr": "idr", "bilira": "try", "brz": "brl"}
)  # fmt: skip
"""Stablecoins of other units than the dollar."""
ISSUERS: Mapping[str, str] = MappingProxyType(
    {
        "usd-coin": "circle", "euro-coin": "circle",
        "tether": "tether", "tether-eurt": "tether", "usdt0": "tether",
        "dai": "sky", "usds": "sky", "savings-dai": "sky", "susds": "sky",
        "ethena-usde": "ethena", "ethena-staked-usde": "ethena",
        "paypal-usd": "paxos", "paxos-standard": "paxos", "binance-usd": "paxos",
        "global-dollar": "paxos",
        "first-digital-usd": "first-digital", "true-usd": "trueusd", "frax": "frax",
        "frax-usd": "frax",
    }
)  # fmt: skip
"""Who stands behind a stablecoin that shares its issuer with others."""


def described(
    asset_id: str,
    *,
    symbol: str,
    name: str,
    sector: str,
    rank: int | None = None,
    market_cap: float | None = None,
) -> Asset:
    """Return an asset; its kind follows from its sector.

    Args:
        asset_id: the identity.
        symbol: ticker in any case.
        name: full name; the id where empty.
        sector: the one in force.
        rank: by market value.
        market_cap: market value.
    """
    is_stable, is_wrapped = sector == STABLECOIN, sector == WRAPPED
    kind = AssetKind.STABLE if is_stable else AssetKind.WRAPPED if is_wrapped else AssetKind.COIN
    return Asset(
        asset_id=asset_id,
        symbol=symbol.upper() or asset_id.upper()[:8],
        name=name or asset_id,
        sector=sector,
        kind=kind,
        underlying=UNDERLYING.get(asset_id) if is_wrapped else None,
        rank=rank,
        market_cap=None if market_cap is None else float(market_cap),
        issuer=ISSUERS.get(asset_id, "") if is_stable else "",
        peg=PEGS.get(asset_id, "usd") if is_stable else "",
    )
