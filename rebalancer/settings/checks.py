"""Rules that single settings must obey; each answers with the value or raises ValueError.

No message repeats the value: it may be a secret put into the wrong place.
"""

from __future__ import annotations

from difflib import get_close_matches
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones


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
    """Accept a zone that this machine knows; UTC needs no zone files."""
    try:
        if name != "UTC":
            ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = get_close_matches(name, sorted(available_timezones()), n=1)
        hint = f"did you mean {near[0]}?" if near else "write it like Europe/Berlin"
        raise ValueError(f"must be a time zone that this machine knows; {hint}") from None
    return name


def currency_code(code: str) -> str:
    """Accept three letters, kept in lower case."""
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise ValueError("must be three letters, such as usd")
    return code.lower()
