"""Flips: the changes of remembered conditions, which alone are worth telling.

Judging and telling are two things. A finding is true now; a flip is news. All flips of one
evaluation of a portfolio make one group, the worst first, by subject and not by rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.triggers.hysteresis import DAY, Condition, held_zone, needed
from portfolios.model.plan import ORDER, Finding, Scope, Zone, worst

DUST = 0.0025
"""A holding below this share of the value never makes a sound."""
REPEAT = timedelta(hours=24)
MOST_DOUBLINGS = 8
"""Of the pause before what is still red is told again: some three quarters of a year at most."""
COOLDOWN: Mapping[Zone, timedelta] = {Zone.RED: timedelta(hours=6), Zone.AMBER: timedelta(hours=24)}
OLDER = timedelta(hours=1)
"""So much may a market be older than the one before: it is of the hour that has begun."""
SEVERER = 15.0
FURTHER = 0.5
"""On the scale of an excess: as far again as from amber to red."""

Key = tuple[str, str]
"""Of a condition: rule and subject; of a subject: scope and name."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was last told about a subject.

    Attributes:
        zone: last told; green after a recovery.
        at: when; None when nothing ever was.
        repeats: how often a red zone was told again.
        severity: the worst told while in this zone.
    """

    scope: Scope
    subject: str
    zone: Zone
    at: datetime | None = None
    repeats: int = 0
    severity: float = 0.0


@dataclass(frozen=True, slots=True)
class Flip:
    """One thing to tell about one subject.

    Attributes:
        zone: now; green for a recovery.
        was: told before.
        texts: of the rules that are in this zone, the worst first.
        is_repeat: told before and still so.
    """

    scope: Scope
    subject: str
    zone: Zone
    was: Zone
    texts: tuple[str, ...]
    severity: float
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Advance:
    """What one evaluation of a portfolio led to."""

    conditions: tuple[Condition, ...]
    told: tuple[Told, ...]
    worsened: tuple[Flip, ...] = ()
    recovered: tuple[Flip, ...] = ()


def step(condition: Condition, finding: Finding, *, at: datetime) -> Condition:
    """Return a condition after one more evaluation; grey changes nothing.

    While red is being left, amber and green evaluations count alike; the worse of them is entered.
    """
    if finding.zone is Zone.GREY:
        return condition
    target = held_zone(finding, condition.zone)
    seen = replace(condition, severity=finding.severity, text=finding.text, excess=finding.excess)
    if target is condition.zone:
        return replace(seen, candidate=target, count=0, counted_at=at)
    is_same = _is_same_change(condition, target)
    target = worst((target, condition.candidate)) if is_same else target
    is_counted = not is_same or at - condition.counted_at >= DAY
    count = (condition.count if is_same else 0) + is_counted
    when = at if is_counted else condition.counted_at
    if count < needed(finding, condition.zone, target):
        return replace(seen, candidate=target, count=count, counted_at=when)
    return replace(
        seen, zone=target, candidate=target, count=0, counted_at=at, since=at,
        told_excess=finding.excess,
    )  # fmt: skip


def _is_same_change(condition: Condition, target: Zone) -> bool:
    if condition.count == 0:
        return False
    is_left = max(ORDER[target], ORDER[condition.candidate]) < ORDER[condition.zone]
    return is_left or target is condition.candidate


def advance(
    conditions: Iterable[Condition],
    told: Iterable[Told],
    findings: Iterable[Finding],
    *,
    at: datetime,
    weights: Mapping[str, float],
) -> Advance:
    """Step every condition of a portfolio and return what is worth telling.

    Args:
        conditions: as remembered; none for a portfolio judged for the first time, which is a
            snapshot and no list of alarms.
        told: as remembered.
        findings: all of one evaluation. A subject that is not among them any more is forgotten.
        at: the market's moment; an evaluation of a moment seen before changes nothing, unless it
            is so much earlier that the clock must have been ahead.
        weights: asset id -> share of value.
    """
    before = {(c.code, c.subject): c for c in conditions}
    last = max((c.counted_at for c in before.values()), default=None)
    remembered = {(t.scope.value, t.subject): t for t in told}
    if last is not None and at < last <= at + OLDER:
        return Advance(tuple(before.values()), tuple(remembered.values()))
    if last is not None and at < last:
        before = {key: _not_after(c, at) for key, c in before.items()}
        remembered = {key: _told_by(t, at) for key, t in remembered.items()}
    is_first = not before
    judged = tuple(findings)
    after = [_stepped(before, finding, at, is_first=is_first) for finding in judged]
    interrupting = frozenset(f.code for f in judged if f.dwell.interrupts)
    seen = frozenset((f.code, f.subject) for f in judged if f.zone is not Zone.GREY)
    return _telling(after, remembered, at, weights, interrupting, seen, is_first=is_first)


def _not_after(condition: Condition, at: datetime) -> Condition:
    return replace(condition, counted_at=min(condition.counted_at, at))


def _told_by(told: Told, at: datetime) -> Told:
    return told if told.at is None else replace(told, at=min(told.at, at))


def _stepped(
    before: Mapping[Key, Condition],
    finding: Finding,
    at: datetime,
    *,
    is_first: bool,
) -> Condition:
    known = before.get((finding.code, finding.subject))
    if known is not None:
        return step(known, finding, at=at)
    zone = finding.zone if is_first and finding.zone is not Zone.GREY else Zone.GREEN
    new = Condition(
        finding.code, finding.scope, finding.subject, zone, zone, 0, at, at,
        told_excess=finding.excess,
    )  # fmt: skip
    return step(new, finding, at=at)


def _telling(
    conditions: list[Condition],
    told: Mapping[Key, Told],
    at: datetime,
    weights: Mapping[str, float],
    interrupting: frozenset[str],
    seen: frozenset[Key],
    *,
    is_first: bool,
) -> Advance:
    by_subject: dict[Key, list[Condition]] = {}
    for condition in conditions:
        by_subject.setdefault((condition.scope.value, condition.subject), []).append(condition)
    known = {key: told.get(key) or _untold(own) for key, own in by_subject.items()}
    if is_first:
        return Advance(
            tuple(conditions),
            tuple(_snapshot(own, known[key], at) for key, own in sorted(by_subject.items())),
        )
    found = {
        key: flip
        for key, own in by_subject.items()
        if not _is_dust(key, weights) and (flip := _flip(own, known[key], at, interrupting, seen))
    }
    again = [known[key] for key, flip in found.items() if flip.is_repeat]
    is_time = _is_time_to_repeat(again, at)
    flips = {key: flip for key, flip in found.items() if is_time or not flip.is_repeat}
    return _told_of(by_subject, known, flips, at)


def _told_of(
    by_subject: Mapping[Key, Sequence[Condition]],
    known: Mapping[Key, Told],
    flips: Mapping[Key, Flip],
    at: datetime,
) -> Advance:
    after = [
        replace(c, told_excess=max(c.told_excess, c.excess)) if key in flips else c
        for key, own in sorted(by_subject.items())
        for c in own
    ]
    kept = [
        _remembered(known[key], own, flips.get(key), at) for key, own in sorted(by_subject.items())
    ]
    ranked = sorted(flips.values(), key=lambda f: (-ORDER[f.zone], -f.severity, f.subject))
    return Advance(
        tuple(after),
        tuple(kept),
        tuple(f for f in ranked if f.zone is not Zone.GREEN),
        tuple(f for f in ranked if f.zone is Zone.GREEN),
    )


def _untold(own: Sequence[Condition]) -> Told:
    return Told(own[0].scope, own[0].subject, Zone.GREEN)


def _is_dust(key: Key, weights: Mapping[str, float]) -> bool:
    scope, subject = key
    return scope == Scope.ASSET.value and weights.get(subject, 0.0) < DUST


def _is_time_to_repeat(again: Sequence[Told], at: datetime) -> bool:
    """Tell whether what is still red is told again: all of it at once, and ever more rarely."""
    passed = [at - told.at if told.at else timedelta.max for told in again]
    pauses = [REPEAT * 2 ** min(told.repeats, MOST_DOUBLINGS) for told in again]
    is_due = any(p >= pause for p, pause in zip(passed, pauses, strict=True))
    return is_due and min(passed) >= REPEAT


def _flip(
    own: Sequence[Condition],
    known: Told,
    at: datetime,
    interrupting: frozenset[str],
    seen: frozenset[Key],
) -> Flip | None:
    """Return what there is to tell about one subject; None when nothing is news.

    What is still red is a repeat, whose time is that of all that is still red together.
    What is only remembered, because it cannot be judged now, is not told as if it were so.
    """
    zone = worst(tuple(c.zone for c in own))
    causes = [c for c in own if c.zone is zone and (c.code, c.subject) in seen]
    if not causes:
        return None
    severity = max(c.severity for c in causes)
    causes.sort(key=lambda c: (-c.severity, c.code))
    texts = tuple(c.text for c in causes)
    flip = Flip(known.scope, known.subject, zone, known.zone, texts, severity)
    if ORDER[zone] > ORDER[known.zone]:
        return flip
    if any(c.code in interrupting and c.zone is Zone.RED and c.since == at for c in own):
        return flip  # a crash is news even for what was red for another reason
    if zone is Zone.GREEN:
        return flip if known.zone in (Zone.AMBER, Zone.RED) else None
    if zone is not known.zone:
        return None
    passed = at - known.at if known.at else timedelta.max
    is_severer = severity >= known.severity + SEVERER or any(map(_is_further, causes))
    if any(map(_has_doubled, causes)) or (is_severer and passed >= COOLDOWN[zone]):
        return flip
    return replace(flip, is_repeat=True) if zone is Zone.RED else None


def _has_doubled(condition: Condition) -> bool:
    """Tell whether something is twice as bad as told: news at once, however soon after."""
    return 0 < 2 * condition.told_excess <= condition.excess


def _is_further(condition: Condition) -> bool:
    return 0 < condition.told_excess <= condition.excess - FURTHER


def _snapshot(own: Sequence[Condition], known: Told, at: datetime) -> Told:
    """Remember a subject as it was found, as if that had been told."""
    zone = worst(tuple(c.zone for c in own))
    severity = max(c.severity for c in own if c.zone is zone)
    return replace(known, zone=zone, severity=severity, at=at if zone is not Zone.GREEN else None)


def _remembered(known: Told, own: Sequence[Condition], flip: Flip | None, at: datetime) -> Told:
    """Remember what was told: of one zone the worst, and silently that red became amber.

    Else a red that comes back after weeks of amber would be told as if it had never gone.
    """
    if flip is None:
        zone = worst(tuple(c.zone for c in own))
        is_better = zone is Zone.AMBER and known.zone is Zone.RED
        severity = max((c.severity for c in own if c.zone is zone), default=0.0)
        return replace(known, zone=zone, severity=severity, repeats=0) if is_better else known
    repeats = known.repeats + 1 if flip.is_repeat else 0
    severity = max(flip.severity, known.severity) if flip.zone is known.zone else flip.severity
    return replace(known, zone=flip.zone, at=at, repeats=repeats, severity=severity)
