"""What people write for an asset: resolved, or refused with a sentence; never worth nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.errors import AmbiguousAssetError, InputError
from portfolios.loaders import Loaded, load
from portfolios.loaders.names.resolve import resolve
from portfolios.model.assets import CASH, Asset, AssetIndex
from portfolios.providers.sample.market import sample_market

MARKET = sample_market().index()


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("ETHEREUM", "ethereum"), ("Ether", "ethereum"), ("XETH", "ethereum"),
        ("ETH2.S", "ethereum"), ("USD Coin", "usd-coin"), ("usd_coin", "usd-coin"),
        ("Shiba Inu", "shiba-inu"), ("shiba  inu", "shiba-inu"), ("XXBT", "bitcoin"),
        ("XBT", "bitcoin"), ("BTC-USD", "bitcoin"), ("BTC/USDT", "bitcoin"),
        ("BTCUSDT", "bitcoin"), ("BINANCE:BTCUSDT", "bitcoin"), ("XXBTZUSD", "bitcoin"),
        ("tBTCUSD", "bitcoin"), ("ＢＴＣ", "bitcoin"), ("DOT28.S", "polkadot"),
        ("LDBNB", "binancecoin"), ("LDO", "lido-dao"), ("Binance Coin", "binancecoin"),
        ("XXDG", "dogecoin"), ("Polygon", "polygon-ecosystem-token"),
        ("matic-network", "polygon-ecosystem-token"), ("MATIC", "polygon-ecosystem-token"),
        ("RNDR", "render-token"), ("USDCUSDT", "usd-coin"), ("Avalanche", "avalanche-2"),
        ("Cash", CASH), ("CASH", CASH), ("USD", CASH), ("ZUSD", CASH), ("USD.HOLD", CASH),
    ],
)  # fmt: skip
def test_what_people_write_means_what_they_mean(word: str, meant: str) -> None:
    found = resolve(word, MARKET)
    assert found is not None
    assert found.asset_id == meant


@pytest.mark.parametrize(
    "word", ["BTC-PERP", "1000SHIB", "CRVUSD", "aave-usdc", "ETH-BTC", "x", "-"]
)
def test_what_can_be_meant_otherwise_is_not_guessed(word: str) -> None:
    assert resolve(word, MARKET) is None


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("EUR", "is a currency"), ("Euro", "is a currency"), ("ZEUR", "is a currency"),
        ("EUR.HOLD", "is a currency"), ("£", "is a currency"), ("EUR-USD", "is a currency"),
        ("AGIX", "became fetch-ai, 0.43335 for each"), ("LEND", "became aave, 0.01 for each"),
    ],
)  # fmt: skip
def test_other_money_and_what_must_be_converted_is_refused(word: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        resolve(word, MARKET)


@pytest.mark.parametrize("word", ["LUNA", "luna"])
def test_a_name_of_several_assets_stops_with_them(word: str) -> None:
    with pytest.raises(AmbiguousAssetError, match="terra-luna-2"):
        resolve(word, MARKET)


def test_a_reading_that_is_not_evident_is_told() -> None:
    notes = {
        w: getattr(resolve(w, MARKET), "note", "") for w in ("XXBT", "BTC-USD", "MATIC", "BTC")
    }
    assert notes == {
        "XXBT": "XXBT is read as bitcoin, by the code that exchanges use",
        "BTC-USD": "BTC-USD is read as bitcoin, by the code that exchanges use",
        "MATIC": "MATIC was replaced one for one by polygon-ecosystem-token",
        "BTC": "",
    }


def test_a_small_namesake_does_not_take_what_is_meant_for_a_large_asset() -> None:
    small = Asset("eth", "XBT", "Bitcoin", market_cap=1e6, rank=4000)
    index = AssetIndex([*MARKET, small])
    for word, meant in (("ETH", "ethereum"), ("XBT", "bitcoin"), ("bitcoin", "bitcoin"),
                        ("BITCOIN", "bitcoin"), ("eth", "eth")):  # fmt: skip
        found = resolve(word, index)
        assert found is not None
        assert found.asset_id == meant
    loaded = load(b"asset,quantity\neth,1\n", source="c.csv", index=index)
    assert loaded.warnings == ("eth is taken as an id; is it ethereum?",)


# --- whole files, as people write them

SPELLINGS: tuple[Callable[[Asset], str], ...] = (
    lambda a: a.asset_id, lambda a: a.asset_id.upper(), lambda a: a.name, lambda a: a.name.upper(),
    lambda a: a.name.lower(), lambda a: a.symbol, lambda a: a.symbol.lower(),
    lambda a: f"{a.symbol}-USD", lambda a: f"{a.symbol}USDT", lambda a: f"{a.symbol}/USDC",
    lambda a: f"X{a.symbol}", lambda a: f"{a.symbol}.S", lambda a: f"LD{a.symbol}",
    lambda a: a.asset_id.replace("-", " ").title(), lambda a: a.asset_id[:-1],
)  # fmt: skip
ODD = ("Cash", "USD", "EUR", "$", "Total", "matic-network", "AGIX", "XXBT", "quux", "BTC-PERP",
       "b\u200btc", "")  # fmt: skip


def written(chance: random.Random) -> tuple[str, str, int]:
    """Return the end of a file's name, its text, and how many holdings it states."""
    assets = chance.sample(list(MARKET), chance.randint(1, 5))
    names = [chance.choice(SPELLINGS)(asset) for asset in assets]
    names += chance.choices(ODD, k=chance.choice([0, 0, 1, 2]))
    key = chance.choice(["asset", "symbol"])
    if (form := chance.choice(["csv", "json", "toml"])) == "csv":
        return form, f"{key},quantity\n" + "".join(f'"{n}",2\n' for n in names), len(names)
    if form == "json":
        return form, json.dumps([{key: n, "quantity": 2} for n in names]), len(names)
    rows = "".join(f"[[holdings]]\n{key} = {json.dumps(n)}\nquantity = 2\n" for n in names)
    return form, rows, len(names)


def loaded_or_refused(text: str, source: str) -> Loaded | InputError:
    try:
        return load(text.encode(), source=source, index=MARKET)
    except InputError as error:
        return error


def none_is_silently_worth_nothing(chance: random.Random) -> bool:
    """Check a file: refused with reasons, or with all that is typed worth something."""
    form, text, count = written(chance)
    loaded = loaded_or_refused(text, f"c.{form}")
    if isinstance(loaded, InputError):
        assert loaded.problems
        assert loaded.hint
        return False
    totals = sum("adds up the others" in warning for warning in loaded.warnings)
    own = loaded.portfolio
    assert own.unknown == ()
    assert all(holding.asset_id in MARKET for holding in own.holdings)
    worth = own.cash / 2 + sum((h.quantity for h in own.holdings), Decimal(0)) / 2
    assert worth == count - totals
    return True


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_nothing_typed_is_silently_worth_nothing(chance: random.Random) -> None:
    none_is_silently_worth_nothing(chance)


@pytest.mark.campaign
def test_nothing_typed_is_silently_worth_nothing_in_very_many_files() -> None:
    chance = random.Random(11)  # noqa: S311
    outcomes = [none_is_silently_worth_nothing(chance) for _ in range(10_000)]
    assert 1_000 < sum(outcomes) < len(outcomes)
