"""Parts that run side by side: none harms another, and a word ends them all."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from portfolios.errors import StoreError
from rebalancer.supervisor import (
    LONGEST_PAUSE,
    Worker,
    WorkerContext,
    keep_running,
    pause_after,
    run_workers,
)


@dataclass
class Waits:
    """A word to stop that comes after so many waits; no time passes."""

    most: int
    seconds: list[float] = field(default_factory=list)

    def is_set(self) -> bool:
        return len(self.seconds) >= self.most

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        return self.is_set()


@dataclass
class Notes:
    told: list[tuple[str, str]] = field(default_factory=list)
    is_broken: bool = False

    def well(self, part: str) -> None:
        self.wrong(part, "")

    def wrong(self, part: str, words: str) -> None:
        if self.is_broken:
            raise StoreError("the disk is full")
        self.told.append((part, words))


class PanicError(BaseException):
    """What a library that is not written in Python may raise."""


def scripted(*outcomes: bool | BaseException) -> Worker:
    left = list(outcomes)

    def work(context: WorkerContext) -> bool:
        outcome = left.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return Worker("part", work, timedelta(seconds=7))


def test_a_part_that_fails_is_tried_again_after_pauses_that_grow() -> None:
    stop, notes = Waits(5), Notes()
    down = StoreError("no network")
    keep_running(scripted(down, down, True, down, True), stop, notes)
    assert stop.seconds == [2.0, 4.0, 7.0, 2.0, 7.0]
    assert [words for _, words in notes.told] == ["no network", "no network", "", "no network", ""]


def test_a_pause_never_grows_beyond_its_limit() -> None:
    pauses = [pause_after(n) for n in range(1, 2_000)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


def test_what_had_nothing_to_do_is_not_noted_as_done() -> None:
    notes = Notes()
    keep_running(scripted(False, False), Waits(2), notes)
    assert notes.told == []


def test_an_unexpected_error_is_known_by_its_kind_alone() -> None:
    notes = Notes()
    keep_running(scripted(ValueError("the token is 123:secret")), Waits(1), notes)
    assert notes.told == [("part", "unexpected ValueError")]


@pytest.mark.parametrize("panic", [PanicError("clarabel: 123"), SystemExit(1)])
def test_a_panic_is_a_failure_like_any_other(panic: BaseException) -> None:
    stop, notes = Waits(2), Notes()
    keep_running(scripted(panic, True), stop, notes)
    assert stop.seconds == [2.0, 7.0]
    assert notes.told == [("part", f"unexpected {type(panic).__name__}"), ("part", "")]


def test_trouble_is_logged_when_it_begins_and_when_it_ends(caplog) -> None:  # type: ignore[no-untyped-def]
    down = StoreError("no network")
    with caplog.at_level("INFO"):
        keep_running(scripted(down, down, down, True, True), Waits(5), Notes())
    assert caplog.messages == ["part: no network", "part: well again"]


def test_what_cannot_be_noted_ends_nothing() -> None:
    stop = Waits(3)
    keep_running(scripted(True, StoreError("x"), True), stop, Notes(is_broken=True))
    assert len(stop.seconds) == 3


def test_one_part_fails_for_ever_and_the_others_never_hear_of_it() -> None:
    stop, busy = threading.Event(), threading.Barrier(3)

    def fail(context: WorkerContext) -> bool:
        raise RuntimeError

    def work(context: WorkerContext) -> bool:
        busy.wait(10)
        return context.rest(0.01)

    parts = [Worker("bad", fail, timedelta(0))]
    parts += [Worker(name, work, timedelta(0)) for name in ("one", "other")]
    runner = threading.Thread(target=run_workers, args=(parts, stop, Notes()))
    runner.start()
    for _ in range(20):
        busy.wait(10)
    stop.set()
    busy.abort()
    runner.join(10)
    assert not runner.is_alive()


def test_a_part_that_does_not_end_in_time_is_named() -> None:
    stop, end = threading.Event(), threading.Event()
    begun = threading.Event()

    def hang(context: WorkerContext) -> bool:
        begun.set()
        return end.wait(30)

    def ask(context: WorkerContext) -> bool:
        begun.wait(10)
        stop.set()
        return True

    parts = [Worker("hung", hang, timedelta(0)), Worker("fine", ask, timedelta(0))]
    try:
        assert run_workers(parts, stop, Notes(), patience=0.2) == ("hung",)
    finally:
        end.set()
