from __future__ import annotations

from itertools import permutations

import pytest

from portfolios.model.sectors import (
    CATEGORIES,
    OTHER,
    OVERRIDES,
    SECTORS,
    TIES,
    primary_sector,
    sectors_of,
)


@pytest.mark.parametrize(
    ("asset_id", "categories", "sector"),
    [
        ("bitcoin", ["cryptocurrency", "layer-1", "proof-of-work-pow"], "layer1"),
        ("ethereum", ["smart-contract-platform", "layer-1"], "layer1"),
        ("solana", ["layer-1", "smart-contract-platform", "solana-ecosystem"], "layer1"),
        ("arbitrum", ["layer-2", "arbitrum-ecosystem", "rollup"], "layer2"),
        ("uniswap", ["decentralized-exchange", "decentralized-finance-defi"], "defi"),
        ("aave", ["lending-borrowing", "layer-2"], "defi"),
        ("chainlink", ["oracle", "decentralized-finance-defi"], "infra"),
        ("dogecoin", ["meme-token", "layer-1"], "meme"),
        ("pepe", ["meme-token", "ethereum-ecosystem"], "meme"),
        ("fetch-ai", ["artificial-intelligence", "cosmos-ecosystem"], "ai"),
        ("bittensor", ["layer-1", "depin"], "ai"),
        ("immutable-x", ["layer-2", "gaming", "gaming-blockchains"], "gaming"),
        ("axie-infinity", ["play-to-earn", "non-fungible-tokens-nft"], "gaming"),
        ("ondo-finance", ["real-world-assets-rwa", "decentralized-finance-defi"], "rwa"),
        ("helium", ["depin", "internet-of-things-iot"], "depin"),
        ("monero", ["privacy-coins", "layer-1", "proof-of-work-pow"], "privacy"),
        ("usd-coin", ["stablecoins", "usd-stablecoin"], "stablecoin"),
        ("staked-ether", ["liquid-staking-tokens", "decentralized-finance-defi"], "wrapped_staked"),
        ("unknown-micro-cap", ["base-ecosystem", "binance-smart-chain"], "other"),
        ("nothing-known", [], "other"),
    ],
)
def test_well_known_assets_are_where_people_expect_them(
    asset_id: str, categories: list[str], sector: str
) -> None:
    assert primary_sector(asset_id, categories) == sector


@pytest.mark.parametrize(
    ("name", "sector"),
    [
        ("Layer 1 (L1)", "layer1"),
        ("Decentralized Finance (DeFi)", "defi"),
        ("Artificial Intelligence (AI)", "ai"),
        ("Real World Assets (RWA)", "rwa"),
        ("Centralized Exchange Token (CEX)", "exchange_token"),
        ("  Privacy   Coins ", "privacy"),
        ("Bridged USDC", "wrapped_staked"),
    ],
)
def test_a_display_name_counts_like_its_id(name: str, sector: str) -> None:
    assert primary_sector("some-coin", [name]) == sector


@pytest.mark.parametrize(
    "noise",
    [
        "solana-ecosystem",
        "Andreessen Horowitz (a16z) Portfolio",
        "ftx-holdings",
        "coinbase-50-index",
        "binance-smart-chain",
        "Made in USA",
        "Launchpad",
        "Alameda Ventures",
        "bridged-tokens-ecosystem",
    ],
)
def test_labels_of_chains_and_funds_say_nothing(noise: str) -> None:
    assert sectors_of("some-coin", [noise]) == (OTHER,)


def test_a_stablecoin_or_wrapped_token_is_that_before_anything_else() -> None:
    assert primary_sector("some-usd", ["meme-token", "artificial-intelligence", "stablecoins"]) == (
        "stablecoin"
    )
    assert primary_sector("some-eth", ["meme-token", "liquid-restaking-tokens"]) == "wrapped_staked"


def test_the_stronger_category_wins_over_the_earlier_sector() -> None:
    # metaverse speaks strongly for gaming, decentralized-exchange defines defi
    assert sectors_of("some-coin", ["metaverse", "decentralized-exchange"]) == ("defi", "gaming")


def test_equal_strength_falls_to_the_stated_order_whatever_the_order_of_the_input() -> None:
    categories = ["privacy-coins", "depin", "meme-token", "gaming"]
    results = {sectors_of("some-coin", order) for order in permutations(categories)}
    assert results == {("meme", "gaming", "depin", "privacy")}


def test_an_override_keeps_the_others_as_secondary_sectors() -> None:
    assert sectors_of("render-token", ["depin", "artificial-intelligence", "metaverse"]) == (
        "ai",
        "depin",
        "gaming",
    )


def test_every_table_speaks_of_known_sectors_only() -> None:
    assert set(OVERRIDES.values()) <= set(SECTORS)
    assert {sector for sector, _ in CATEGORIES.values()} == set(SECTORS) - {OTHER}
    assert sorted(TIES) == sorted(set(SECTORS) - {OTHER})
    assert {strength for _, strength in CATEGORIES.values()} == {1, 2, 3}
