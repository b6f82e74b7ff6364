"""Reads what a person chose on the command line: `quiet=22:00-07:00 telegram/grade=on`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from types import MappingProxyType

from alerts.messages import Kind
from alerts.preferences import EMAIL, TELEGRAM, Preferences, Way
from portfolios.errors import UsageError

_SPAN = re.compile(r"(\d{1,3})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
HINT = (
    "e.g. quiet=22:00-07:00, quiet=off, urgent=yes, mute=8h, mute=off, budget=5, telegram/grade=on"
)


def choose(chosen: Preferences, words: list[str], *, now: datetime) -> Preferences:
    """Return preferences with some choices made.

    Raises:
        UsageError: for a choice that means nothing.
    """
    for word in words:
        key, equals, value = word.partition("=")
        read = READERS.get(key, _way(key))
        try:
            if not equals or read is None:
                raise ValueError("this is no choice")
            chosen = read(chosen, value, now)
        except ValueError as error:
            raise UsageError(f"{word}: {error}", hint=HINT) from None
    return chosen


def _way(key: str) -> Callable[[Preferences, str, datetime], Preferences] | None:
    channel, _, kind = key.partition("/")
    if channel not in (EMAIL, TELEGRAM) or kind not in set(Kind):
        return None
    return lambda chosen, value, _: chosen.choose(Kind(kind), channel, Way(value))


def _quiet(chosen: Preferences, value: str, _: datetime) -> Preferences:
    if value == "off":
        return replace(chosen, quiet_from="", quiet_until="")
    begin, end = (*value.split("-"), "")[:2]
    times = [time.fromisoformat(text).strftime("%H:%M") for text in (begin, end)]
    return replace(chosen, quiet_from=times[0], quiet_until=times[1])


def _urgent(chosen: Preferences, value: str, _: datetime) -> Preferences:
    return replace(chosen, urgent_breaks_quiet=_yes(value))


def _mute(chosen: Preferences, value: str, now: datetime) -> Preferences:
    if value == "off":
        return replace(chosen, muted_until=None)
    match = _SPAN.fullmatch(value)
    if match is None:
        raise ValueError("write how long, like 8h")
    return replace(chosen, muted_until=now + timedelta(**{_UNITS[match[2]]: int(match[1])}))


def _budget(chosen: Preferences, value: str, _: datetime) -> Preferences:
    if not value.isdigit() or not 0 < int(value) <= 1000:
        raise ValueError("write a number of messages a day")
    return replace(chosen, budget=int(value))


def _yes(value: str) -> bool:
    if value not in ("yes", "no"):
        raise ValueError("write yes or no")
    return value == "yes"


READERS: Mapping[str, Callable[[Preferences, str, datetime], Preferences]] = MappingProxyType(
    {"quiet": _quiet, "urgent": _urgent, "mute": _mute, "budget": _budget}
)
