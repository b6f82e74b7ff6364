"""When a finding is news: hysteresis, dwell, escalation, recovery, repeats."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.triggers.flips import Advance, Flip, Told, advance
from alerts.triggers.hysteresis import Condition
from portfolios.documents.codec import from_json, to_json
from portfolios.model.dwell import Dwell
from portfolios.model.plan import Finding, Scope, Zone

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
AMBER, RED, EXIT = 1.0, 2.0, 0.85
AT_ONCE = Dwell(amber=1, interrupts=True)
DWELLS = {"depeg": AT_ONCE, "crash": AT_ONCE}
"""Rule -> how long its zones must last; the usual for the others."""


def zone_of(value: float, scale: float = 1.0) -> Zone:
    if value >= RED * scale:
        return Zone.RED
    return Zone.AMBER if value >= AMBER * scale else Zone.GREEN


def finding(
    code: str, value: float | None, *, subject: str = "solana", dwell: Dwell | None = None
) -> Finding:
    zone, holds = Zone.GREY, Zone.GREEN
    if value is not None:
        zone, holds = zone_of(value), zone_of(value, EXIT)
    return Finding(
        Scope.ASSET, subject, "rule", code, zone, value, AMBER, RED, "it is so",
        holds=holds, dwell=dwell or DWELLS.get(code, Dwell()),
        excess=0.0 if value is None else value / RED,
    )  # fmt: skip


class Watcher:
    """Feeds evaluations and keeps what was told."""

    def __init__(self) -> None:
        self.state = Advance((), ())
        self.told: list[Flip] = []
        self.groups = 0

    def see(self, *findings: Finding, at: datetime, weight: float = 0.2) -> tuple[Flip, ...]:
        self.state = advance(
            self.state.conditions, self.state.told, findings, at=at,
            weights=dict.fromkeys({f.subject for f in findings}, weight),
        )  # fmt: skip
        flips = (*self.state.worsened, *self.state.recovered)
        self.told += flips
        self.groups += bool(flips)
        return flips

    def days(
        self, code: str, values: Sequence[float | None], dwell: Dwell | None = None
    ) -> list[list[Zone]]:
        first = [] if self.state.conditions else [0.0]
        seen = []
        for value in [*first, *values]:
            at = self.at = getattr(self, "at", START) + timedelta(days=1)
            flips = self.see(finding(code, value, dwell=dwell), at=at)
            seen.append([f.zone for f in flips])
        return seen[len(first) :]


def test_the_first_evaluation_is_a_snapshot_and_no_list_of_alarms() -> None:
    watcher = Watcher()
    assert watcher.see(finding("H3", 5.0), at=START) == ()
    assert watcher.see(finding("H3", 5.0), at=START + timedelta(hours=12)) == ()


def test_amber_must_last_and_red_comes_at_once() -> None:
    assert Watcher().days("H3", [1.2, 1.2, 1.2]) == [[], [Zone.AMBER], []]
    assert Watcher().days("H3", [2.5]) == [[Zone.RED]]
    assert Watcher().days("H3", [1.2, 0.5, 1.2, 0.5]) == [[], [], [], []]


@pytest.mark.parametrize("days", [1, 2, 3])
def test_amber_is_told_after_as_many_days_as_the_rule_says(days: int) -> None:
    told = Watcher().days("H3", [1.5] * 4, Dwell(amber=days))
    assert [bool(t) for t in told].index(True) == days - 1


def test_red_and_recovery_are_told_after_as_many_days_as_the_rule_says() -> None:
    watcher = Watcher()
    slow = Dwell(red=2, leave=4)
    assert watcher.days("H3", [2.5, 2.5], slow) == [[], [Zone.RED]]
    watcher.days("H3", [0.5] * 3, slow)
    assert watcher.state.conditions[0].zone is Zone.RED
    assert watcher.days("H3", [0.5], slow) == [[Zone.GREEN]]


@pytest.mark.parametrize(
    ("values", "zone"),
    [
        ([1.2, 0.5, 1.2], Zone.AMBER),
        ([0.5, 1.2, 0.5], Zone.AMBER),
        ([0.5, 0.5, 0.5], Zone.GREEN),
        ([1.2, 1.9, 0.5], Zone.RED),
    ],
)
def test_what_changes_between_amber_and_green_still_leaves_red(
    values: list[float], zone: Zone
) -> None:
    watcher = Watcher()
    watcher.days("H3", [2.5])
    watcher.days("H3", values)
    (condition,) = watcher.state.conditions
    assert condition.zone is zone


def test_recovery_takes_three_days_below_the_level_of_leaving_and_is_told_once() -> None:
    watcher = Watcher()
    watcher.days("H3", [1.2, 1.2])
    assert watcher.days("H3", [0.9, 0.9, 0.9, 0.9]) == [[], [], [], []]
    assert watcher.days("H3", [0.8, 0.8, 0.8, 0.8]) == [[], [], [Zone.GREEN], []]


def test_grey_is_neither_recovery_nor_alarm_and_stops_the_count() -> None:
    watcher = Watcher()
    watcher.days("H3", [1.2, 1.2])
    assert watcher.days("H3", [None] * 10) == [[]] * 10
    assert watcher.days("H3", [0.5, None, 0.5, None, 0.5]) == [[], [], [], [], [Zone.GREEN]]


def test_an_escalation_is_told_at_once_and_red_is_repeated_ever_more_rarely() -> None:
    watcher = Watcher()
    watcher.days("H3", [1.2, 1.2])
    told = watcher.days("H3", [2.5] * 30)
    days = [day for day, flips in enumerate(told) if flips]
    assert days == [0, 1, 3, 7, 15]


def test_a_crash_is_news_even_where_something_else_is_red_already() -> None:
    watcher = Watcher()
    watcher.see(finding("P4", 0.1), finding("crash", 0.1), at=START)
    watcher.see(finding("P4", 2.5), finding("crash", 0.1), at=START + timedelta(days=1))
    (flip,) = watcher.see(
        finding("P4", 2.5), finding("crash", 2.5), at=START + timedelta(days=1, hours=1)
    )
    assert (flip.zone, flip.was, len(flip.texts)) == (Zone.RED, Zone.RED, 2)


@given(st.lists(st.floats(1.01, 1.6), min_size=1, max_size=20))
def test_red_that_gets_twice_as_bad_is_told_in_its_hour_at_every_level(
    factors: list[float],
) -> None:
    watcher = Watcher()
    watcher.see(finding("H3", 0.1), at=START)
    told, value = None, RED
    for hour, factor in enumerate(factors, start=1):
        flips = watcher.see(finding("H3", value), at=START + timedelta(hours=hour))
        if told is None or value >= 2 * told:
            assert [f.zone for f in flips] == [Zone.RED]
        told = value if flips else told
        value *= factor
    most = 1 + math.log2(max(1.0, value / RED)) + len(factors) / 6
    assert watcher.groups <= most + 1


def test_red_that_gets_worse_by_a_step_of_its_scale_is_told_after_six_hours() -> None:
    watcher = Watcher()
    watcher.see(finding("H3", 0.1), at=START)
    hours = [
        watcher.see(finding("H3", 6.0 + h), at=START + timedelta(hours=h)) for h in range(1, 8)
    ]
    assert [bool(flips) for flips in hours] == [True, *[False] * 5, True]


def test_red_that_comes_back_to_the_worst_that_was_told_is_no_worse() -> None:
    watcher = Watcher()
    watcher.days("H3", [3.0])
    told = watcher.days("H3", [1.8, 3.0] * 10)
    assert sum(map(len, told)) <= 4
    assert all(flip.is_repeat for flip in watcher.told[1:])


def test_red_that_had_become_amber_is_told_as_new_when_it_comes_back() -> None:
    watcher = Watcher()
    watcher.days("H3", [2.5])
    watcher.days("H3", [1.2] * 30)
    watcher.told.clear()
    assert watcher.days("H3", [2.5]) == [[Zone.RED]]
    assert [(f.was, f.is_repeat) for f in watcher.told] == [(Zone.AMBER, False)]
    watcher.days("H3", [1.2] * 4)
    assert watcher.days("H3", [0.5] * 3) == [[], [], [Zone.GREEN]]


def test_all_that_is_still_red_is_told_again_at_once_and_ever_more_rarely() -> None:
    watcher, names = Watcher(), ("solana", "uniswap", "pepe")
    calm = [finding("H3", 0.0, subject=name) for name in names]
    watcher.see(*calm, at=START)
    for hour in range(1, 24 * 15):
        red = [finding("H3", 2.5 if hour > 7 * n else 0.0, subject=s) for n, s in enumerate(names)]
        watcher.see(*red, at=START + timedelta(hours=hour))
    assert watcher.groups == 3 + 3  # again after a day, two more, and four more
    assert len(watcher.told) == 3 + 3 * 3


def test_red_of_years_beside_others_that_come_and_go_is_judged_like_any_other() -> None:
    watcher = Watcher()
    watcher.see(finding("H3", 0.0), finding("H3", 0.0, subject="pepe"), at=START)
    for day in range(1, 400):
        other = 2.5 if day % 8 < 4 else 0.0
        watcher.see(
            finding("H3", 2.5), finding("H3", other, subject="pepe"),
            at=START + timedelta(days=day),
        )  # fmt: skip
    old = next(told for told in watcher.state.told if told.subject != "pepe")
    assert old.repeats > 30  # told again with each of the others


def test_red_that_stays_as_it_was_found_does_not_ring_as_worse() -> None:
    watcher = Watcher()
    for hour in range(24):
        assert watcher.see(finding("H3", 5.0), at=START + timedelta(hours=hour)) == ()


def test_what_was_remembered_without_an_excess_is_no_reason_to_ring() -> None:
    watcher = Watcher()
    watcher.see(finding("H3", 0.1), at=START)
    watcher.see(finding("H3", 5.0), at=START + timedelta(hours=1))
    old = tuple(replace(c, excess=0.0, told_excess=0.0) for c in watcher.state.conditions)
    watcher.state = replace(watcher.state, conditions=old)
    assert watcher.see(finding("H3", 5.0), at=START + timedelta(hours=2)) == ()


def test_evaluations_of_the_same_day_count_once() -> None:
    watcher = Watcher()
    watcher.see(finding("H3", 0.1), at=START)
    flips = [
        watcher.see(finding("H3", 1.2), at=START + timedelta(minutes=m)) for m in range(1, 600, 10)
    ]
    assert not any(flips)


def test_the_same_evaluation_again_changes_nothing() -> None:
    watcher = Watcher()
    watcher.days("H3", [1.2, 2.5])
    before = (watcher.state.conditions, watcher.state.told)
    assert watcher.see(finding("H3", 2.5), at=watcher.at) == ()
    assert (watcher.state.conditions, watcher.state.told) == before


def test_a_thousand_flaps_in_an_hour_are_not_a_thousand_messages() -> None:
    watcher = Watcher()
    watcher.see(finding("depeg", 0.0), at=START)
    for n in range(1000):
        watcher.see(finding("depeg", 4.0 * (n % 2)), at=START + timedelta(seconds=3.6 * n))
    assert watcher.groups <= 12
    (state,) = watcher.state.conditions
    assert state.zone is Zone.RED


def test_dust_makes_no_sound_and_what_was_sold_is_forgotten() -> None:
    watcher = Watcher()
    watcher.see(finding("H3", 0.1), at=START)
    assert watcher.see(finding("H3", 9.0), at=START + timedelta(days=1), weight=0.001) == ()
    assert watcher.see(finding("P1", 0.1, subject="p"), at=START + timedelta(days=2)) == ()
    assert {c.subject for c in watcher.state.conditions} == {"p"}


def test_several_rules_about_one_subject_are_one_flip_the_worst_first() -> None:
    watcher = Watcher()
    watcher.see(finding("H3", 0.1), finding("H4", 0.1), at=START)
    (flip,) = watcher.see(finding("H3", 2.5), finding("H4", 2.5), at=START + timedelta(days=1))
    assert (flip.zone, len(flip.texts)) == (Zone.RED, 2)


@given(st.integers(0, 10_000))
def test_an_escalation_that_lasts_is_never_lost(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    values: list[float | None] = [
        None if chance.random() < 0.1 else chance.uniform(0, 2.4) for _ in range(40)
    ]
    watcher = Watcher()
    watcher.days("H3", [*values, 2.5, 2.5])
    assert watcher.state.told[0].zone is Zone.RED


def test_what_is_remembered_is_kept_exactly() -> None:
    watcher = Watcher()
    watcher.days("H3", [1.2, 2.5])
    for condition in watcher.state.conditions:
        assert from_json(Condition, to_json(condition)) == condition
    for told in watcher.state.told:
        assert from_json(Told, to_json(told)) == told


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=1), timedelta(days=400)])
def test_what_was_seen_by_a_clock_that_was_ahead_silences_nothing(ahead: timedelta) -> None:
    watcher, told = Watcher(), START + timedelta(days=1)
    watcher.see(finding("depeg", 0.0), at=START)
    assert watcher.see(finding("depeg", 0.0), at=told + ahead) == ()
    (flip,) = watcher.see(finding("depeg", 2.5), at=told)
    assert flip.zone is Zone.RED
    assert watcher.see(finding("depeg", 2.5), at=told + timedelta(hours=1)) == ()
    (again,) = watcher.see(finding("depeg", 2.5), at=told + timedelta(days=1))
    assert again.is_repeat


def test_what_was_told_by_a_clock_that_was_ahead_is_told_again_as_soon_as_any_other() -> None:
    watcher = Watcher()
    watcher.see(finding("depeg", 0.0), at=START)
    assert watcher.see(finding("depeg", 2.5), at=START + timedelta(days=40))
    assert watcher.see(finding("depeg", 2.5), at=START + timedelta(hours=1)) == ()
    (again,) = watcher.see(finding("depeg", 2.5), at=START + timedelta(hours=25))
    assert again.is_repeat
