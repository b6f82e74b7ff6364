"""The log of the program, in which no secret can stand whatever a library writes.

Every line is masked after it was put together, tracebacks included, so that a secret inside an
argument, an address or an exception is caught as well.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

MASK = "********"
SHORTEST = 6
"""Shorter secrets would blank out ordinary words; no provider gives out such keys."""
_BOT_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
_LOUD = ("httpx", "httpcore", "telegram", "matplotlib", "asyncio", "stamina")
"""Libraries that log addresses or trifles."""

_hidden: set[str] = set()


def mask(secrets: Iterable[str]) -> None:
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


class JsonFormatter(logging.Formatter):
    """Formats a record as one object on one line, masked as well."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC)
        told = {
            "at": at.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "part": record.threadName,
            "from": record.name,
            "text": record.getMessage(),
        }
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        # Before it is quoted: a secret with a quote in it would not be found afterwards.
        return json.dumps({key: masked(str(value)) for key, value in told.items()})


def start_logging(level: int, *, as_json: bool = False) -> None:
    """Write the log to standard error, from this level on; for programs as JSON, a line each."""
    handler = logging.StreamHandler(sys.stderr)
    plain = MaskingFormatter("%(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if as_json else plain)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.ERROR)
