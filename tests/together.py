"""Calls on threads of their own, made to get into each other's way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Begin every call at one moment, each on its own thread; return what they return."""
    begun = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        begun.wait()
        return call()

    with often_switched(), ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


@contextmanager
def often_switched() -> Iterator[None]:
    """Let threads take turns as often as Python allows."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
