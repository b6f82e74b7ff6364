"""Rules that single settings must obey; each answers with the value or raises ValueError.

No message repeats the value: it may be a secret put into the wrong place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from portfolios.errors import DeliveryError

NOT_MEANT = frozenset({"localtime", "posixrules", "Factory", "EST", "MST", "HST"})
"""Names that some machines know, each in its own way, and abbreviations that stand for a zone
without summer time, which nobody means who writes them in summer."""


def one_value(value: object) -> object:
    """Refuse what pydantic would bend into shape: true and false as numbers, several lines."""
    if isinstance(value, bool):
        raise ValueError("must not be true or false")
    if isinstance(value, str) and any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise ValueError("must be one line without control characters")
    return value


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine.

    >>> [is_loopback(h) for h in ("localhost", "127.0.0.9", "::1", "127.0.0.1.example.org")]
    [True, True, True, False]
    """
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def safe_url(url: str) -> str:
    """Accept https, and plain http to this machine; no password inside, nothing after the path."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None  # its own message would repeat the address
    if not host or parts.scheme not in ("http", "https") or port == 0 or set(url) & set("\\ <>"):
        raise ValueError("must be a whole address, such as https://api.example.com")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("must begin with https:// (plain http is for this machine only)")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must not hold a user name, a password or a query")
    return url.rstrip("/")


def header_name(name: str) -> str:
    """Accept what may name a header of a request."""
    if not name.isascii() or not name.replace("-", "").isalnum():
        raise ValueError("must be letters, digits and hyphens")
    return name


def bot_url(url: str) -> str:
    """Accept an address to which the token can be appended."""
    if not url.endswith("/bot"):
        raise ValueError("must end in /bot")
    return url


def time_zone(name: str) -> str:
    """Return the time zone that somebody means: by its whole name, whatever its case and spaces.

    >>> time_zone(" europe/berlin"), time_zone("utc")
    ('Europe/Berlin', 'UTC')

    Raises:
        ValueError: where this machine knows none of that name, with the nearest that it knows.
    """
    if _is_known(name):
        return name
    spellings = _spellings()
    lower = "/".join("_".join(part.split()) for part in name.lower().split("/"))
    if lower not in spellings:
        raise ValueError(
            f"no time zone is called so; {_nearest(name.strip(), lower, spellings.values())}"
        )
    return spellings[lower]


@cache
def _spellings() -> Mapping[str, str]:
    """Return every zone by its name in lower case; finding them reads hundreds of files."""
    known = sorted({*available_timezones(), "UTC"} - NOT_MEANT)
    return MappingProxyType({zone.lower(): zone for zone in known})


def _is_known(name: str) -> bool:
    """Tell whether this machine knows a zone by this very name; UTC needs no zone files."""
    try:
        return name == "UTC" or (name not in NOT_MEANT and bool(ZoneInfo(name)))
    except (KeyError, ValueError, OSError):
        return False


def _nearest(name: str, lower: str, known: Iterable[str]) -> str:
    """Say what may be meant; abbreviations and offsets mean several zones, or none."""
    places = {z.lower(): z for z in known if "/" in z and not z.startswith(("Etc/", "SystemV/"))}
    cities = {zone.rpartition("/")[2]: zone for zone in places}
    is_short = len(name) <= 4 or (len(name) <= 5 and name.isupper())
    is_region = any(zone.startswith(f"{lower}/") for zone in places)
    cutoff = 1.0 if is_short or is_region else 0.7
    near = get_close_matches(lower[:60], [*places, *cities], n=1, cutoff=cutoff)
    if not near:
        return "write it like Europe/Berlin"
    return f"did you mean {places[cities.get(near[0], near[0])]}?"


def mail_address(text: str) -> str:
    """Accept one mail address, perhaps with a name before it."""
    from alerts.channels.email.mime import address  # only where mail is set up

    try:
        address(text)
    except DeliveryError:
        raise ValueError("must be one mail address, such as me@example.org") from None
    return text


def currency_code(code: str) -> str:
    """Accept three letters, kept in lower case."""
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise ValueError("must be three letters, such as usd")
    return code.lower()
