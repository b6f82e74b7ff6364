from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from portfolios.loaders import load
from portfolios.model.assets import AssetIndex
from portfolios.model.portfolio import Holding, Lock, LockKind, Lot, StatedPrice

Problems = Callable[..., list[str]]


def holdings(text: str, index: AssetIndex, as_of: date | None = None) -> tuple[Holding, ...]:
    return load(text.encode(), source="c.csv", index=index, as_of=as_of).portfolio.holdings


def test_every_column_is_read(index: AssetIndex) -> None:
    text = (
        "Asset,QUANTITY, sector ,price,price_as_of,cost,lock,until,reason,account\n"
        'bitcoin,0.42,,,,18000,frozen,2027-03-01,"cold, far",ledger\n'
        "house,2,rwa,12.5,2026-11-01,,,,,\n"
        "cash,500,,,,,,,,\n"
    )
    loaded = load(text.encode(), source="my coins.csv", index=index)
    assert loaded.portfolio.name == "my coins"
    assert loaded.portfolio.cash == 500
    assert loaded.portfolio.targets is None
    assert loaded.portfolio.holdings == (
        Holding(
            "bitcoin",
            Decimal("0.42"),
            lots=(Lot(Decimal("0.42"), Decimal(18000)),),
            locks=(Lock(LockKind.FROZEN, date(2027, 3, 1), "cold, far"),),
            account="ledger",
        ),
        Holding(
            "house",
            Decimal(2),
            stated=StatedPrice(Decimal("12.5"), date(2026, 11, 1)),
            sector="rwa",
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        "symbol;quantity\nBTC;1\n",
        '"Symbol","Quantity"\r\n"BTC","1"\r\n',
        "\ufeffsymbol,quantity\nbtc,1",
        "\n\nquantity,symbol\n\n1,BTC\n,\n",
        "quantity,symbol\r1,BTC\r",
        "asset,symbol,quantity\n,BTC,1\n",
        "coin,amount\nBTC,1\n",
        "Ticker;Balance\nBTC;1,0\n",
        "Currency\tQty\nBTC\t1\n",
        "sep=;\nsymbol;quantity\nBTC;1\n",
        "sep=\t\nsymbol\tquantity\nBTC\t1\n",
        "symbol,quantity\nBTC,1\nTotal,1\n",
        "asset,symbol,quantity\nbitcoin,BTC,1\n",
    ],
)
def test_the_usual_dialects_are_understood(text: str, index: AssetIndex) -> None:
    (held,) = holdings(text, index)
    assert (held.asset_id, held.quantity) == ("bitcoin", 1)


def test_a_price_without_a_date_is_of_the_day_of_the_import(index: AssetIndex) -> None:
    today = date(2026, 11, 22)
    (held,) = holdings("asset,quantity,price\nhouse,1,10\n", index, today)
    assert held.stated == StatedPrice(Decimal(10), today)


