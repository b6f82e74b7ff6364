"""Shares of reasons that are shown add up to the whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.texts.reason_shares import OTHER, shown_reasons, whole_percents
from portfolios.model.plan import Reason, ReasonKind

SHARES = st.lists(st.integers(1, 1000), min_size=1, max_size=6)


def reasons(shares: list[float]) -> list[Reason]:
    return [Reason(ReasonKind.DRIFT, share, f"reason {i}") for i, share in enumerate(shares)]


@settings(max_examples=200)
@given(SHARES, st.integers(1, 3), st.integers(0, 300))
def test_shown_shares_add_up_whatever_is_named(sizes: list[int], most: int, left: int) -> None:
    whole = sum(sizes) + left
    ordered = sorted((round(size / whole, 4) for size in sizes), reverse=True)
    shown = shown_reasons(reasons(ordered), most)
    assert abs(sum(int(share.rstrip("%")) for _, share in shown) - 100) <= 0
    assert [text for text, _ in shown if text != OTHER] == [
        f"reason {i}" for i in range(min(most, len(sizes)))
    ]


@settings(max_examples=200)
@given(SHARES)
def test_a_percent_is_never_a_whole_point_off(sizes: list[int]) -> None:
    shares = [size / sum(sizes) for size in sizes]
    percents = whole_percents(shares)
    assert sum(percents) == 100
    assert all(abs(p - 100 * s) < 1 for p, s in zip(percents, shares, strict=True))


def test_one_reason_is_the_whole_and_names_no_other() -> None:
    assert shown_reasons(reasons([1.0])) == [("reason 0", "100%")]
    assert shown_reasons(reasons([0.999])) == [("reason 0", "100%")]
    assert shown_reasons(reasons([0.6, 0.3])) == [
        ("reason 0", "60%"), ("reason 1", "30%"), (OTHER, "10%"),
    ]  # fmt: skip
