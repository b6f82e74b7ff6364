"""Choices as people write them, and what they are told of those that mean nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.email.traits import EMAIL
from alerts.channels.telegram.traits import TELEGRAM
from alerts.messages import Kind
from alerts.preferences.choices import Preferences, Way, quiet_end
from alerts.preferences.number_style import Numbers
from portfolios.errors import UsageError
from portfolios.model.users import Person
from rebalancer.usecases.accounts.preference_parser import CHOOSABLE, choose
from rebalancer.usecases.accounts.preference_text import choices, way_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANN = Person("ann", addresses={"email": "ann@example.com", "telegram": "7"})


def chosen(*words: str) -> Preferences:
    return choose(Preferences(), list(words), now=NOW)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["quiet=22:00-07:00"], Preferences(quiet_from="22:00", quiet_until="07:00")),
        (["quiet=22-6:45"], Preferences(quiet_from="22:00", quiet_until="06:45")),
        (["quiet=22-7", "quiet=off"], Preferences()),
        (["urgent=yes"], Preferences(urgent_breaks_quiet=True)),
        (["mute=90m"], Preferences(muted_until=NOW + timedelta(minutes=90), muted_at=NOW)),
        (["mute=30d"], Preferences(muted_until=NOW + timedelta(days=30), muted_at=NOW)),
        (["mute=8h", "mute=off"], Preferences()),
        (["budget=3"], Preferences(budget=3)),
        (["numbers=point"], Preferences(numbers=Numbers.POINT)),
        (["numbers=1'234.56"], Preferences(numbers=Numbers.APOSTROPHE)),
        (["amounts=hide"], Preferences(hides_amounts=True)),
        (["amounts=show"], Preferences(hides_amounts=False)),
        (["amounts=hide", "amounts=default"], Preferences()),
        (["zone=europe/berlin"], Preferences(timezone="Europe/Berlin")),
        (["zone=utc"], Preferences(timezone="UTC")),
        (["zone= europe/berlin "], Preferences(timezone="Europe/Berlin")),
        (["telegram/grade=on"], Preferences(ways={"telegram/grade": Way.ON})),
        (["telegram/grade=on", "telegram/grade=default"], Preferences()),
    ],
)
def test_each_choice_is_read(words: list[str], expected: Preferences) -> None:
    assert chosen(*words) == expected


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("quiet=late", "two times, like 22:00-07:00"),
        ("quiet=25-7", "two times"),
        ("quiet=22:00+01:00-07:00", "two times"),
        ("quiet=22-22", "begin when they end"),
        ("mute=long", "like 30m, 8h or 7d"),
        ("mute=0h", "like 30m, 8h or 7d"),
        ("mute=400d", "the longest is 30d"),
        ("mute=9999d", "the longest is 30d"),
        ("mute=٣h", "like 30m"),
        ("budget=0", "1 to 1000"),
        ("budget=²", "1 to 1000"),
        ("budget=9" * 5000, "1 to 1000"),
        ("numbers=coma", "did you mean comma?"),
        ("amounts=maybe", "show, hide or default"),
        ("zone=berlin", "did you mean Europe/Berlin?"),
        ("zone=Europe/Berln", "did you mean Europe/Berlin?"),
        ("zone=../../etc/passwd", "write it like Europe/Berlin"),
        ("zone=localtime", "write it like Europe/Berlin"),
        ("zone=CEST", "write it like Europe/Berlin"),
        ("zone=", "write it like Europe/Berlin"),
        ("telegram/weather=on", "kind weather is unknown"),
        ("telegram/grad=on", "did you mean grade?"),
        ("telegram/answer=on", "kind answer is unknown"),
        ("telegram/grade=loud", "way loud is unknown"),
        ("telegram/digest=digest", "does not wait for a digest"),
        ("pigeon/grade=on", "choice pigeon/grade is unknown"),
        ("budgte=3", "did you mean budget?"),
        ("quiet", "a choice and its value"),
    ],
)
def test_what_means_nothing_is_refused_with_what_would(word: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        chosen(word)
    assert refused.value.hint.startswith("e.g. ")


def test_a_whole_channel_is_chosen_at_once_and_digests_never_wait_for_digests() -> None:
    off = chosen("telegram/all=off")
    assert {way_of(off, ANN, kind, TELEGRAM.name) for kind in CHOOSABLE} == {Way.OFF}
    later = chosen("telegram/all=digest")
    assert way_of(later, ANN, Kind.RULE, TELEGRAM.name) is Way.DIGEST
    assert way_of(later, ANN, Kind.DIGEST, TELEGRAM.name) is Way.ON
    assert chosen("telegram/all=off", "telegram/all=default") == Preferences()
    assert way_of(off, ANN, Kind.WEEKLY, EMAIL.name) is Way.ON


@given(st.text(max_size=30), st.text(max_size=60))
def test_nonsense_is_refused_and_never_a_crash(key: str, value: str) -> None:
    for word in (f"{key}={value}", f"quiet={value}", f"zone={value}", f"mute={value}", key):
        got = Preferences()
        with suppress(UsageError):
            got = chosen(word)
        assert quiet_end(got, NOW, got.timezone or "UTC") is None or got.quiet_from


def test_every_choice_is_told_in_plain_words() -> None:
    told = choices(chosen("quiet=22-7", "zone=Asia/Tokyo", "mute=8h"), ANN, now=NOW)
    assert told["quiet"] == "quiet hours: 22:00 to 07:00 (Asia/Tokyo)"
    assert told["mute"].startswith("muted until 25 Nov 2026 05:00 JST; everything is kept")
    assert told["amounts"] == "amounts: shown"
    assert told["telegram/on"] == "telegram, with a sound: red zones, own rules, proposals"
    assert told["email/on"] == "email, with a sound: weekly report, the digest"
    ended = choices(chosen("mute=8h"), ANN, now=NOW + timedelta(hours=8))
    assert ended["mute"] == "muted: no"
    group = choices(
        Preferences(), Person("friends", addresses={"telegram": "-1"}, is_group=True), now=NOW
    )
    assert group["amounts"] == "amounts: hidden"
