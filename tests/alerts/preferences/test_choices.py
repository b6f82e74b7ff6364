"""What reaches whom, where and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import default_ways
from alerts.channels.email.traits import EMAIL
from alerts.channels.telegram.traits import TELEGRAM
from alerts.messages import Kind
from alerts.preferences.choices import (
    URGENT,
    Preferences,
    Route,
    Way,
    next_time,
    quiet_end,
    route,
)
from portfolios.documents.codec import from_json, to_json

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NIGHT = Preferences(quiet_from="22:00", quiet_until="07:00")
BOTH = (EMAIL, TELEGRAM)


def routed(kind: Kind, chosen: Preferences, at: datetime, *, sent: int = 0) -> tuple[Route, ...]:
    return route(
        kind, chosen, default_ways(kind, BOTH), now=at, zone="Europe/Berlin", sent_today=sent
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.ZONE_RED, (Route(TELEGRAM.name, NOON),)),
        (Kind.ZONE_AMBER, (Route(TELEGRAM.name, NOON, is_silent=True),)),
        (Kind.WEEKLY, (Route(EMAIL.name, NOON),)),
        (Kind.TEST, (Route(EMAIL.name, NOON), Route(TELEGRAM.name, NOON))),
    ],
)
def test_by_default_each_kind_has_its_place(kind: Kind, expected: tuple[Route, ...]) -> None:
    assert routed(kind, Preferences(), NOON) == expected


def test_what_can_wait_comes_with_the_next_mornings_digest() -> None:
    (only,) = routed(Kind.GRADE, Preferences(), NOON)
    assert only.is_digest
    assert only.not_before == datetime(2026, 11, 25, 7, tzinfo=UTC)  # eight o'clock in Berlin


def test_without_a_chat_mail_stands_in_and_silence_becomes_the_digest() -> None:
    (red,), (amber,) = (
        route(kind, Preferences(), default_ways(kind, [EMAIL]), now=NOON, zone="UTC")
        for kind in (Kind.ZONE_RED, Kind.ZONE_AMBER)
    )
    assert (red.channel, red.is_digest, amber.is_digest) == (EMAIL.name, False, True)


def test_a_choice_beats_the_default() -> None:
    chosen = Preferences().choose(Kind.ZONE_RED, TELEGRAM.name, Way.OFF)
    chosen = chosen.choose(Kind.PROPOSAL, EMAIL.name, Way.ON)
    assert routed(Kind.ZONE_RED, chosen, NOON) == ()
    assert [r.channel for r in routed(Kind.PROPOSAL, chosen, NOON)] == [EMAIL.name, TELEGRAM.name]


def test_quiet_hours_put_off_to_their_end_and_only_agreed_urgency_breaks_them() -> None:
    late = datetime(2026, 11, 24, 23, tzinfo=UTC)  # midnight in Berlin
    morning = datetime(2026, 11, 25, 6, tzinfo=UTC)
    agreed = Preferences(quiet_from="22:00", quiet_until="07:00", urgent_breaks_quiet=True)
    assert routed(Kind.ZONE_RED, NIGHT, late)[0].not_before == morning
    assert routed(Kind.ZONE_RED, agreed, late)[0].not_before == late
    assert routed(Kind.PROPOSAL, agreed, late)[0].not_before == morning


def test_a_mute_keeps_everything_until_it_ends_and_may_end_in_quiet_hours() -> None:
    until = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
    muted = Preferences(quiet_from="22:00", quiet_until="07:00", muted_until=until)
    assert routed(Kind.ZONE_RED, muted, NOON)[0].not_before == datetime(2026, 11, 25, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("until", "at", "is_believed"),
    [
        (8, 0, True),
        (24 * 30, 0, True),
        (8, None, True),
        (24 + 8, 24, False),
        (2, 1, False),
        (24 * 40, None, False),
        (0, -8, False),
    ],
)
def test_a_mute_that_a_clock_chose_that_was_ahead_holds_nothing_back(
    until: int, at: int | None, *, is_believed: bool
) -> None:
    hour = timedelta(hours=1)
    muted = Preferences(
        muted_until=NOON + until * hour, muted_at=None if at is None else NOON + at * hour
    )
    (red,) = (r for r in routed(Kind.ZONE_RED, muted, NOON) if r.channel == TELEGRAM.name)
    assert red.not_before == (NOON + until * hour if is_believed else NOON)


def test_beyond_the_budget_of_a_day_all_but_the_urgent_comes_with_the_digest() -> None:
    assert routed(Kind.SIGNAL, Preferences(budget=3), NOON, sent=3)[0].is_digest
    for kind in (Kind.ZONE_RED, Kind.RULE, Kind.PROPOSAL, Kind.DECISION):
        assert not routed(kind, Preferences(budget=3), NOON, sent=99)[0].is_digest


@given(
    st.sampled_from(sorted(Kind)),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    st.times().map(lambda t: f"{t:%H:%M}"),
    st.times().map(lambda t: f"{t:%H:%M}"),
)
def test_nothing_that_can_wait_is_sent_in_quiet_hours_and_nothing_is_lost(
    kind: Kind, moment: datetime, zone: str, begin: str, end: str
) -> None:
    now = moment.replace(tzinfo=UTC)
    chosen = Preferences(quiet_from=begin, quiet_until=end)
    routes = route(kind, chosen, default_ways(kind, BOTH), now=now, zone=zone)
    for one in routes:
        assert now <= one.not_before <= now + timedelta(hours=50)
        if not one.is_digest:
            assert quiet_end(chosen, one.not_before, zone) is None or _clocks_change(one, zone)
    assert routes or kind not in URGENT


def _clocks_change(one: Route, zone: str) -> bool:
    offsets = {
        (one.not_before + timedelta(hours=h)).astimezone(ZoneInfo(zone)).utcoffset()
        for h in (-26, 0, 26)
    }
    return len(offsets) > 1


def test_the_next_time_is_always_ahead() -> None:
    for hour in range(48):
        now = datetime(2026, 3, 28, tzinfo=UTC) + timedelta(hours=hour)
        ahead = next_time(now, datetime(2026, 1, 1, 8).time(), "Europe/Berlin")
        assert timedelta(0) < ahead - now <= timedelta(hours=25)


def test_preferences_are_kept_exactly() -> None:
    chosen = Preferences(muted_until=NOON).choose(Kind.SIGNAL, TELEGRAM.name, Way.OFF)
    assert from_json(Preferences, to_json(chosen)) == chosen
