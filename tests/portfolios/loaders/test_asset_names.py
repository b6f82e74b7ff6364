from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from portfolios.errors import InputError
from portfolios.loaders import Loaded, load
from portfolios.model.assets import Asset, AssetIndex

Problems = Callable[..., list[str]]


def read(row: str, index: AssetIndex, **symbol_map: str) -> Loaded:
    text = f"asset,symbol,quantity,price,price_as_of\n{row}\n"
    return load(text.encode(), source="c.csv", index=index, symbol_map=symbol_map)


def test_an_id_like_no_other_is_kept_and_never_traded(index: AssetIndex) -> None:
    loaded = read("zzzz,,5,,\n,QQQ,3,,", index)
    assert loaded.portfolio.unknown == ("QQQ", "zzzz")
    held = {h.asset_id: (h.quantity, h.symbol) for h in loaded.portfolio.holdings}
    assert held == {"zzzz": (Decimal(5), ""), "QQQ": (Decimal(3), "QQQ")}
    assert loaded.warnings == ("unknown, so valued at zero and never traded: QQQ, zzzz",)


def test_a_symbol_nobody_bears_is_not_taken_for_an_id(index: AssetIndex) -> None:
    assert read(",Kunst,1,,", index).portfolio.unknown == ("KUNST",)


def test_a_symbol_in_the_place_of_an_id_is_explained(problems: Problems) -> None:
    assert problems("asset,quantity\nSOL,1", source="c.csv") == [
        'line 2   asset "SOL" is a symbol; write the asset id solana'
    ]


def test_a_symbol_means_the_one_that_dwarfs_its_namesakes(index: AssetIndex) -> None:
    assert read(",BTC,1,,", index).portfolio.holdings[0].asset_id == "bitcoin"


def test_the_users_answer_settles_a_symbol(index: AssetIndex) -> None:
    loaded = read(",luna,1,,", index, LUNA="terra-luna-2")
    assert loaded.portfolio.holdings[0].asset_id == "terra-luna-2"
    assert loaded.warnings == ()


def test_an_ambiguous_symbol_comes_with_the_way_to_settle_it(index: AssetIndex) -> None:
    with pytest.raises(InputError) as caught:
        read(",LUNA,1,,", index)
    assert "--map SYM=ID" in caught.value.hint


def test_an_answer_that_is_itself_unknown_is_refused(problems: Problems) -> None:
    (found,) = problems(
        "symbol,quantity\nLUNA,1", source="c.csv", symbol_map={"luna": "terra-luna-3"}
    )
    assert found.startswith('line 2   LUNA is mapped to "terra-luna-3", which is unknown; did you')


def test_an_answer_that_was_not_needed_is_said(index: AssetIndex) -> None:
    assert read("bitcoin,,1,,", index, LUNA="terra-luna").warnings == (
        "--map LUNA was not needed",
    )  # fmt: skip


def test_a_name_mapped_to_itself_is_meant_as_written(index: AssetIndex) -> None:
    assert read("bitcon,,1,,", index, bitcon="bitcon").portfolio.unknown == ("bitcon",)


def test_a_holding_with_its_own_price_needs_no_market(index: AssetIndex) -> None:
    loaded = read("house,,1,500,2026-11-01", index)
    assert loaded.portfolio.unknown == ()
    assert loaded.warnings == ()


def test_a_holding_with_its_own_price_may_still_be_mistyped(index: AssetIndex) -> None:
    assert read("bitcon,,1,500,2026-11-01", index).warnings == (
        "bitcon is not on the market; is it bitcoin?",
    )


def test_a_stated_price_beside_the_markets_is_said_to_be_unused(index: AssetIndex) -> None:
    assert read("bitcoin,,1,500,2026-11-01", index).warnings == (
        "bitcoin has a market price: the one in the file is not used",
    )


def test_a_symbol_beside_another_id_is_said(index: AssetIndex) -> None:
    assert read("bitcoin,ETH,1,,", index).warnings == (
        "bitcoin is BTC, not ETH (line 2); the asset id counts",
    )


@pytest.mark.parametrize("row", ["cash,,7,,", "usd,,7,,", ",USD,7,,"])
def test_the_currency_is_cash(row: str, index: AssetIndex) -> None:
    loaded = read(row, index).portfolio
    assert (loaded.cash, loaded.holdings) == (Decimal(7), ())


def test_very_many_strange_names_do_not_cost_very_much(problems: Problems) -> None:
    big = AssetIndex(Asset(f"asset-number-{i}", f"A{i}", "A") for i in range(17_000))
    rows = "".join(f"zzz{i}qq,1\n" for i in range(9_000))
    with pytest.raises(InputError) as caught:
        load(f"asset,quantity\n{rows}".encode(), source="c.csv", index=big)
    first, last = caught.value.problems[0], caught.value.problems[-1]
    assert str(first).endswith("is unknown, as too many others are")
    assert str(last) == "and 7,911 more problems"
