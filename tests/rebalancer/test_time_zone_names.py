"""Names of time zones as people write them, by one rule for the settings and for everybody."""

from __future__ import annotations

from zoneinfo import available_timezones

import pytest

from rebalancer.settings.checks import NOT_MEANT, time_zone

ZONES = sorted({*available_timezones(), "UTC"} - NOT_MEANT)


def test_every_zone_is_known_in_any_case_and_with_spaces() -> None:
    for zone in ZONES:
        for written in (zone, zone.lower(), f" {zone.title()} ", zone.replace("_", " ")):
            assert time_zone(written).lower() == zone.lower()
            assert time_zone(written) in ZONES


@pytest.mark.parametrize(
    ("written", "zone"),
    [("utc", "UTC"), (" Gmt", "GMT"), ("america / new  york", "America/New_York"), ("UTC ", "UTC")],
)
def test_case_and_spaces_do_not_matter(written: str, zone: str) -> None:
    assert time_zone(written) == zone


@pytest.mark.parametrize(
    "written",
    ["EST", "mst", "HST", "CEST", "cest", "IST", "BST", "PST", "PDT", "JST", "AEST", "ACWST", "WAT",
     "MSK", "EDT",
     "UTC+2", "GMT+02:00", "+02:00", "2", "", "localtime", "Factory", "Europe"],
)  # fmt: skip
def test_an_abbreviation_or_an_offset_suggests_no_zone(written: str) -> None:
    with pytest.raises(ValueError, match="no time zone is called so; write it like Europe/Berlin"):
        time_zone(written)


@pytest.mark.parametrize(
    ("written", "zone"),
    [("Europe/Berln", "Europe/Berlin"), ("berlin", "Europe/Berlin"), ("Rome", "Europe/Rome"),
     ("new york", "America/New_York"), ("Tokio", "Asia/Tokyo")],
)  # fmt: skip
def test_a_slip_or_a_city_suggests_its_zone(written: str, zone: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean {zone}?"):
        time_zone(written)
