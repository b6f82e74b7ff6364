"""What changed in trends and grades between two looks of one person.

A look is a new one when an hour has passed since the last new one. Whoever looks again sooner, to
refresh or to turn a page, is compared with the same earlier look, so that what changed does not
vanish under the reader's thumb.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portfolios.model.market import Grade, Market
from portfolios.store.database import Database
from portfolios.store.last_seen import LastSeen
from portfolios.values.canonical import read_utc, utc_text
from portfolios.values.display import TREND_WORDS

APART = timedelta(hours=1)
NOTABLE_POINTS = 5.0
"""A grade that moved by less is as it was: they move a little every day."""
BEFORE, LAST, OPENED = "before", "last", "opened"
UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was said of one asset, and by whom; None where nothing was."""

    source: str
    trend: int | None = None
    short: float | None = None
    long: float | None = None


@dataclass(frozen=True, slots=True)
class GradeView:
    """What somebody saw at some moment, by asset id."""

    at: datetime
    seen: Mapping[str, Seen]


@dataclass(frozen=True, slots=True)
class GradeViews:
    """What is remembered of somebody.

    Attributes:
        opened: when this look began.
        last: as they saw it last.
        before: what changes are told against; None the first time.
    """

    opened: datetime
    last: GradeView
    before: GradeView | None = None

    def looked(self, now: GradeView) -> GradeViews:
        """Return the memory after another look."""
        if now.at - self.opened < APART:
            return replace(self, last=now)
        return GradeViews(opened=now.at, last=now, before=self.last)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed: a trend, or a grade."""

    asset_id: str
    is_trend: bool
    text: str


def look_at(market: Market, asset_ids: Iterable[str], *, now: datetime) -> GradeView:
    """Return what is said of some assets; those of which nothing is said are left out."""
    known = {a: market.grades[a] for a in asset_ids if a in market.grades}
    return GradeView(now, {asset_id: _seen(grade) for asset_id, grade in sorted(known.items())})


def _seen(grade: Grade) -> Seen:
    return Seen(grade.source, grade.trend, grade.short, grade.long)


def changes_between(before: GradeView, now: GradeView) -> tuple[Change, ...]:
    """Return what changed, the trends first; what another source says is no change."""
    both = [(a, before.seen[a], is_) for a, is_ in now.seen.items() if a in before.seen]
    same = [(a, was, is_) for a, was, is_ in both if was.source == is_.source]
    turned = [
        Change(a, is_trend=True, text=f"turned {TREND_WORDS[is_.trend]}")
        for a, was, is_ in same
        if is_.trend is not None and was.trend is not None and is_.trend != was.trend
    ]
    return (*turned, *(change for a, was, is_ in same for change in _moved(a, was, is_)))


def _moved(asset_id: str, was: Seen, is_: Seen) -> Iterator[Change]:
    for name, old, new in (("short", was.short, is_.short), ("long", was.long, is_.long)):
        if old is not None and new is not None and abs(new - old) >= NOTABLE_POINTS:
            yield Change(asset_id, is_trend=False, text=f"{name} grade {old:.0f} -> {new:.0f}")


def look_again(database: Database, person: str, now: GradeView) -> GradeView | None:
    """Remember a look, and return the earlier one to tell changes against; None without one."""
    with database.transaction():
        known = _read(LastSeen(database).load(person))
        memory = known.looked(now) if known else GradeViews(opened=now.at, last=now)
        LastSeen(database).save(person, _written(memory))
    return memory.before


def _written(memory: GradeViews) -> dict[str, str]:
    values = {OPENED: utc_text(memory.opened)}
    for name, look in ((LAST, memory.last), (BEFORE, memory.before)):
        if look is not None:
            values[name] = utc_text(look.at)
            values |= {f"{name} {a}": _text(seen) for a, seen in look.seen.items()}
    return values


def _read(values: Mapping[str, str]) -> GradeViews | None:
    last = _look(values, LAST)
    if OPENED not in values or last is None:
        return None
    return GradeViews(read_utc(values[OPENED]), last, _look(values, BEFORE))


def _look(values: Mapping[str, str], name: str) -> GradeView | None:
    if name not in values:
        return None
    own = {key: value for key, value in values.items() if key.startswith(f"{name} ")}
    seen = {key.partition(" ")[2]: _seen_of(value) for key, value in own.items()}
    return GradeView(read_utc(values[name]), seen)


def _text(seen: Seen) -> str:
    figures = (seen.trend, seen.short, seen.long)
    return " ".join((*(UNKNOWN if f is None else repr(f) for f in figures), seen.source))


def _seen_of(value: str) -> Seen:
    trend, short, long, source = value.split(" ", 3)
    return Seen(
        source=source,
        trend=None if trend == UNKNOWN else int(trend),
        short=None if short == UNKNOWN else float(short),
        long=None if long == UNKNOWN else float(long),
    )
