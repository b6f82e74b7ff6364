"""Assets under other names: what replaced them, and what they are called besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Rename:
    """What an asset became.

    Attributes:
        asset_id: of the new one.
        per_old: how many new ones stand for one old, as text; "1" where nothing is converted.
    """

    asset_id: str
    per_old: str = "1"


_ONE_FOR_ONE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "polygon-ecosystem-token": ("matic-network", "matic"),
        "sonic-3": ("fantom", "ftm"),
        "vaulta": ("eos",),
        "kaia": ("klay-token", "klay", "klaytn"),
        "render-token": ("rndr",),
        "iota": ("miota",),
        "golem": ("gnt", "golem-network-tokens"),
        "paxos-standard": ("pax",),
        "tomochain": ("tomo",),
        "elrond-erd-2": ("elrond", "erd"),
    }
)
RENAMED: Mapping[str, Rename] = MappingProxyType(
    {
        **{old: Rename(new) for new, olds in _ONE_FOR_ONE.items() for old in olds},
        **dict.fromkeys(("ethlend", "lend"), Rename("aave", "0.01")),
        **dict.fromkeys(("singularitynet", "agix"), Rename("fetch-ai", "0.43335")),
        **dict.fromkeys(("bittorrent-old", "bttold"), Rename("bittorrent", "1000")),
    }
)
"""Old id, name or symbol, as `name_key` makes it -> what it became."""

ALSO_CALLED: Mapping[str, str] = MappingProxyType(
    {
        "ether": "ethereum",
        "binance-coin": "binancecoin",
        "polygon": "polygon-ecosystem-token",
        "usdcoin": "usd-coin",
        "tether-usd": "tether",
        "tether-usdt": "tether",
        "xrp-ledger": "ripple",
        "stellar-lumens": "stellar",
        "lumens": "stellar",
        "toncoin": "the-open-network",
        "avalanche": "avalanche-2",
        "near-protocol": "near",
        "lunc": "terra-luna",
        "luna2": "terra-luna-2",
        "lido-staked-eth": "staked-ether",
    }
)
"""Usual name -> id, where neither id nor display name of a market need say it."""