def test_a_column_that_means_nothing_here_is_named_and_passed_over(index: AssetIndex) -> None:
    text = b"asset,quantity,market value\nbitcoin,1,60000\n"
    assert load(text, source="c.csv", index=index).warnings == (
        'column market value is not read',
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("asset,quantity\nbitcoin,abc", ['line 2   quantity "abc" is not a number']),
        ("asset,quantity\nbitcoin,", ["line 2   quantity is missing"]),
        ("asset,quantity\nbitcoin", ["line 2   quantity is missing"]),
        ("asset,quantity\n,3", ["line 2   a holding needs asset or symbol"]),
        ("asset,quantity\nbitcoin,-3", ['line 2   quantity "-3" is negative']),
        ("asset,quantity\nbitcoin,NaN", ['line 2   quantity "NaN" is not a number']),
        ("asset,quantity\nbitcoin,1e40", ['line 2   quantity "1e40" is too large; the most is 1 '
         "followed by 18 zeros"]),
        ("asset;quantity\nbitcoin;1.000", ['line 2   "1.000" may be 1.000 or 1000: say which with '
         "--decimal point or --decimal comma"]),
        ('asset,quantity\nbitcoin,"1,000"', ['line 2   "1,000" may be 1.000 or 1000: say which '
         "with --decimal point or --decimal comma"]),
        ("asset;quantity\nbitcoin;1.00.5", ['line 2   quantity "1.00.5" is not a number']),
        ("asset,quantity\nbitcoin,0,5", ["line 2   3 cells under 2 columns; is a decimal comma "
         "among them?"]),
        ("asset,quantity\nbitcon,3", ['line 2   asset "bitcon" is unknown; did you mean bitcoin?']),
        ("asset,quantity\nbitcoin,3\nsolana,2\nbitcoin,4", ["line 4   bitcoin stands twice (lines "
         "2 and 4): give each an account of its own, or write one"]),
        ('asset,quantity,reason,lock\nbitcoin,3,"two\nlines",frozen\nbitcon,1,,', ['line 4   asset '
         '"bitcon" is unknown; did you mean bitcoin?']),
        ("asset,quantity,lock\nbitcoin,3,frosen", ['line 2   lock "frosen" is not one of frozen, '
         "no_sell, no_buy; did you mean frozen?"]),
        ("asset,quantity,until\nbitcoin,3,2027-01-01", ["line 2   until stands without a lock"]),
        ("asset,quantity,cost\nbitcoin,3,-1", ['line 2   cost "-1" is negative']),
        ("asset,quantity,price\nbitcoin,3,1", ["line 2   a price needs its date: add price_as_of"]),
        ("asset,quantity,acount\nbitcoin,3,1", ["line 1   column acount is unknown; did you mean "
         "account?"]),
        ("asset,quantity,quantity\nbitcoin,3,1", ["line 1   column quantity stands twice"] * 2),
        ("\nasset,amount,balance\nbitcoin,3,4", ["line 2   column amount is unknown; did you mean "
         "quantity?", "line 2   column balance is unknown; did you mean quantity?",
         "line 2   the header needs quantity, and asset or symbol; e.g. asset,quantity"]),
        ("date,type,coin,amount\n2024-01-01,buy,BTC,1", ["line 1   this looks like a list of "
         "transactions of a tool that is not known"]),
        ("asset,quantity\n", ["the file has a header but no holdings"]),
        ('asset,quantity\nbitcoin,3\nsolana,"3', ["line 3   not CSV: unexpected end of data"]),
        ("asset,quantity\nbitcoin," + "9" * 140_000, ["line 2   not CSV: field larger than field "
         "limit (131072)"]),
        ("asset,quantity," + "x," * 100_000, ["line 1   more than 100 columns"]),
        ("asset,quantity\n" + "bitcoin,1\n" * 10_001, None),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(
    problems: Problems, text: str, expected: list[str] | None
) -> None:
    found = problems(text, source="c.csv")
    if expected is None:
        assert found[-1] == "line 10002   more than 10,000 holdings"
    else:
        assert found == expected


def test_the_quoted_example_reads_as_shown(problems: Problems) -> None:
    text = "symbol,asset,quantity\nBTC,,1\nETH,,1\nSOL,,abc\n,usd-coin,1\nLUNA,,3\n,bitcon,1\n"
    assert problems(text, source="coins.csv") == [
        'line 4   quantity "abc" is not a number',
        "line 6   symbol LUNA names two assets: terra-luna (Terra Classic, rank 171), "
        "terra-luna-2 (Terra, rank 310); add --map LUNA=terra-luna",
        'line 7   asset "bitcon" is unknown; did you mean bitcoin?',
    ]


def test_columns_are_those_that_the_user_says(index: AssetIndex, problems: Problems) -> None:
    text = "Date,Amount,Free,Coin\n2024-01-01,9,0.5,BTC\n"
    said = {"asset": "Coin", "quantity": "free"}
    (held,) = load(text.encode(), source="c.csv", index=index, columns=said).portfolio.holdings
    assert (held.asset_id, held.quantity) == ("bitcoin", Decimal("0.5"))
    assert problems(text, columns={"asset": "Coin", "quantity": "Fre"}) == [
        "line 1   column fre is unknown; did you mean free?"
    ]
    assert problems(text, columns={"asset": "Coin", "quantiti": "Free"}) == [
        "line 1   column quantiti is unknown; did you mean quantity?"
    ]


@pytest.mark.parametrize(("decimal", "quantity"), [("point", "1"), ("comma", "1000")])
def test_the_decimal_character_is_the_one_that_the_user_says(
    index: AssetIndex, decimal: str, quantity: str
) -> None:
    text = b"asset;quantity\nbitcoin;1.000\n"
    (held,) = load(text, source="c.csv", index=index, decimal=decimal).portfolio.holdings
    assert held.quantity == Decimal(quantity)


def test_the_other_numbers_tell_the_decimal_character(index: AssetIndex) -> None:
    (held, other) = holdings("asset;quantity\nbitcoin;1.000\nsolana;0,5\n", index)
    assert (held.quantity, other.quantity) == (1000, Decimal("0.5"))


def test_the_guard_against_formulas_is_taken_off_again(index: AssetIndex) -> None:
    text = "asset,quantity,account\nbitcoin,1,'=cold\nsolana,1,'tis mine\n"
    assert [held.account for held in holdings(text, index)] == ["=cold", "'tis mine"]
