from __future__ import annotations

from decimal import Decimal

import pytest

from portfolios.loaders.exchanges.amounts import (
    AmbiguousNumberError,
    Notation,
    notation_of,
    parse_amount,
)

POINT, COMMA, ASKED = Notation("."), Notation(","), Notation(None, None)


@pytest.mark.parametrize(
    ("cell", "notation", "number", "unit"),
    [
        ("0.05", ASKED, "0.05", ""),
        ("-$1,234.50", ASKED, "-1234.50", ""),
        ("$-5", ASKED, "-5", ""),
        ("($5.25)", ASKED, "-5.25", ""),
        ("−3", ASKED, "-3", ""),
        ("1.234,50 €", ASKED, "1234.50", ""),
        ("1'234'567.5", ASKED, "1234567.5", ""),
        ("1 234,5", ASKED, "1234.5", ""),
        ("1\u202f234,5", ASKED, "1234.5", ""),
        ("1,234,567", ASKED, "1234567", ""),
        ("0.0500000000BTC", ASKED, "0.0500000000", "BTC"),
        ("1.00000000 ETH", ASKED, "1.00000000", "ETH"),
        ("89,162.28 SEK", ASKED, "89162.28", "SEK"),
        ("1E-8", ASKED, "1E-8", ""),
        ("0E-18", ASKED, "0E-18", ""),
        ("1,5E-8", ASKED, "1.5E-8", ""),
        ('="0.5"', ASKED, "0.5", ""),
        ("USD 12", ASKED, "12", ""),
        ("1.000", POINT, "1.000", ""),
        ("1.000", COMMA, "1000", ""),
        ("1,000", POINT, "1000", ""),
        ("0.123", ASKED, "0.123", ""),
        ("1234.567", ASKED, "1234.567", ""),
    ],
)
def test_an_amount_is_read_exactly(cell: str, notation: Notation, number: str, unit: str) -> None:
    assert parse_amount(cell, notation) == (Decimal(number), unit)


@pytest.mark.parametrize("cell", ["", " ", "-", "–", "n/a", "NaN"])
def test_an_empty_cell_is_no_amount(cell: str) -> None:
    assert parse_amount(cell, POINT) is None


@pytest.mark.parametrize(
    "cell",
    ["abc", "1.2.3", "1,23,4", "=1+1", "0x10", "1e999999", "9" * 200, "--5", "1..5", "12:30", "1 2",
     "inf", "2024-01-01", "1.234.56,7", "1,5,", "\u0661"],
)  # fmt: skip
def test_what_is_no_number_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_amount(cell, POINT)
    assert not isinstance(caught.value, AmbiguousNumberError)


@pytest.mark.parametrize("cell", ["1.000", "12,345", "-$1.000", "1,000USDT"])
def test_what_may_be_one_or_a_thousand_is_asked_about(cell: str) -> None:
    with pytest.raises(AmbiguousNumberError, match="--decimal point or --decimal comma"):
        parse_amount(cell, ASKED)


@pytest.mark.parametrize(
    ("cells", "delimiter", "decimal", "usual"),
    [
        (["0,5", "1.000"], ";", ",", None),
        (["0.5", "1,000"], ";", ".", None),
        (["1.234.567"], ";", ",", None),
        (["1.000"], ";", None, None),
        (["1.000"], ",", None, "."),
        (["0,5", "0.5"], ";", None, None),
        (["3,822.5USDT"], ",", ".", "."),
    ],
)
def test_the_other_amounts_of_a_file_tell_its_decimal_character(
    cells: list[str], delimiter: str, decimal: str | None, usual: str | None
) -> None:
    assert notation_of(cells, delimiter=delimiter, stated=None) == Notation(decimal, usual)


def test_what_the_user_says_of_the_decimal_character_counts() -> None:
    assert notation_of(["0.5"], delimiter=",", stated="comma") == Notation(",")
