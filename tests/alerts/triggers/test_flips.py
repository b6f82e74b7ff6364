"""When a finding is news: hysteresis, dwell, escalation, recovery, repeats."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.triggers.flips import Advance, Flip, Told, advance
from alerts.triggers.hysteresis import Condition
from portfolios.documents.codec import from_json, to_json
from portfolios.model.plan import ORDER, Finding, Scope, Zone

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
CODES = [
    "H1", "H3", "H4", "H5", "H6", "H7", "H8", "H10", "H11", "S1", "S2",
    "P1", "P2", "P3", "P4", "P5", "P7", "P8", "P9",
]  # fmt: skip
FALLING = {"P1", "P2", "P7"}
LEVELS = {
    "H8": (0.005, 0.01), "S1": (0.30, 0.39), "H6": (0.105, 0.125), "P1": (2.1, 1.5),
    "P2": (1.45, 1.18), "P7": (0.0495, 0.025), "H10": (336.0, 720.0),
}  # fmt: skip


def finding(code: str, value: float | None, *, subject: str = "solana") -> Finding:
    amber, red = LEVELS.get(code, (1.0, 2.0))
    sign = -1 if red < amber else 1
    zone = Zone.GREEN
    if value is None:
        zone = Zone.GREY
    elif sign * value >= sign * red:
        zone = Zone.RED
    elif sign * value >= sign * amber:
        zone = Zone.AMBER
    return Finding(Scope.ASSET, subject, "rule", code, zone, value, amber, red, "it is so")


class Watcher:
    """Feeds evaluations and keeps what was told."""

    def __init__(self) -> None:
        self.state = Advance((), ())
        self.told: list[Flip] = []
        self.groups = 0

    def see(
        self, *findings: Finding, at: datetime, ours: Iterable[str] = (), weight: float = 0.2
    ) -> tuple[Flip, ...]:
        self.state = advance(
            self.state.conditions, self.state.told, findings, at=at,
            weights=dict.fromkeys({f.subject for f in findings}, weight), ours=frozenset(ours),
        )  # fmt: skip
        flips = (*self.state.worsened, *self.state.recovered)
        self.told += flips
        self.groups += bool(flips)
        return flips

    def days(self, code: str, values: Sequence[float | None], **more: object) -> list[list[Zone]]:
        first = [] if self.state.conditions else [0.0 if code not in FALLING else 9.0]
        seen = []
        for value in [*first, *values]:
            at = self.at = getattr(self, "at", START) + timedelta(days=1)
            seen.append([f.zone for f in self.see(finding(code, value), at=at, **more)])  # type: ignore[arg-type]
        return seen[len(first) :]


def test_the_first_evaluation_is_a_snapshot_and_no_list_of_alarms() -> None:
    watcher = Watcher()
    assert watcher.see(finding("H3", 5.0), at=START) == ()
    assert watcher.see(finding("H3", 5.0), at=START + timedelta(hours=12)) == ()


def test_amber_must_last_and_red_comes_at_once() -> None:
    assert Watcher().days("H3", [1.2, 1.2, 1.2]) == [[], [Zone.AMBER], []]
    assert Watcher().days("H3", [2.5]) == [[Zone.RED]]
    assert Watcher().days("H3", [1.2, 0.5, 1.2, 0.5]) == [[], [], [], []]


@pytest.mark.parametrize(("ours", "days"), [((), 1), (("solana",), 3)])
def test_a_vendors_trend_counts_at_once_and_our_own_after_three_days(
    ours: tuple[str, ...], days: int
) -> None:
    told = Watcher().days("H1", [1.5] * 4, ours=ours)
    assert [bool(t) for t in told].index(True) == days - 1


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
    watcher.see(finding("P4", 0.1), finding("P9", 0.1), at=START)
    watcher.see(finding("P4", 2.5), finding("P9", 0.1), at=START + timedelta(days=1))
    (flip,) = watcher.see(
        finding("P4", 2.5), finding("P9", 2.5), at=START + timedelta(days=1, hours=1)
    )
    assert (flip.zone, flip.was, len(flip.texts)) == (Zone.RED, Zone.RED, 2)


def test_a_limit_that_a_proposal_lands_on_is_cleared() -> None:
    watcher = Watcher()
    watcher.days("H6", [0.11, 0.11])
    assert watcher.days("H6", [0.0999] * 3) == [[], [], [Zone.GREEN]]
    watcher = Watcher()
    watcher.days("S1", [0.32, 0.32])
    assert watcher.days("S1", [0.2899] * 3) == [[], [], [Zone.GREEN]]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("edge", [0, 1])
def test_swinging_around_a_level_for_a_month_makes_one_alert_and_at_most_one_recovery(
    code: str, edge: int
) -> None:
    level = LEVELS.get(code, (1.0, 2.0))[edge]
    watcher = Watcher()
    watcher.days(code, [level * (1 + 0.01 * math.sin(day * 2.1)) for day in range(30)])
    changes = [f for f in watcher.told if not f.is_repeat]
    worse = [f for f in changes if ORDER[f.zone] > ORDER[f.was]]
    assert len([f for f in worse if f.zone is Zone.AMBER]) <= 1
    assert len([f for f in worse if f.zone is Zone.RED]) <= 1
    assert len([f for f in changes if f.zone is Zone.GREEN]) <= 1


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
    watcher.see(finding("H8", 0.0), at=START)
    for n in range(1000):
        watcher.see(finding("H8", 0.02 * (n % 2)), at=START + timedelta(seconds=3.6 * n))
    assert watcher.groups <= 12
    (state,) = watcher.state.conditions
    assert state.zone is Zone.RED


def test_dust_makes_no_sound_and_what_was_sold_is_forgotten() -> None:
    watcher = Watcher()
    watcher.see(finding("H3", 0.1), at=START)
    assert watcher.see(finding("H3", 9.0), at=START + timedelta(days=1), weight=0.001) == ()
    assert watcher.see(finding("P1", 9.0, subject="p"), at=START + timedelta(days=2)) == ()
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
