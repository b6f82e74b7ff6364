"""The log of the program, in which no secret can stand whatever a library writes.

Every line is masked after it was put together, tracebacks included, so that a secret inside an
argument, an address or an exception is caught as well.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable

MASK = "********"
SHORTEST = 6
"""Shorter secrets would blank out ordinary words; no provider gives out such keys."""
_BOT_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
_LOUD = ("httpx", "httpcore", "telegram", "matplotlib", "asyncio", "stamina")
"""Libraries that log addresses or trifles."""

_hidden: set[str] = set()


def hide(secrets: Iterable[str]) -> None:
    """Never let these values stand in a log again."""
    _hidden.update(secret for secret in secrets if len(secret) >= SHORTEST)


def masked(text: str) -> str:
    """Return a text without any secret that is known."""
    for secret in sorted(_hidden, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _BOT_TOKEN.sub(MASK, text)


class MaskingFormatter(logging.Formatter):
    """Formats a record, traceback and all, and masks the result."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return masked(super().format(record))


def start_logging(level: int) -> None:
    """Write the log to standard error, from this level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.ERROR)
