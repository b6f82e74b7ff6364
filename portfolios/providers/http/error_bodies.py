"""What an error reply says: its code and its reason, in whichever of the known shapes it comes.

Providers wrap their errors in several objects, in plain text, or in a page of HTML. Nothing here
can fail, because a reply that explains an error badly is still that error.
"""

from __future__ import annotations

from portfolios.providers.http.decoding import parse

LONGEST = 160
_CODES = ("error_code", "code")
_REASONS = ("error_message", "message", "error", "detail", "title")


def code_in(body: bytes) -> int | None:
    """Return the provider's own number of an error, None where it gives none."""
    for node in _objects(_value(body)):
        for key in _CODES:
            code = node.get(key)
            if isinstance(code, int) and not isinstance(code, bool):
                return code
    return None


def reason_in(body: bytes) -> str:
    """Return what a reply says of an error, on one line and short; empty where it says nothing.

    >>> reason_in(b'{"status":{"error_code":429,"error_message":"slow down"}}')
    'slow down'
    """
    value = _value(body)
    for node in _objects(value):
        for key in _REASONS:
            reason = node.get(key)
            if isinstance(reason, str) and reason.strip():
                return _short(reason)
    text = body[:2000].decode("utf-8", "replace")
    return "" if value is not None or text.lstrip().startswith("<") else _short(text)


def _value(body: bytes) -> object:
    try:
        return parse(body)
    except ValueError:
        return None


def _objects(value: object, depth: int = 3) -> list[dict[str, object]]:
    """Return the objects of a reply, the outer ones first, a few levels deep."""
    if not isinstance(value, dict) or depth == 0:
        return []
    return [value, *(inner for item in value.values() for inner in _objects(item, depth - 1))]


def _short(text: str) -> str:
    flat = " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"
