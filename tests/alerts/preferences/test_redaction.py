"""Amounts are hidden whatever stands around them."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alerts.preferences.redaction import HIDDEN, hidden, hidden_cell
from portfolios.values import display
from portfolios.values.canonical import plain

CASES = [200, pytest.param(10_000, marks=pytest.mark.campaign)]
WORDS = ("core:", "sells", "price", "grade", "aims as", "plan", "id is", "over", "/status",
         "Value now", "price bitcoin >", "cost about", "drift", "bets as", "was RED", "core =",
         "weight bitcoin >=", "/rebalance cash")  # fmt: skip
LETTERS = st.characters(exclude_categories=("Nd", "Nl", "No", "Cs"))
AROUND = st.one_of(st.text(LETTERS, max_size=20), st.sampled_from(WORDS))
BETWEEN = st.sampled_from([" ", ": ", " (", ", ", "\n", " = ", "=", "\u00a0", " > ", " -> "])
AFTER = st.sampled_from(["", " ", ".", ", ", ")", " days", " %", " since", ": it is", " (SOL)"])
CURRENCIES = st.one_of(
    st.sampled_from(["usd", "eur", "gbp", "jpy", "chf"]),
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=3),
)
SIZES = st.one_of(
    st.decimals(min_value=0, max_value=10**4, places=2),
    st.decimals(min_value=0, max_value=10**15, places=8),
)
SYMBOLS = st.sampled_from(["BTC", "stETH", "1INCH", "$WIF", "USDC.e", "比特", "Ether"])


@pytest.mark.parametrize("count", CASES)
def test_no_digit_of_any_amount_of_money_is_left(count: int) -> None:
    @settings(max_examples=count, deadline=None)
    @given(AROUND, BETWEEN, SIZES, CURRENCIES, st.booleans(), st.booleans(), AFTER, AROUND)
    def holds(
        before: str,
        between: str,
        size: Decimal,
        currency: str,
        is_lost: bool,
        is_price: bool,
        after: str,
        rest: str,
    ) -> None:
        amount = -size if is_lost else size
        money = display.money(amount, currency, signed=True)
        figure = display.price(size, currency) if is_price else money
        text = f"{before}{between}{figure}{after}{rest}"
        assume(not text.startswith("price "))  # the price of a token, which everybody knows
        left = hidden(text)
        assert not re.search(r"\d", left), (text, left)
        assert HIDDEN in left

    holds()


@pytest.mark.parametrize("count", CASES)
def test_no_digit_of_any_quantity_is_left(count: int) -> None:
    @settings(max_examples=count, deadline=None)
    @given(AROUND, SIZES, SYMBOLS, st.sampled_from(["buy", "sell"]), AROUND)
    def holds(before: str, size: Decimal, symbol: str, side: str, rest: str) -> None:
        quantity, whole = display.quantity(size), plain(size)
        named = symbol.replace("1INCH", "INCH") if symbol == "1INCH" else symbol
        for text in (
            f"{before} {side} {quantity} {symbol} at {rest}",
            f"{before} {quantity} {symbol} {rest}",
            f"{before}: {whole} -> {whole}",
            f"{named}: {whole} (new)",
            f"cash: {whole} -> {whole}",
            f"{before} cash={whole}",
        ):
            assume(not text.startswith("price ") and "/" not in before)
            left = hidden(text).replace("1INCH", "")
            assert not re.search(r"\d", left), (text, left)

    holds()


@pytest.mark.parametrize("count", CASES)
def test_a_rule_about_the_value_tells_neither_its_level_nor_the_value(count: int) -> None:
    @settings(max_examples=count, deadline=None)
    @given(SIZES, SIZES, st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from(["", " "]))
    def holds(level: Decimal, value: Decimal, sign: str, gap: str) -> None:
        rule = f"value{gap}{sign}{gap}{plain(level)}"
        for text in (f"{rule}: it is {float(value):,.6g} now", f"core: {rule} is true", rule):
            assert not re.search(r"\d", hidden(text)), (text, hidden(text))

    holds()


@pytest.mark.parametrize(
    "before",
    ["on 22 Nov 2026 09:00 UTC", "on 5 Mar", "2026-11-22", "12:30", "5/25", "id is", "7.2%",
     "grade 71", "aims as", "layer1", "plan 012345679ab", "price bitcoin > 5",
     "/rebalance cash=5", "+1.2 (+3.4%)", "1.2 days"],
)  # fmt: skip
@pytest.mark.parametrize("figure", ["$8,888.88", "-8.88 CHF", "88,888 XYZ", "0.0888 stETH"])
def test_what_may_stay_takes_no_amount_with_it(before: str, figure: str) -> None:
    for between in (" ", ", ", " -> "):
        assert "8" not in hidden(f"{before}{between}{figure}")


@pytest.mark.parametrize(
    "text",
    [
        "core: drift 7.2% (limit 5%). 3 trades",
        "22 Nov 2026 09:00 UTC, 2026-11-22T09:00:00Z, week 2026-W47, 1 Mar 2026",
        "quiet hours 22:00 to 07:00, within 5/25",
        "price bitcoin > 100000: it is 101,000 now",
        "weight bitcoin >= 12.5%: it is 0.13 now",
        "price $91,234.50",
        "SOL short grade 71 -> 83",
        "the weight was 5%, is 7.5%; 5% -> 7.5%; 09:00 -> 10:30, 2026-11-22 -> 2026-11-23",
        "as concentrated as 4.2 equal positions; the aims as 5.1",
        "selling it takes 12.3 days at a tenth of the daily volume, 2.31 times the usual",
        "SOL +1.2 (+3.4%)",
        "plan 0123456789ab, budget 8 a day, 48 hours",
        "Your id is 123456789; this chat's id is -100123456789",
        "/rebalance cash=500 /alert price bitcoin > 100000",
        "layer1 and core2",
    ],
)
def test_what_is_no_amount_stays(text: str) -> None:
    assert hidden(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "holdings changed since plan 0123456789ab: bitcoin was 8, is 88; cash was 888, is 88",
        "holdings changed: bitcoin was 0, is 8",
        "BTC 8 -> 88",
        "BTC 8 -> none",
        "BTC: 8 -> 88 BTC",
        "BTC 8 BTC -> 88",
        "grade of BTC, 8 -> 88",
    ],
)
def test_a_change_of_bare_whole_numbers_is_hidden(text: str) -> None:
    left = hidden(text)
    assert "8" not in left.replace("0123456789ab", "")
    assert HIDDEN in left


@pytest.mark.parametrize("count", CASES)
def test_no_digit_of_a_change_between_whole_numbers_is_left(count: int) -> None:
    @settings(max_examples=count, deadline=None)
    @given(st.integers(0, 10**6), st.integers(0, 10**6), SYMBOLS)
    def holds(was: int, now: int, symbol: str) -> None:
        named = symbol.replace("1INCH", "INCH")
        for text in (f"{named} was {was}, is {now}", f"{named} {was} -> {now}"):
            assert not re.search(r"\d", hidden(text)), (text, hidden(text))

    holds()


def test_some_columns_hold_nothing_but_amounts() -> None:
    assert hidden_cell("value>", "12") == HIDDEN
    assert hidden_cell("quantity>", "3") == HIDDEN
    assert hidden_cell("value>", "3.5%") == "3.5%"
    assert hidden_cell("value>", "unknown") == "unknown"
    assert hidden_cell("price>", "$91,234.50") == "$91,234.50"
    assert hidden_cell("asset", "sell SOL") == "sell SOL"


@given(st.text(max_size=200))
def test_hiding_twice_hides_nothing_more(text: str) -> None:
    once = hidden(text)
    assert hidden(once) == once
