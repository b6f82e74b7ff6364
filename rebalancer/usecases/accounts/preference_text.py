"""What a person chose, in plain words: the same in the chat and on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from alerts.channels import channels_reaching, default_ways
from alerts.messages import Kind
from alerts.preferences.choices import Preferences, Way
from alerts.preferences.number_style import Numbers
from alerts.preferences.personalise import wording_of
from portfolios.model.users import Person
from portfolios.values import display
from portfolios.values.display import counted
from rebalancer.usecases.accounts.preference_parser import CHOOSABLE

NAMES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.ZONE_RED: "red zones",
        Kind.ZONE_AMBER: "amber zones",
        Kind.RULE: "own rules",
        Kind.PROPOSAL: "proposals",
        Kind.SIGNAL: "signals",
        Kind.GRADE: "grades",
        Kind.DRIFT: "drift",
        Kind.UNLOCK: "locks that end",
        Kind.DATA: "bad data",
        Kind.DECISION: "decisions",
        Kind.WEEKLY: "weekly report",
        Kind.CLEARED: "all clear",
        Kind.DIGEST: "the digest",
    }
)
WAYS: Mapping[Way, str] = MappingProxyType(
    {Way.ON: "with a sound", Way.SILENT: "silently", Way.DIGEST: "with the digest", Way.OFF: "not"}
)
NUMBERS: Mapping[Numbers, str] = MappingProxyType(
    {
        Numbers.COMMA: "comma, then point",
        Numbers.POINT: "point, then comma",
        Numbers.SPACE: "space, then point",
        Numbers.APOSTROPHE: "apostrophe, then point",
    }
)


def way_of(chosen: Preferences, person: Person, kind: Kind, channel: str) -> Way:
    """Return how a kind comes to a person on a channel."""
    return chosen.way(kind, channel, default_ways(kind, channels_reaching(person))[channel])


def choices(chosen: Preferences, person: Person, *, now: datetime) -> Mapping[str, str]:
    """Return what was chosen, or is so by default, by the name of the choice."""
    begin, end = chosen.quiet_from, chosen.quiet_until
    clock = chosen.timezone or person.timezone
    at_night = "at any hour" if chosen.urgent_breaks_quiet else "after quiet hours"
    budget = counted(chosen.budget, "message")
    told = {
        "quiet": f"quiet hours: {f'{begin} to {end} ({clock})' if begin else 'none'}",
        "urgent": f"urgent: red zones and own rules come {at_night}",
        "zone": f"time zone: {clock}",
        "numbers": f"numbers: {NUMBERS[chosen.numbers]}, as in 1,234.5%",
        "amounts": f"amounts: {'hidden' if _hides(chosen, person) else 'shown'}",
        "mute": _muted(chosen, now, clock),
        "budget": f"budget: {budget} a day, the rest comes with the digest",
    }
    return told | dict(_alerts(chosen, person))


def _hides(chosen: Preferences, person: Person) -> bool:
    return wording_of(chosen, is_group=person.is_group).hides_amounts


def _muted(chosen: Preferences, now: datetime, zone: str) -> str:
    if (end := chosen.mute_end(now)) is None:
        return "muted: no"
    until = display.moment(end, zone)
    return f"muted until {until}; everything is kept and comes afterwards"


def _alerts(chosen: Preferences, person: Person) -> Iterator[tuple[str, str]]:
    """Yield a line for each channel and way, with the kinds that come so."""
    for channel in (each.name for each in channels_reaching(person)):
        for way in Way:
            kinds = [k for k in CHOOSABLE if way_of(chosen, person, k, channel) is way]
            if kinds:
                names = ", ".join(NAMES[kind] for kind in kinds)
                yield f"{channel}/{way.value}", f"{channel}, {WAYS[way]}: {names}"
