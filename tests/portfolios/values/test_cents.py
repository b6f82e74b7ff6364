"""Parts in cents add up to their total in cents, whatever they are."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.values.cents import CENT, in_cents, to_cents

AMOUNTS = st.lists(
    st.decimals(-(10**9), 10**9, places=12, allow_nan=False, allow_infinity=False), max_size=12
)


@settings(max_examples=300)
@given(AMOUNTS)
def test_parts_add_up_to_the_exact_total_in_cents(amounts: list[Decimal]) -> None:
    shown = in_cents(amounts)
    exact = sum(map(Fraction, amounts), Fraction(0))
    assert sum(shown, Decimal(0)) == Decimal(round(exact * 100)) / 100
    assert all(
        abs(Fraction(s) - Fraction(a)) < Fraction(1, 100)
        for s, a in zip(shown, amounts, strict=True)
    )
    assert all(part == part.quantize(CENT) for part in shown)


@settings(max_examples=100)
@given(AMOUNTS)
def test_what_is_whole_cents_stays_as_it_is(amounts: list[Decimal]) -> None:
    whole = [to_cents(amount) for amount in amounts]
    assert list(in_cents(whole)) == whole


def test_the_missing_cents_go_where_rounding_took_most() -> None:
    parts = [Decimal("1.001"), Decimal("1.009"), Decimal("-2.005")]
    assert in_cents(parts) == (Decimal("1.00"), Decimal("1.01"), Decimal("-2.01"))
    assert in_cents([Decimal("0.005")] * 3) == (Decimal("0.01"), Decimal("0.01"), Decimal("0.00"))


def test_numbers_of_any_length_are_not_cut() -> None:
    long = Decimal("1" * 80 + "." + "3" * 80)
    assert in_cents([long, -long, Decimal("0.01")])[2] + 0 == Decimal("0.01")
    assert sum(in_cents([long, -long]), Decimal(0)) == 0
