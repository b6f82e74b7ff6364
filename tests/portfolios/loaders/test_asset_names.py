from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from portfolios.errors import InputError
from portfolios.loaders import Loaded, load
from portfolios.model.assets import Asset, AssetIndex

Problems = Callable[..., list[str]]


def read(row: str, index: AssetIndex, *, keeps: bool = False, **symbol_map: str) -> Loaded:
    text = f"asset,symbol,quantity,price,price_as_of\n{row}\n"
    return load(
        text.encode(), source="c.csv", index=index, symbol_map=symbol_map, allow_unknown=keeps
    )


def test_an_id_like_no_other_is_refused_with_the_way_to_keep_it(index: AssetIndex) -> None:
    with pytest.raises(InputError) as caught:
        read("zzzz,,5,,\nbitcoin,,1,,", index)
    assert [str(p) for p in caught.value.problems] == ['line 2   asset "zzzz" is unknown']
    assert "--allow-unknown" in caught.value.hint


@pytest.mark.parametrize("row", ["zzzz,,5,,", ",QQQ,3,,", "zzzz,,5,,\nTotal,,4,,"])
def test_a_file_of_which_nothing_is_known_is_refused_in_any_case(
    row: str, index: AssetIndex
) -> None:
    with pytest.raises(InputError, match="1 problem") as caught:
        read(row, index, keeps=True)
    assert "nothing in the file is a known asset" in str(caught.value.problems[0])


def test_a_typo_is_refused_even_where_what_is_unknown_is_kept(index: AssetIndex) -> None:
    with pytest.raises(InputError) as caught:
        read("bitcon,,5,,\nsolana,,1,,", index, keeps=True)
    assert str(caught.value.problems[0]).endswith("did you mean bitcoin?")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("c.toml", 'allow_unknown = true\n[[holdings]]\nasset = "zzzz"\nquantity = 1\n'
         '[[holdings]]\nasset = "bitcoin"\nquantity = 1\n'),
        ("c.json", '{"allow_unknown": true, "cash": 1, "holdings": '
         '[{"asset": "zzzz", "quantity": 1}]}'),
    ],
)  # fmt: skip
def test_a_file_may_say_that_it_names_what_nobody_knows(
    source: str, text: str, index: AssetIndex
) -> None:
    assert load(text.encode(), source=source, index=index).portfolio.unknown == ("zzzz",)


def test_an_unknown_id_that_is_kept_is_never_traded(index: AssetIndex) -> None:
    loaded = read("zzzz,,5,,\n,QQQ,3,,\nbitcoin,,0,,", index, keeps=True)
    assert loaded.portfolio.unknown == ("QQQ", "zzzz")
    held = {h.asset_id: (h.quantity, h.symbol) for h in loaded.portfolio.holdings}
    assert held.pop("bitcoin") == (0, "")
    assert held == {"zzzz": (Decimal(5), ""), "QQQ": (Decimal(3), "QQQ")}
    assert loaded.warnings == ("unknown, so valued at zero and never traded: QQQ, zzzz",)


@pytest.mark.parametrize(
    "row", ["SOL,,1,,", ",SOL,1,,", ",solana,1,,", "Solana,,1,,", ",SOLANA,1,,"]
)
def test_it_does_not_matter_in_which_column_a_name_stands(row: str, index: AssetIndex) -> None:
    loaded = read(row, index)
    assert [h.asset_id for h in loaded.portfolio.holdings] == ["solana"]
    assert loaded.warnings == ()


def test_a_row_that_adds_up_the_others_is_left_out_and_said_to_be(index: AssetIndex) -> None:
    loaded = read("solana,,3,,\nTotal:,,4,,", index)
    assert [h.asset_id for h in loaded.portfolio.holdings] == ["solana"]
    assert loaded.warnings == ("Total: (line 3) adds up the others: not read as a holding",)


def test_a_total_that_is_mapped_is_a_holding(index: AssetIndex) -> None:
    assert read("Total,,3,,", index, TOTAL="solana").portfolio.holdings[0].asset_id == "solana"


def test_a_security_token_without_a_price_is_said_to_be_worth_nothing_yet(
    index: AssetIndex,
) -> None:
    text = b'[[holdings]]\nasset = "acme"\nkind = "security_token"\nquantity = 1\n'
    (warning,) = load(text, source="c.toml", index=index).warnings
    assert warning == "acme has no price, so it is valued at zero: state one"


def test_another_currency_is_named_as_one(problems: Problems) -> None:
    assert problems("asset,quantity\nEUR,1", source="c.csv") == [
        'line 2   "EUR" is a currency, and this portfolio counts in usd; write what it is worth in '
        "usd as cash"
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
    loaded = read("bitcon,,1,,\ncash,,1,,", index, bitcon="bitcon")
    assert loaded.portfolio.unknown == ("bitcon",)


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


@pytest.mark.parametrize(
    "row",
    [
        "cash,,7,,",
        "usd,,7,,",
        ",USD,7,,",
        "Cash,,7,,",
        ",cash,7,,",
        "US Dollar,,7,,",
        "$,,7,,",
        "ZUSD,,7,,",
    ],
)
def test_the_currency_is_cash(row: str, index: AssetIndex) -> None:
    loaded = read(row, index).portfolio
    assert (loaded.cash, loaded.holdings) == (Decimal(7), ())


def test_very_many_strange_names_do_not_cost_very_much(problems: Problems) -> None:
    big = AssetIndex(Asset(f"asset-number-{i}", f"A{i}", "A") for i in range(17_000))
    rows = "".join(f"zzz{i}qq,1\n" for i in range(9_000))
    with pytest.raises(InputError) as caught:
        load(f"asset,quantity\n{rows}".encode(), source="c.csv", index=big)
    first, last = caught.value.problems[0], caught.value.problems[-1]
    assert str(first).endswith('asset "zzz0qq" is unknown')
    assert str(caught.value.problems[-2]).endswith("is unknown, as too many others are")
    assert str(last) == "and 8,000 more problems"
