from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portfolios.marketdata.sector_choice import SectorChoice, read_again


def read(*found: str) -> SectorChoice | None:
    choice = None
    for sector in found:
        choice = read_again(choice, sector)
    return choice


def test_the_first_reading_counts_at_once() -> None:
    assert read("defi") == SectorChoice("defi")


def test_a_change_needs_two_readings_in_a_row() -> None:
    assert read("defi", "ai") == SectorChoice("defi", "ai")
    assert read("defi", "ai", "ai") == SectorChoice("ai")
    assert read("defi", "ai", "defi", "ai") == SectorChoice("defi", "ai")
    assert read("defi", "ai", "meme") == SectorChoice("defi", "meme")


@given(st.lists(st.sampled_from(["defi", "ai", "meme"]), min_size=2))
def test_the_sector_in_force_was_read_first_or_twice_in_a_row(found: list[str]) -> None:
    before, after = read(*found[:-1]), read(*found)
    assert before is not None
    assert after is not None
    if after.sector != before.sector:
        assert found[-1] == found[-2] == after.sector
