"""The cast of the built-in market: real names, plausible sizes, two inventions.

Sizes and prices are round figures of no particular day. The two invented assets exist to show
what little history does: one listed 120 days ago, one 24.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.sectors import primary_sector

LAYER1 = ("layer-1", "smart-contract-platform")
LAYER2 = ("layer-2", "ethereum-ecosystem")
COIN = ("cryptocurrency", "proof-of-work-pow")
SWAPS = ("decentralized-exchange", "decentralized-finance-defi")
LENDING = ("lending-borrowing", "decentralized-finance-defi")
AI = ("artificial-intelligence",)
GAMING = ("gaming", "play-to-earn", "metaverse")
MEME = ("meme-token",)
STABLE = ("stablecoins", "usd-stablecoin")


@dataclass(frozen=True, slots=True)
class SampleAsset:
    """One asset of the sample market and how it moves.

    Attributes:
        asset: what it is.
        price: newest price, in usd.
        volatility: standard deviation of a day's log return, a fraction.
        beta: answer to the market factor; 1 is bitcoin's.
        traded: money traded per day as a fraction of market value.
        days: bars of history.
        graded: the sample's vendor grades it.
    """

    asset: Asset
    price: float
    volatility: float
    beta: float
    traded: float
    days: int
    graded: bool


Cast: TypeAlias = Mapping[str, SampleAsset]
"""Asset id -> row, sorted by id."""


def _asset(
    asset_id: str,
    symbol: str,
    name: str,
    rank: int,
    cap: float,
    price: float,
    volatility: float,
    beta: float,
    traded: float,
    categories: tuple[str, ...],
    *,
    days: int = 400,
    graded: bool = True,
    kind: AssetKind = AssetKind.COIN,
    underlying: str | None = None,
    issuer: str = "",
) -> SampleAsset:
    """Make a row: cap in billions, volatility and traded in percent."""
    asset = Asset(
        asset_id=asset_id,
        symbol=symbol,
        name=name,
        sector=primary_sector(asset_id, categories),
        kind=kind,
        underlying=underlying,
        issuer=issuer,
        rank=rank,
        market_cap=cap * 1e9,
        peg="usd" if kind is AssetKind.STABLE else "",
    )
    return SampleAsset(asset, price, volatility / 100, beta, traded / 100, days, graded)


def _stable(
    asset_id: str, symbol: str, name: str, rank: int, cap: float, traded: float, issuer: str
) -> SampleAsset:
    return _asset(
        asset_id, symbol, name, rank, cap, 1.0, 0.02, 0.0, traded, STABLE,
        graded=False, kind=AssetKind.STABLE, issuer=issuer,
    )  # fmt: skip


def _wrapped(
    asset_id: str, symbol: str, name: str, rank: int, cap: float, ratio: float, underlying: str
) -> SampleAsset:
    """Make a row whose price is a ratio to its underlying."""
    return _asset(
        asset_id, symbol, name, rank, cap, ratio, 0.05, 0.0, 1.5,
        ("wrapped-tokens", "liquid-staking-tokens"),
        graded=False, kind=AssetKind.WRAPPED, underlying=underlying,
    )  # fmt: skip


_ROWS: tuple[SampleAsset, ...] = (
    _asset("bitcoin", "BTC", "Bitcoin", 1, 1822, 91243.17, 2.5, 1.0, 2.4, COIN),
    _asset("ethereum", "ETH", "Ethereum", 2, 364, 3012.46, 3.6, 1.3, 4.6, LAYER1),
    _stable("tether", "USDT", "Tether", 3, 184, 42.0, "tether"),
    _asset("ripple", "XRP", "XRP", 4, 127, 2.1084, 3.9, 1.25, 2.4, LAYER1),
    _asset("binancecoin", "BNB", "BNB", 5, 118, 861.52, 3.0, 1.05, 1.5, LAYER1),
    _asset("solana", "SOL", "Solana", 6, 78.4, 140.27, 4.2, 1.45, 4.9, LAYER1),
    _stable("usd-coin", "USDC", "USD Coin", 7, 75.2, 16.0, "circle"),
    _wrapped("staked-ether", "STETH", "Lido Staked Ether", 9, 25.9, 0.9988, "ethereum"),
    _asset("dogecoin", "DOGE", "Dogecoin", 10, 23.1, 0.15182, 4.9, 1.5, 5.2, MEME),
    _asset("cardano", "ADA", "Cardano", 11, 15.3, 0.41873, 4.3, 1.4, 4.0, LAYER1),
    _wrapped("wrapped-bitcoin", "WBTC", "Wrapped Bitcoin", 14, 11.6, 0.9991, "bitcoin"),
    _asset("chainlink", "LINK", "Chainlink", 16, 9.1, 13.094, 4.3, 1.4, 5.1, ("oracle",)),
    _asset("zcash", "ZEC", "Zcash", 17, 7.8, 478.31, 5.6, 1.1, 8.5, ("privacy-coins",)),
    _asset("monero", "XMR", "Monero", 19, 7.1, 384.76, 3.4, 0.8, 2.1, ("privacy-coins",)),
    _asset("litecoin", "LTC", "Litecoin", 21, 6.5, 84.93, 3.7, 1.2, 6.3, COIN),
    _asset("avalanche-2", "AVAX", "Avalanche", 23, 6.0, 14.062, 4.4, 1.45, 5.8, LAYER1),
    _asset("sui", "SUI", "Sui", 24, 5.7, 1.5471, 4.9, 1.5, 10.4, LAYER1),
    _asset("shiba-inu", "SHIB", "Shiba Inu", 27, 5.0, 0.0000084912, 4.8, 1.45, 2.9, MEME),
    _stable("dai", "DAI", "Dai", 29, 4.9, 2.6, "sky"),
    _asset("polkadot", "DOT", "Polkadot", 31, 3.9, 2.4017, 4.2, 1.4, 4.7, LAYER1),
    _asset("uniswap", "UNI", "Uniswap", 33, 3.8, 6.1248, 4.6, 1.4, 7.2, SWAPS),
    _asset("bittensor", "TAO", "Bittensor", 39, 3.0, 294.85, 4.8, 1.4, 5.0, AI),
    _asset("aave", "AAVE", "Aave", 43, 2.66, 174.62, 4.5, 1.4, 9.3, LENDING),
    _asset("near", "NEAR", "NEAR Protocol", 45, 2.57, 2.0058, 4.6, 1.45, 8.1, LAYER1),
    _asset("aptos", "APT", "Aptos", 56, 1.93, 2.6139, 4.6, 1.45, 7.4, LAYER1),
    _asset("pepe", "PEPE", "Pepe", 57, 1.92, 0.0000045731, 6.0, 1.6, 17.0, MEME),
    _asset("ondo-finance", "ONDO", "Ondo", 63, 1.64, 0.51944, 4.8, 1.4, 5.6,
           ("real-world-assets-rwa", "decentralized-finance-defi")),
    _asset("worldcoin-wld", "WLD", "Worldcoin", 66, 1.5, 0.64803, 5.5, 1.5, 9.8, AI),
    _asset("polygon-ecosystem-token", "POL", "POL", 69, 1.43, 0.13526, 4.5, 1.4, 5.2, LAYER2),
    _asset("maker", "MKR", "Maker", 74, 1.24, 1452.8, 4.1, 1.2, 4.4, LENDING, graded=False),
    _asset("filecoin", "FIL", "Filecoin", 76, 1.2, 1.7042, 4.7, 1.4, 11.0,
           ("depin", "decentralized-storage")),
    _asset("arbitrum", "ARB", "Arbitrum", 77, 1.18, 0.21047, 4.7, 1.45, 8.8, LAYER2),
    _asset("render-token", "RENDER", "Render", 84, 0.96, 1.8516, 5.1, 1.5, 6.5, AI),
    _asset("immutable-x", "IMX", "Immutable", 105, 0.65, 0.33181, 5.0, 1.45, 4.3,
           ("gaming-blockchains", "gamefi", "layer-2")),
    _asset("fetch-ai", "FET", "Artificial Superintelligence Alliance", 107, 0.63, 0.26842,
           5.4, 1.5, 11.5, ("artificial-intelligence", "ai-agents")),
    _asset("optimism", "OP", "Optimism", 109, 0.6, 0.31593, 4.8, 1.45, 11.0, LAYER2),
    _asset("curve-dao-token", "CRV", "Curve DAO", 110, 0.59, 0.41365, 4.9, 1.4, 10.0, SWAPS),
    _asset("lido-dao", "LDO", "Lido DAO", 112, 0.58, 0.64877, 5.1, 1.5, 9.2,
           ("liquid-staking", "decentralized-finance-defi")),
    _asset("the-graph", "GRT", "The Graph", 113, 0.57, 0.054623, 4.8, 1.45, 4.6,
           ("analytics", "infrastructure")),
    _asset("the-sandbox", "SAND", "The Sandbox", 131, 0.43, 0.16508, 4.9, 1.45, 7.1, GAMING),
    _asset("helium", "HNT", "Helium", 138, 0.39, 2.0973, 4.9, 1.3, 2.6,
           ("depin", "internet-of-things-iot")),
    _asset("dogwifcoin", "WIF", "dogwifhat", 142, 0.37, 0.37014, 6.4, 1.6, 21.0,
           ("solana-meme-coins", "dog-themed-coins")),
    _asset("gala", "GALA", "Gala", 147, 0.35, 0.0074655, 5.4, 1.5, 12.0, GAMING),
    _asset("terra-luna", "LUNA", "Terra Classic", 171, 0.17, 0.000030942, 5.6, 1.2, 7.5,
           LAYER1, graded=False),
    _asset("axie-infinity", "AXS", "Axie Infinity", 173, 0.168, 1.0481, 5.0, 1.45, 8.6,
           GAMING, graded=False),
    _asset("harbour-network", "HRBR", "Harbour Network", 289, 0.072, 0.24158, 6.1, 1.4, 5.4,
           ("depin",), days=120, graded=False),
    _asset("terra-luna-2", "LUNA", "Terra", 310, 0.061, 0.086512, 5.4, 1.4, 11.0,
           LAYER1, graded=False),
    _asset("driftwood", "DRFT", "Driftwood", 402, 0.034, 0.012907, 7.5, 1.5, 24.0,
           ("meme-token",), days=24, graded=False),
)  # fmt: skip

SAMPLE_ASSETS: Cast = MappingProxyType(
    {row.asset.asset_id: row for row in sorted(_ROWS, key=lambda row: row.asset.asset_id)}
)
"""Everyone in the sample market."""
