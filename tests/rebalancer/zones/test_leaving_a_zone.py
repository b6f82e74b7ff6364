"""How long every rule's zones must last, and at which levels they are left."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import alerts
from alerts.triggers.flips import Advance, Flip, advance
from portfolios.model.market import Array, Grade
from portfolios.model.plan import ORDER, Finding, Zone
from portfolios.model.policy import Policy
from rebalancer.zones import ZONES, Rule, Situation
from rebalancer.zones.rule import Levels, judged

Make = Callable[..., Situation]
Find = Callable[..., Finding]

G, A, R = Zone.GREEN, Zone.AMBER, Zone.RED
START = datetime(2026, 6, 1, 9, tzinfo=UTC)
FRESH = datetime(2026, 6, 1, tzinfo=UTC)
DOWN = Grade("test", 30.0, 40.0, -1, 0, FRESH, FRESH, "test")
STEP = 1e-4


@dataclass(frozen=True)
class Course:
    """One subject: where amber and red are entered and left, and how long amber must last."""

    levels: Levels
    leave_amber: float
    leave_red: float | None
    dwell: int = 2


COURSES: Mapping[str, Course] = {
    # the usual: left at 0.85 of the level, mirrored where the rule alarms downwards
    "H1": Course(Levels(0.0, 0.05, 0.10, beyond=True), 0.0425, 0.085, dwell=1),
    "H3": Course(Levels(0.0, 0.30, 0.40), 0.255, 0.34),
    "H4": Course(Levels(1.0, 1.4, 2.0), 1.19, 1.7),
    "H5": Course(Levels(0.10, 0.15, 0.30), 0.1275, 0.255),
    "H7": Course(Levels(0.0, 1.0, 5.0, beyond=True), 0.85, 4.25),
    "H10": Course(Levels(0.0, 26.0, beyond=True), 22.1, None, dwell=1),
    "H11": Course(Levels(0.0, 0.20, 0.30), 0.17, 0.255, dwell=1),
    "P1": Course(Levels(7.5, 5.0, 3.0, beyond=True), 5 / 0.85, 3 / 0.85),
    "P2": Course(Levels(3.0, 2.0, 1.5, beyond=True), 2 / 0.85, 1.5 / 0.85),
    "P5": Course(Levels(0.0, 0.20, 0.30), 0.17, 0.255),
    "P8": Course(Levels(0.0, 0.20, 0.40, beyond=True), 0.17, 0.34),
    "P9": Course(Levels(0.0, 0.10, 0.15), 0.085, 0.1275, dwell=1),
    # in points: 0.85 of 10 and of 20 over an own share of 30%
    "S2": Course(Levels(0.30, 0.40, 0.50), 0.385, 0.47),
    # figures of their own
    "H8": Course(Levels(0.0, 0.005, 0.01), 0.003, 0.006, dwell=1),
    "P3": Course(Levels(0.8, 1.3, 1.8), 1.196, 1.656),
    "P4": Course(Levels(0.92, 1.15, 1.40, beyond=True), 1.05, 1.25),
    "S3": Course(Levels(0.4, 0.75), 0.65, None, dwell=3),
    # limits: entered a tenth of a point beyond, left four inside (10%, 30%, a buffer of 5%)
    "H6": Course(Levels(0.08, 0.101, 0.125, beyond=True), 0.096, 0.115),
    "S1": Course(Levels(0.24, 0.301, 0.40, beyond=True), 0.296, 0.38),
    "P7": Course(Levels(0.075, 0.049, 0.025, beyond=True), 0.054, 0.02875),
}
"""Code -> the figures of the design, for a subject at which they are easy to see."""


def rule_of(code: str) -> Rule:
    return next(rule for rule in ZONES.values() if rule.code == code)


def run(findings: Iterable[Finding]) -> tuple[list[Zone], list[Flip]]:
    """Return the zone in force after each day, and what was told."""
    state, zones, told = Advance((), ()), [], []
    for day, finding in enumerate(findings):
        at = START + timedelta(days=day)
        state = advance(
            state.conditions, state.told, [finding], at=at, weights={finding.subject: 0.2}
        )
        zones.append(state.conditions[0].zone)
        told += [*state.worsened, *state.recovered]
    return zones, told


def walk(code: str, values: Iterable[float]) -> list[Zone]:
    rule, levels = rule_of(code), COURSES[code].levels
    return run(judged(rule, "it", value, levels, "") for value in values)[0]


def sides(code: str, level: float) -> tuple[float, float]:
    """Return a value just on the alarming side of a level, and one just on the other."""
    levels = COURSES[code].levels
    assert levels.amber is not None
    worse = STEP if levels.amber > levels.comfort else -STEP
    return level + worse, level - worse


def test_the_table_knows_every_rule() -> None:
    assert {rule.code for rule in ZONES.values()} == COURSES.keys()


@pytest.mark.parametrize("code", COURSES)
def test_amber_is_entered_and_left_at_its_levels_and_after_its_days(code: str) -> None:
    course = COURSES[code]
    assert course.levels.amber is not None
    beyond, before = sides(code, course.levels.amber)
    above, below = sides(code, course.leave_amber)
    calm = course.levels.comfort
    assert walk(code, [calm, *[before] * 4]) == [G] * 5
    waiting = [G] * (course.dwell - 1)
    entered = walk(code, [calm, *[beyond] * course.dwell])
    assert entered == [G, *waiting, A]
    up = [calm, *[beyond] * course.dwell]
    assert walk(code, [*up, *[above] * 5])[len(up) :] == [A] * 5
    assert walk(code, [*up, *[below] * 4])[len(up) :] == [A, A, G, G]


@pytest.mark.parametrize("code", [code for code, course in COURSES.items() if course.leave_red])
def test_red_is_entered_at_once_and_left_at_its_level_after_three_days(code: str) -> None:
    course = COURSES[code]
    assert course.levels.amber is not None
    assert course.levels.red is not None
    assert course.leave_red is not None
    beyond, before = sides(code, course.levels.red)
    above, below = sides(code, course.leave_red)
    calm = course.levels.comfort
    assert R not in walk(code, [calm, *[before] * 4])
    assert walk(code, [calm, beyond]) == [G, R]
    assert walk(code, [calm, beyond, *[above] * 5])[1:] == [R] * 6
    assert walk(code, [calm, beyond, *[below] * 4])[1:] == [R, R, R, A, A]
    still, over = sides(code, course.leave_amber)
    down = [*[below] * 3, *[still] * 4, *[over] * 3]
    assert walk(code, [calm, beyond, *down])[1:] == [R, R, R, *[A] * 7, G]


@pytest.mark.parametrize("code", [code for code, course in COURSES.items() if not course.leave_red])
def test_a_rule_without_red_never_holds_one(code: str) -> None:
    finding = judged(rule_of(code), "it", 1e6, COURSES[code].levels, "")
    assert (finding.zone, finding.holds) == (A, A)


@pytest.mark.parametrize("code", ["H6", "S1", "P7"])
def test_a_proposal_that_ends_inside_a_limit_clears_its_zone(code: str) -> None:
    course = COURSES[code]
    assert course.levels.amber is not None
    beyond, _ = sides(code, course.levels.amber)
    up = [course.levels.comfort, *[beyond] * 2]
    assert walk(code, [*up, *[course.leave_amber] * 3])[len(up) :] == [A, A, G]


DAYS = 60
WAYS: Mapping[str, Callable[[int], float]] = {
    "each day the other side": lambda day: (-1.0) ** day,
    "every few days": lambda day: math.sin(2.1 * day),
    "every two weeks": lambda day: math.sin(0.5 * day),
    "up for a month and down for a month": lambda day: math.sin(2 * math.pi * day / DAYS),
    "down for a month and up for a month": lambda day: -math.sin(2 * math.pi * day / DAYS),
    "by chance": lambda day: random.Random(day).uniform(-1.0, 1.0),  # noqa: S311
}
"""Name -> how a value goes around a level, from -1 to 1."""


def edges(code: str) -> Iterable[float]:
    course = COURSES[code]
    levels = (course.levels.amber, course.levels.red, course.leave_amber, course.leave_red)
    return (level for level in levels if level is not None)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("code", COURSES)
def test_sixty_days_around_any_level_are_at_most_one_alert_of_a_colour_and_one_recovery(
    code: str, way: str
) -> None:
    levels = COURSES[code].levels
    worst = levels.red if levels.red is not None else levels.amber
    assert worst is not None
    for level in edges(code):
        for begin in (levels.comfort, worst + (worst - levels.comfort)):
            days = [begin, *(level * (1 + 0.01 * WAYS[way](day)) for day in range(DAYS))]
            _, told = run(judged(rule_of(code), "it", x, levels, "") for x in days)
            changes = [(f.was, f.zone) for f in told if f.zone is not f.was]
            worse = [zone for was, zone in changes if ORDER[zone] > ORDER[was]]
            assert len(worse) == len(set(worse)), (level, begin, changes)
            assert len([zone for _, zone in changes if zone is G]) <= 1, (level, begin, changes)


@pytest.mark.parametrize("code", COURSES)
def test_a_way_up_through_all_levels_and_down_is_told_once_a_zone_and_once_as_over(
    code: str,
) -> None:
    levels = COURSES[code].levels
    worst = levels.red if levels.red is not None else levels.amber
    assert worst is not None
    far = worst + 0.2 * (worst - levels.comfort)
    up = [levels.comfort + day / DAYS * (far - levels.comfort) for day in range(DAYS + 1)]
    _, told = run(judged(rule_of(code), "it", x, levels, "") for x in [*up, *reversed(up)])
    changes = [f.zone for f in told if f.zone is not f.was]
    assert changes == ([A, R, G] if levels.red is not None else [A, G])


# Rules that look at more than one figure


def test_our_own_trend_must_last_three_days_and_a_vendors_none(make: Make, find: Find) -> None:
    ours = replace(DOWN, source="technical")
    weights = {"bitcoin": 0.06, "ethereum": 0.3}
    quiet = find(make(weights), "H1", "bitcoin")
    for grade, zones in ((DOWN, [G, A, A, A]), (ours, [G, G, G, A])):
        bearish = find(make(weights, grades={"bitcoin": grade}), "H1", "bitcoin")
        assert run([quiet, *[bearish] * 3])[0] == zones


@pytest.mark.parametrize(("loss", "left"), [(0.05, [R, R, R]), (0.03, [R, R, A])])
def test_a_heavy_bearish_holding_stays_red_until_its_price_hardly_falls(
    make: Make, find: Find, calm: Callable[..., Array], loss: float, left: list[Zone]
) -> None:
    def after_losing(loss: float) -> Finding:
        closes = calm()
        closes[-4:] = 100.0
        closes[:-2] /= 1 - loss  # the daily swing is 3%, so 0.75 of three days are 3.8%
        situation = make({"solana": 0.2}, grades={"solana": DOWN}, closes={"solana": closes})
        return find(situation, "H1", "solana")

    crash, later = after_losing(0.20), after_losing(loss)
    assert (crash.zone, later.zone, later.red) == (R, A, None)
    quiet = find(make({"solana": 0.2}), "H1", "solana")
    assert run([quiet, crash, *[later] * 3])[0] == [G, R, *left]


def test_the_volatility_alarm_ends_at_a_stated_limit(make: Make, find: Find) -> None:
    def at(volatility: float) -> Finding:
        policy = Policy(max_volatility=Decimal("0.20"))
        situation = make({"bitcoin": 1.0}, sigma={"bitcoin": volatility}, policy=policy)
        return find(situation, "P4")

    up = [at(0.15), at(0.2041), at(0.2041)]
    assert run([*up, *[at(0.2001)] * 4])[0][2:] == [A] * 5
    assert run([*up, *[at(0.2)] * 3])[0][2:] == [A, A, A, G]


def test_the_breadth_alarm_ends_15_points_above_the_whole_portfolio() -> None:
    rule, levels = rule_of("S3"), Levels(0.6, 0.85)
    above, below = (judged(rule, "it", x, levels, "").holds for x in (0.7501, 0.7499))
    assert (above, below) == (A, G)


# One place


def test_no_code_of_a_rule_stands_in_the_alerts() -> None:
    codes = re.compile(rf"\b({'|'.join(COURSES)}|H2|H9|P6)\b")
    root = Path(alerts.__file__).parent
    naming = [str(p.relative_to(root)) for p in root.rglob("*.py") if codes.search(p.read_text())]
    assert naming == []
