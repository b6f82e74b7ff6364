from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.marketdata.asset_matching import (
    Claim,
    Listing,
    Pair,
    are_alike,
    join,
    prices_agree,
    slug_of,
)

BTC = Listing("bitcoin", "Bitcoin", 91_000.0)
FET = Listing("fetch-ai", "Fetch.ai", 0.71)
USDC = Listing("usd-coin", "USDC", 1.0)
USDT = Listing("tether", "Tether", 1.0)
KNOWN = {listing.asset_id: listing for listing in (BTC, FET, USDC, USDT)}

WORDS = (
    "amber", "basalt", "cedar", "dune", "ember", "fjord", "garnet", "harbor", "indigo", "juniper",
    "krypton", "lagoon", "meadow", "nimbus", "onyx", "prairie", "quartz", "ripple", "saffron",
    "tundra", "umbra", "velvet", "willow", "xenon", "yonder", "zephyr",
)  # fmt: skip


def one(claim: Claim) -> Pair:
    (pair,) = join([claim], KNOWN)
    return pair


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("dogwifhat", "Dog Wif Hat"), ("Gate.io", "gate io"), ("Worldcoin", "WorldCoin"),
        ("Curve DAO", "Curve-DAO"), ("Éther", "Ether"), ("Render Token", "Render  Token"),
    ],
)  # fmt: skip
def test_names_that_differ_in_spelling_only_are_alike(first: str, second: str) -> None:
    assert are_alike(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Bitcoin", "Bitcoin Cash"), ("Ethereum", "Ethereum Classic"), ("Terra", "Terra Classic"),
        ("Uniswap", "Pancakeswap"), ("", ""), ("...", "!!!"), ("Bond", "BarnBridge"),
    ],
)  # fmt: skip
def test_names_of_different_assets_are_not(first: str, second: str) -> None:
    assert not are_alike(first, second)


def test_the_slug_joins_and_the_name_confirms() -> None:
    assert one(Claim("3375", "Bitcoin", slug="bitcoin")) == Pair("bitcoin", "3375", "Bitcoin")


def test_where_there_is_no_slug_the_link_joins() -> None:
    link = "https://app.example.org/en/bitcoin"
    assert one(Claim("3375", "bitcoin", link=link)).quarantined == ""
    assert join([Claim("3375", "bitcoin", link="https://app.example.org/undefined")], KNOWN) == ()
    assert slug_of("https://app.example.org/en/bitcoin/?ref=1#top") == "bitcoin"
    assert slug_of("") == ""


def test_a_renamed_asset_is_confirmed_by_its_price() -> None:
    renamed = "Artificial Superintelligence Alliance"
    assert one(Claim("4041", renamed, slug="fetch-ai", price=0.72)).quarantined == ""
    assert "not 0.71" in one(Claim("4041", renamed, slug="fetch-ai", price=0.9)).quarantined
    assert "'Fetch.ai'" in one(Claim("4041", renamed, slug="fetch-ai")).quarantined


def test_equal_prices_do_not_confirm_another_assets_name() -> None:
    pair = one(Claim("34008", "Tether", slug="usd-coin", price=1.0))
    assert pair.quarantined == "it is called 'Tether', as tether is"


def test_a_symbol_or_a_name_alone_joins_nothing() -> None:
    assert join([Claim("17528", "Bitcoin", price=91_000.0)], KNOWN) == ()


def test_two_believed_rows_for_one_asset_are_both_in_doubt() -> None:
    rows = [Claim("1", "Bitcoin", slug="bitcoin"), Claim("2", "Bitcoin", slug="bitcoin")]
    (pair,) = join(rows, KNOWN)
    assert pair.quarantined == "several rows claim it: 1, 2"
    assert join(rows[:1] * 3, KNOWN)[0].quarantined == ""  # the same row on three pages


def test_an_impostor_beside_the_true_row_is_left_aside() -> None:
    rows = [
        Claim("17528", "Bitcoin Pro Gold", slug="bitcoin", price=0.001),
        Claim("3375", "Bitcoin", slug="bitcoin"),
    ]
    assert join(rows, KNOWN) == (Pair("bitcoin", "3375", "Bitcoin"),)


@given(st.floats(), st.floats())
def test_only_positive_prices_agree(one_price: float, other: float) -> None:
    assert prices_agree(one_price, other) == prices_agree(other, one_price)
    if prices_agree(one_price, other):
        assert one_price > 0
        assert other > 0


def named(chance: random.Random) -> str:
    return " ".join(chance.sample(WORDS, 2)).title()


def pairs_of_one_symbol(seed: int) -> tuple[dict[str, Listing], list[Claim], dict[str, str]]:
    """Return 200 pairs of assets that share a symbol, the other side's rows, and the truth.

    Of the rows some state no slug, a broken link, or the slug of the other asset of the pair;
    a third of the pairs even have the same price.
    """
    chance = random.Random(seed)  # noqa: S311
    listings: dict[str, Listing] = {}
    claims: list[Claim] = []
    truth: dict[str, str] = {}
    for number in range(200):
        ids = (f"coin-{number}", f"coin-{number}-{chance.choice(['wormhole', '2', 'classic'])}")
        prices = (chance.uniform(0.01, 100), chance.uniform(0.01, 100))
        if number % 3 == 0:
            prices = (1.0, 1.0)
        for k, (asset_id, price) in enumerate(zip(ids, prices, strict=True)):
            name = f"{named(chance)} {number}{'ab'[k]}"
            their_id = str(10_000 + 2 * number + k)
            listings[asset_id] = Listing(asset_id, name, price)
            truth[their_id] = asset_id
            stated = chance.choice([asset_id, asset_id, "", ids[1 - k]])
            link = chance.choice(["https://x.invalid/undefined", f"https://x.invalid/{asset_id}"])
            claims.append(Claim(their_id, name, slug=stated, link=link, price=price * 1.01))
    chance.shuffle(claims)
    return listings, claims, truth


@pytest.mark.parametrize("seed", range(5))
def test_of_two_hundred_pairs_with_one_symbol_none_is_matched_to_the_wrong_asset(seed: int) -> None:
    listings, claims, truth = pairs_of_one_symbol(seed)
    found = join(claims, listings)
    believed = [pair for pair in found if not pair.quarantined]
    assert [p for p in believed if truth[p.their_id] != p.asset_id] == []
    assert len(believed) > 200
    assert all(pair.quarantined for pair in found if truth[pair.their_id] != pair.asset_id)


def test_the_order_of_the_rows_does_not_matter() -> None:
    listings, claims, _ = pairs_of_one_symbol(9)
    assert join(claims, listings) == join(reversed(claims), listings)
