"""Time zones as people write them: by their whole name in any case, else the nearest is named."""

from __future__ import annotations

from difflib import get_close_matches
from zoneinfo import available_timezones

from rebalancer.settings.checks import time_zone

OF_THE_MACHINE = frozenset({"localtime", "posixrules", "Factory"})
"""Names that some machines know, each in its own way."""


def known_clock(name: str) -> str:
    """Return the time zone that somebody means.

    >>> known_clock("europe/berlin"), known_clock("UTC")
    ('Europe/Berlin', 'UTC')

    Raises:
        ValueError: where none is called so, with the nearest that is.
    """
    known = sorted({*available_timezones(), "UTC"} - OF_THE_MACHINE)
    spellings = {zone.lower(): zone for zone in known}
    lower = name.lower().replace(" ", "_")
    if lower in spellings:
        return time_zone(spellings[lower])
    cities = {zone.rpartition("/")[2]: zone for zone in spellings}
    near = get_close_matches(lower[:60], [*spellings, *cities], n=1, cutoff=0.7)
    if not near:
        raise ValueError("no time zone is called so; write it like Europe/Berlin")
    zone = spellings[cities.get(near[0], near[0])]
    raise ValueError(f"no time zone is called so; did you mean {zone}?")
