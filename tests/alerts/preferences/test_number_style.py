"""Numbers as a person likes them, and everything that only looks like one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.preferences.number_style import SIGNS, Numbers, rewritten
from alerts.render.clean import clean
from portfolios.values import display

OTHERS = [Numbers.POINT, Numbers.SPACE, Numbers.APOSTROPHE]
AMOUNTS = st.decimals(min_value=0, max_value=10**15, places=2)


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        (Numbers.COMMA, "-$1,234,567 and 7.2% of 1,234.50 CHF"),
        (Numbers.POINT, "-$1.234.567 and 7,2% of 1.234,50 CHF"),
        (Numbers.SPACE, "-$1\u00a0234\u00a0567 and 7.2% of 1\u00a0234.50 CHF"),
        (Numbers.APOSTROPHE, "-$1'234'567 and 7.2% of 1'234.50 CHF"),
    ],
)
def test_each_way_has_its_signs(numbers: Numbers, shown: str) -> None:
    assert rewritten("-$1,234,567 and 7.2% of 1,234.50 CHF", numbers) == shown


@pytest.mark.parametrize(
    "text",
    [
        "22 Nov 2026 09:00 UTC, 2026-11-22T09:00:00Z, week 2026-W47",
        "5/25 and 0.5/1.2",
        "rebalancer 1.2.3 on Python v3.11.9",
        "ann.1.5@example.com, https://example.com/1.5",
        "/alert price bitcoin > 100000.5",
        "/rebalance core cash=12.5",
        "cash=12.5",
        "price bitcoin >= 91,234.50",
        "plan 1234.5abc",
        "token v1.5, 1INCH, 3.5x, layer1",
        "3 trades, 12345 of them",
    ],
)
@pytest.mark.parametrize("numbers", OTHERS)
def test_what_is_no_plain_number_stays_as_it_is(text: str, numbers: Numbers) -> None:
    assert rewritten(text, numbers) == text


def test_a_rule_stays_as_written_and_what_it_compares_does_not() -> None:
    told = rewritten("price bitcoin > 1,000.5: it is 101,000.25 now", Numbers.POINT)
    assert told == "price bitcoin > 1,000.5: it is 101.000,25 now"


@given(AMOUNTS, st.sampled_from(OTHERS), st.sampled_from(["usd", "eur", "chf"]))
def test_every_figure_reads_back_to_itself(
    amount: Decimal, numbers: Numbers, currency: str
) -> None:
    group, point = SIGNS[numbers]
    for figure in (display.money(amount, currency), display.price(amount + 1, currency)):
        shown = rewritten(f"worth {figure}, of it {display.percent(0.0725)}", numbers)
        whole, _, _ = shown.removeprefix("worth ").rpartition(", of it ")
        back = whole.replace(group, "G").replace(point, ".").replace("G", ",")
        assert back == figure
        assert shown.endswith(f"7{point}2%")


def test_a_number_stays_on_one_line_and_a_space_elsewhere_is_a_space() -> None:
    told = rewritten("$1,234,567", Numbers.SPACE)
    assert clean(told) == told
    assert clean("a\u00a0\u00a0b \u00a01\u00a0") == "a b 1"
