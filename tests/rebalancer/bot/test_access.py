"""Who is let in, and how often they are answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.bot.access import MOST, MOST_OF_STRANGERS, PER, RequestLimiter

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
ANN = 7


@pytest.mark.parametrize(("is_linked", "most"), [(True, MOST), (False, MOST_OF_STRANGERS)])
def test_so_many_are_answered_in_a_minute_and_then_it_is_said_when_again(
    *, is_linked: bool, most: int
) -> None:
    limiter = RequestLimiter()
    heard = [limiter.refuses(ANN, NOW, is_linked=is_linked) for _ in range(most)]
    assert heard == [None] * most
    later = NOW + timedelta(seconds=20)
    refusal = limiter.refuses(ANN, later, is_linked=is_linked)
    assert refusal is not None
    assert refusal.is_first
    assert refusal.text == f"That was {most} in a minute: ask again in 40 seconds"
    assert limiter.refuses(ANN, NOW + PER, is_linked=is_linked) is None


@given(st.lists(st.floats(0, 20), min_size=200, max_size=400))
def test_nobody_is_left_without_a_word_for_longer_than_a_minute(pauses: list[float]) -> None:
    limiter, now, heard = RequestLimiter(), NOW, NOW
    for pause in pauses:
        now += timedelta(seconds=pause / 20)
        refusal = limiter.refuses(ANN, now, is_linked=True)
        if refusal is None or refusal.is_first:
            heard = now
        assert now - heard < PER


def test_a_clock_that_was_ahead_silences_nobody() -> None:
    limiter = RequestLimiter()
    for _ in range(MOST + 1):
        limiter.refuses(ANN, NOW + timedelta(days=1), is_linked=True)
    assert limiter.refuses(ANN, NOW, is_linked=True) is None
