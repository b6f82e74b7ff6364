from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.loaders.number_parsing import (
    in_percent,
    parse_fraction,
    parse_money,
    parse_quantity,
    total,
)

FRACTIONS = st.decimals(0, 1, places=28, allow_nan=False) | st.decimals(0, 1, places=2)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("35%", "0.35"),
        (" 12.5 % ", "0.125"),
        ("0.2%", "0.002"),
        (Decimal("0.35"), "0.35"),
        ("0.35", "0.35"),
        (".5", "0.5"),
        (0.1, "0.1"),
        (0, "0"),
        ("0", "0"),
        ("1.0", "1"),
        ("100%", "1"),
    ],
)
def test_a_percentage_or_a_fraction_is_read_exactly(written: object, meant: str) -> None:
    assert parse_fraction(written) == Decimal(meant)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (35, '35 is not a percentage; write "35%" or 0.35'),
        ("35", '"35" is not a percentage; write "35%" or 0.35'),
        (1, '1 may mean 1% or 100%; write "1%" or "100%"'),
        ("120%", '"120%" is over 100%'),
        ("-5%", '"-5%" is negative'),
        (Decimal("-0.1"), "-0.1 is negative"),
        ("%", '"" is not a number'),
        (True, "true is not a number"),
        (float("nan"), "nan is not a number that can be used"),
        (None, "nothing is not a number"),
    ],
)
def test_what_could_be_misread_as_a_percentage_is_refused(written: object, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_fraction(written)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("abc", '"abc" is not a number'),
        ("", '"" is not a number'),
        (False, "false is not a number"),
        ("-1", '"-1" is negative'),
        (Decimal("NaN"), "NaN is not a number that can be used"),
        (Decimal("-Infinity"), "-Infinity is not a number that can be used"),
        ("nan", '"nan" is not a number'),
        ("1,234.5", '"1,234.5" has a separator; write digits and a decimal point only'),
        ("0,42", '"0,42" has a separator; write digits and a decimal point only'),
        ("1 000", '"1 000" has a separator; write digits and a decimal point only'),
        ("1e19", '"1e19" is too large; the most is 1 followed by 18 zeros'),
        ("1e999999999", '"1e999999999" is too large; the most is 1 followed by 18 zeros'),
        ("1e" + "9" * 30, f'"1e{"9" * 30}" is not a number that can be used'),
        ("1000000000000000000.5", '"1000000000000000000.5" is too large; the most is 1 followed by '
         "18 zeros"),
        ("1e-31", '"1e-31" has more than 30 digits'),
        ("0." + "1" * 31, f'"0.{"1" * 31}" has more than 30 digits'),
        ({}, "a table is not a number"),
        ("٣", '"٣" is not a number'),
        ("0x10", '"0x10" is not a number'),
        ([], "a list is not a number"),
    ],
)  # fmt: skip
def test_a_quantity_that_cannot_be_meant_is_refused(written: object, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_quantity(written)
    assert str(caught.value) == sentence


def test_a_number_too_long_to_be_written_out_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a huge number is too large"):
        parse_quantity(10**5000)


def test_a_long_quantity_is_quoted_shortened() -> None:
    with pytest.raises(ValueError, match=r"^\"9{37}\.\.\.\" has more than 30 digits$"):
        parse_quantity("9" * 5000)


def test_numbers_at_the_limits_are_taken_as_they_are() -> None:
    assert parse_quantity("1000000000000000000") == 10**18
    assert str(parse_quantity("0.000000000000000001")) == "1E-18"
    assert parse_quantity(" +3 ") == 3
    assert str(parse_quantity("-0")) == "0"
    exact = "123456789012345678.901234567891"
    assert str(parse_quantity(exact)) == exact


def test_money_takes_no_currency_sign() -> None:
    with pytest.raises(ValueError, match="has a currency sign; write the bare number"):
        parse_money("$25")
    assert parse_money("25") == 25


@given(FRACTIONS)
def test_a_percentage_written_out_reads_back_exactly(fraction: Decimal) -> None:
    assert parse_fraction(in_percent(fraction)) == fraction


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.decimals())
def test_any_value_is_either_a_usable_number_or_refused(value: object) -> None:
    for parse in (parse_quantity, parse_money, parse_fraction):
        outcome = read_or_refused(parse, value)
        if isinstance(outcome, Decimal):
            assert outcome.is_finite()
            assert 0 <= outcome <= 10**18
        else:
            assert outcome.isprintable()


def read_or_refused(parse: Callable[[object], Decimal], value: object) -> Decimal | str:
    try:
        return parse(value)
    except ValueError as error:
        return str(error)


def test_sums_are_not_rounded() -> None:
    small = Decimal("1E-30")
    assert Decimal(10**18) + small == 10**18  # the usual context rounds
    assert format(total([Decimal(10**18), small]), "f").endswith("0" * 29 + "1")
