"""Reads preferences as a person writes them: `quiet=22:00-07:00 telegram/grade=on`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from alerts.channels import CHANNELS
from alerts.messages import Kind
from alerts.preferences.choices import LONGEST_MUTE, Preferences, Way
from alerts.preferences.number_style import Numbers
from portfolios.errors import UsageError
from portfolios.loaders.suggestions import printable, unknown
from rebalancer.settings.checks import time_zone

CHOOSABLE = tuple(kind for kind in Kind if kind not in (Kind.ANSWER, Kind.TEST))
"""Kinds of messages that people choose about; an answer comes to whoever asked."""
MOST_BUDGET = 1000
ALL, DEFAULT = "all", "default"
EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "quiet": "quiet=22:00-07:00, quiet=off",
        "urgent": "urgent=yes",
        "mute": "mute=8h, mute=off",
        "budget": "budget=5",
        "numbers": "numbers=point",
        "amounts": "amounts=hide",
        "zone": "zone=Europe/Berlin",
        **{channel.name: channel.example for channel in CHANNELS.values()},
    }
)
_SPAN = re.compile(r"([0-9]{1,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3])(?::([0-5][0-9]))?")
_SAMPLES: Mapping[str, Numbers] = MappingProxyType(
    {
        "1,234.56": Numbers.COMMA,
        "1.234,56": Numbers.POINT,
        "1_234.56": Numbers.SPACE,
        "1'234.56": Numbers.APOSTROPHE,
    }
)
Reader = Callable[[Preferences, str, datetime], Preferences]


def choose(chosen: Preferences, words: list[str], *, now: datetime) -> Preferences:
    """Return preferences with some choices made.

    Raises:
        UsageError: for a choice that means nothing.
    """
    for word in words:
        key, equals, value = word.partition("=")
        try:
            if not equals:
                raise ValueError("write a choice and its value")
            chosen = _reader(key)(chosen, value, now)
        except ValueError as error:
            raise UsageError(f"{printable(word)}: {error}", hint=_hint(key)) from None
    return chosen


def _hint(key: str) -> str:
    """Return examples of a choice; of all of them where none is meant."""
    meant = key.partition("/")[0]
    return f"e.g. {EXAMPLES[meant] if meant in EXAMPLES else ', '.join(EXAMPLES.values())}"


def _reader(key: str) -> Reader:
    channel, slash, kind = key.partition("/")
    if slash and channel in CHANNELS:
        return _ways(channel, kind)
    if key not in READERS:
        raise ValueError(unknown("choice", key, [*READERS, *(f"{name}/KIND" for name in CHANNELS)]))
    return READERS[key]


def _ways(channel: str, kind: str) -> Reader:
    """Return what reads how a kind, or every kind, comes on a channel."""
    known = [each.value for each in CHOOSABLE]
    if kind not in (*known, ALL):
        raise ValueError(unknown("kind", kind, [*known, ALL]))
    kinds = CHOOSABLE if kind == ALL else (Kind(kind),)

    def read(chosen: Preferences, value: str, _: datetime) -> Preferences:
        for each in kinds:
            chosen = _with_way(chosen, each, channel, value, is_alone=kind != ALL)
        return chosen

    return read


def _with_way(
    chosen: Preferences, kind: Kind, channel: str, value: str, *, is_alone: bool
) -> Preferences:
    if value == DEFAULT:
        ways = {k: way for k, way in chosen.ways.items() if k != f"{channel}/{kind.value}"}
        return replace(chosen, ways=ways)
    if value not in set(Way):
        raise ValueError(unknown("way", value, [*(way.value for way in Way), DEFAULT]))
    way = Way(value)
    if kind is Kind.DIGEST and way is Way.DIGEST:
        if is_alone:
            raise ValueError("a digest does not wait for a digest; write on, silent or off")
        way = Way.ON
    return chosen.choose(kind, channel, way)


def _quiet(chosen: Preferences, value: str, _: datetime) -> Preferences:
    if value == "off":
        return replace(chosen, quiet_from="", quiet_until="")
    begin, dash, end = value.partition("-")
    times = [_CLOCK.fullmatch(text) for text in (begin, end)]
    if not dash or None in times:
        raise ValueError("write two times, like 22:00-07:00, or off")
    first, last = (f"{int(t[1]):02}:{t[2] or '00'}" for t in times if t)
    if first == last:
        raise ValueError("they begin when they end; write off for none")
    return replace(chosen, quiet_from=first, quiet_until=last)


def _urgent(chosen: Preferences, value: str, _: datetime) -> Preferences:
    if value not in ("yes", "no"):
        raise ValueError("write yes or no")
    return replace(chosen, urgent_breaks_quiet=value == "yes")


def _mute(chosen: Preferences, value: str, now: datetime) -> Preferences:
    if value == "off":
        return replace(chosen, muted_until=None, muted_at=None)
    match = _SPAN.fullmatch(value)
    span = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta(0)
    if not span:
        raise ValueError("write how long, like 30m, 8h or 7d, or off")
    if span > LONGEST_MUTE:
        days = LONGEST_MUTE.days
        raise ValueError(f"the longest is {days}d; telegram/all=off lasts until you change it")
    return replace(chosen, muted_until=now + span, muted_at=now)


def _budget(chosen: Preferences, value: str, _: datetime) -> Preferences:
    is_number = value.isascii() and value.isdigit() and len(value) <= len(str(MOST_BUDGET))
    if not is_number or not 0 < int(value) <= MOST_BUDGET:
        raise ValueError(f"write a number of messages a day, 1 to {MOST_BUDGET}")
    return replace(chosen, budget=int(value))


def _numbers(chosen: Preferences, value: str, _: datetime) -> Preferences:
    known = {**{each.value: each for each in Numbers}, **_SAMPLES}
    if value not in known:
        raise ValueError(unknown("way of numbers", value, [each.value for each in Numbers]))
    return replace(chosen, numbers=known[value])


def _amounts(chosen: Preferences, value: str, _: datetime) -> Preferences:
    known = {"show": False, "hide": True, DEFAULT: None}
    if value not in known:
        raise ValueError(f"write show, hide or {DEFAULT}")
    return replace(chosen, hides_amounts=known[value])


def _zone(chosen: Preferences, value: str, _: datetime) -> Preferences:
    return replace(chosen, timezone=time_zone(value))


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "quiet": _quiet,
        "urgent": _urgent,
        "mute": _mute,
        "budget": _budget,
        "numbers": _numbers,
        "amounts": _amounts,
        "zone": _zone,
    }
)
