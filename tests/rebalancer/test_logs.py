"""The log: no secret in it, whatever a library writes, and a line each for programs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime
from types import TracebackType

import pytest

from rebalancer.logs import MASK, JsonFormatter, MaskingFormatter, mask

SECRET = 'canary-"quoted"-secret'  # noqa: S105
TOKEN = "123456789:AAcanary-0123456789abcdefghijklmnopq"  # noqa: S105
Trace = tuple[type[BaseException], BaseException, TracebackType | None]


def record_of(text: str, trace: Trace | None = None) -> logging.LogRecord:
    return logging.LogRecord("rebalancer.x", logging.WARNING, "x.py", 1, text, (), trace)


def failed(text: str) -> logging.LogRecord:
    try:
        raise ValueError(text)
    except ValueError as error:
        return record_of("failed", (ValueError, error, sys.exc_info()[2]))


def test_a_line_for_programs_is_one_object_with_its_moment_and_level() -> None:
    line = JsonFormatter().format(record_of("two\nlines"))
    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["from"], told["text"]) == ("warning", "rebalancer.x", "two\nlines")
    assert datetime.fromisoformat(told["at"]).tzinfo is not None


@pytest.mark.parametrize("formatter", [JsonFormatter(), MaskingFormatter("%(message)s")])
def test_no_secret_stands_in_a_line_or_in_its_trace(formatter: logging.Formatter) -> None:
    mask([SECRET])
    for text in (f"key {SECRET}", f"https://api/bot{TOKEN}/getMe"):
        for record in (record_of(text), failed(text)):
            line = formatter.format(record)
            assert MASK in line
            assert "canary" not in line
