from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from portfolios.loaders.value_parsing import (
    one_of,
    parse_country,
    parse_currency,
    parse_date,
    parse_days,
    parse_flag,
    parse_lines,
    parse_sector,
    parse_text,
    parse_transferable,
)
from portfolios.model.portfolio import LockKind


@pytest.mark.parametrize(
    ("parse", "written", "meant"),
    [
        (parse_text, "  Käse 🚀 ", "Käse 🚀"),
        (parse_lines, "one\n\ttwo", "one\n\ttwo"),
        (parse_sector, "RWA", "rwa"),
        (parse_currency, "EUR", "eur"),
        (parse_country, "de", "DE"),
        (parse_date, date(2027, 3, 1), date(2027, 3, 1)),
        (parse_date, "2027-03-01", date(2027, 3, 1)),
        (parse_days, "30d", 30),
        (parse_flag, True, True),
        (parse_transferable, "unknown", None),
        (parse_transferable, False, False),
        (one_of(LockKind), "No_Sell", LockKind.NO_SELL),
    ],
)
def test_a_value_is_read(parse: Callable[[object], object], written: object, meant: object) -> None:
    assert parse(written) == meant


@pytest.mark.parametrize(
    ("parse", "written", "sentence"),
    [
        (parse_text, 3, "3 is not text; put it in quotes"),
        (parse_text, " ", '" " is empty'),
        (parse_text, "x" * 501, f'"{"x" * 37}..." is longer than 500 characters'),
        (parse_text, "a\x1b[31m", '"a\\x1b[31m" has the control character U+001B'),
        (parse_text, "a\u202eb", '"a\\u202eb" has the invisible character U+202E'),
        (parse_text, "a\ud800", '"a\\ud800" has the control character U+D800'),
        (parse_text, "one\ntwo", '"one\\ntwo" has the control character U+000A'),
        (parse_lines, "one\x00two", '"one\\x00two" has the control character U+0000'),
        (parse_sector, "real estate", '"real estate" is not a sector; use letters, digits and _'),
        (parse_currency, "usdt", '"usdt" is not a currency; write three letters, as "usd"'),
        (parse_country, "Germany", '"Germany" is not a country; write two letters, as "DE"'),
        (parse_date, datetime(2027, 3, 1), "2027-03-01 00:00:00 is not a date; write it as "
         "2027-03-01"),
        (parse_date, "01.03.2027", '"01.03.2027" is not a date; write it as 2027-03-01'),
        (parse_date, "2027-02-30", '"2027-02-30" is no day of the calendar'),
        (parse_date, "20270301", '"20270301" is not a date; write it as 2027-03-01'),
        (parse_days, 30, '30 is not a number of days; write it as "30d"'),
        (parse_days, "0d", '"0d" is outside 1 to 3650 days'),
        (parse_flag, "yes", '"yes" is neither true nor false'),
        (parse_flag, 1, "1 is neither true nor false"),
        (one_of(LockKind), "frozn", '"frozn" is not one of frozen, no_sell, no_buy; did you mean '
         "frozen?"),
        (one_of(LockKind), 7, "7 is not one of frozen, no_sell, no_buy"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_the_way_to_write_it(
    parse: Callable[[object], object], written: object, sentence: str
) -> None:
    with pytest.raises(ValueError) as caught:
        parse(written)
    assert str(caught.value) == sentence
