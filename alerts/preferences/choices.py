"""What reaches a person, where, and when: one choice for each kind and channel.

By default no message that can wait wakes a person; what each channel delivers by default is one
of its traits. Quiet hours delay messages and never drop them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alerts.messages import Kind
from alerts.preferences.number_style import Numbers
from portfolios.values.schedule import wall
from portfolios.values.time import is_ahead

DIGEST_AT = time(8)
LONGEST_MUTE = timedelta(days=30)


class Way(StrEnum):
    """How a kind of message comes on a channel."""

    ON = "on"
    SILENT = "silent"
    DIGEST = "digest"
    OFF = "off"


URGENT = frozenset({Kind.ZONE_RED, Kind.RULE})
"""Kinds that break quiet hours, for those who agreed to that."""
UNLIMITED = URGENT | {Kind.PROPOSAL, Kind.WEEKLY, Kind.DIGEST, Kind.TEST, Kind.DECISION}
"""Kinds that no daily budget puts off, and that do not count towards it."""
LIMITED = frozenset(Kind) - UNLIMITED


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one person chose.

    Attributes:
        ways: `channel/kind` -> how, where it differs from the default.
        quiet_from, quiet_until: local times between which nothing makes a sound and nothing is
            sent that can wait; may lie across midnight. None for no quiet hours.
        urgent_breaks_quiet: red zones and own rules come in quiet hours too.
        muted_until: nothing is sent before this moment; everything is kept.
        muted_at: when that was chosen; None where it was not kept yet.
        budget: messages of a day, of kinds that can wait; what is beyond comes with the digest.
        numbers: how they are written.
        hides_amounts: money and quantities are not shown; None hides them in groups only.
        timezone: IANA name; empty for the one they were added with.
    """

    ways: Mapping[str, Way] = field(default_factory=dict)
    quiet_from: str = ""
    quiet_until: str = ""
    urgent_breaks_quiet: bool = False
    muted_until: datetime | None = None
    muted_at: datetime | None = None
    budget: int = 8
    numbers: Numbers = Numbers.COMMA
    hides_amounts: bool | None = None
    timezone: str = ""

    def way(self, kind: Kind, channel: str, default: Way) -> Way:
        """Return how a kind comes on a channel: as chosen, else as by default."""
        return self.chosen_way(kind, channel) or default

    def chosen_way(self, kind: Kind, channel: str) -> Way | None:
        """Return how a kind was chosen to come on a channel; None where it was not."""
        return self.ways.get(f"{channel}/{kind.value}")

    def mute_end(self, now: datetime) -> datetime | None:
        """Return until when nothing is sent; None where something is."""
        end, chosen_at = self.muted_until, self.muted_at or now
        if end is None or is_ahead(chosen_at, now) or not now < end <= now + LONGEST_MUTE:
            return None
        return end

    def choose(self, kind: Kind, channel: str, way: Way) -> Preferences:
        """Return the preferences with one choice changed."""
        return replace(self, ways={**self.ways, f"{channel}/{kind.value}": way})


@dataclass(frozen=True, slots=True)
class Route:
    """How one message goes out on one channel.

    Attributes:
        not_before: the moment from which it may be sent, aware UTC.
        is_silent: without a sound.
        is_digest: with the digest of the day, not by itself.
    """

    channel: str
    not_before: datetime
    is_silent: bool = False
    is_digest: bool = False


def route(
    kind: Kind,
    preferences: Preferences,
    defaults: Mapping[str, Way],
    *,
    now: datetime,
    zone: str,
    sent_today: int = 0,
) -> tuple[Route, ...]:
    """Return how a message of some kind goes out to a person; nothing where they want none.

    Args:
        kind: of the message.
        preferences: of the person.
        defaults: channel that reaches the person -> how the kind comes there by default.
        now: aware.
        zone: their time zone.
        sent_today: messages of `LIMITED` kinds that they got today, for the budget.
    """
    found = []
    for channel, default in defaults.items():
        way = preferences.way(kind, channel, default)
        if way is Way.OFF:
            continue
        over = sent_today >= preferences.budget and kind not in UNLIMITED
        if way is Way.DIGEST or over:
            at = next_time(now, DIGEST_AT, zone)
            found.append(Route(channel, at, is_silent=True, is_digest=True))
            continue
        at = first_allowed(kind, preferences, now, zone)
        found.append(Route(channel, at, is_silent=way is Way.SILENT))
    return tuple(found)


def first_allowed(kind: Kind, preferences: Preferences, now: datetime, zone: str) -> datetime:
    """Return the first moment at which neither a mute nor quiet hours hold a message back."""
    start = preferences.mute_end(now) or now
    if kind in URGENT and preferences.urgent_breaks_quiet:
        return start
    return quiet_end(preferences, start, zone) or start


def quiet_end(preferences: Preferences, moment: datetime, zone: str) -> datetime | None:
    """Return when the quiet hours end in which a moment lies; None when it lies in none.

    >>> from datetime import UTC
    >>> night = Preferences(quiet_from="22:00", quiet_until="07:00")
    >>> quiet_end(night, datetime(2026, 11, 24, 23, 30, tzinfo=UTC), "UTC").isoformat()
    '2026-11-25T07:00:00+00:00'
    """
    if not preferences.quiet_from or not preferences.quiet_until:
        return None
    begin, end = (time.fromisoformat(t) for t in (preferences.quiet_from, preferences.quiet_until))
    local = moment.astimezone(ZoneInfo(zone))
    clock, day = local.time(), local.date()
    if begin <= end:
        is_quiet, last = begin <= clock < end, day
    else:
        is_quiet = clock >= begin or clock < end
        last = day + timedelta(days=1) if clock >= begin else day
    # On the night the clocks change the end may already be past: then nothing is held back.
    until = wall(last, end, zone)
    return until if is_quiet and until > moment else None


def next_time(now: datetime, at: time, zone: str) -> datetime:
    """Return the next moment at which somebody's clock shows a time."""
    today = now.astimezone(ZoneInfo(zone)).date()
    moments = (wall(today + timedelta(days=days), at, zone) for days in (0, 1, 2))
    return next(moment for moment in moments if moment > now)
