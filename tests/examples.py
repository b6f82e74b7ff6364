"""How many examples a property is tried on: a few always, many in a campaign."""

from __future__ import annotations

from typing import Any

import pytest


def examples(*, always: int, campaign: int) -> list[Any]:
    """Return the two cases of a test that is parametrized with its number of examples.

        @pytest.mark.parametrize("count", examples(always=50, campaign=2000))
        def test_a_property(count: int) -> None:
            @settings(max_examples=count)
            @given(...)
            def holds(...): ...

            holds()

    Args:
        always: in every run; enough to fail once the property is broken as such.
        campaign: under `pytest -m campaign`.
    """
    return [always, pytest.param(campaign, marks=pytest.mark.campaign)]
