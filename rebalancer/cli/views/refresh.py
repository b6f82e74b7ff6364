"""A refresh as people follow it and read it afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from portfolios.providers import providing
from portfolios.providers.provider import Capability
from portfolios.values.display import counted, few
from rebalancer.cli.console import say, table
from rebalancer.usecases.refresh import report as report
from rebalancer.usecases.refresh.report import RefreshReport, Watch

FEW = 5
"""So many names are listed; of more, the number must do."""
NOTABLE_WAIT = 3.0


@dataclass(frozen=True, slots=True)
class Watcher:
    """Tells the person how far a refresh is, and why it waits."""

    watch: Watch
    wait: Callable[[float], None]
    announce: Callable[[float], None]


@contextmanager
def watching(*, is_quiet: bool) -> Iterator[Watcher]:
    """Show progress on a terminal; elsewhere only waits are worth a line."""
    console = Console(stderr=True)
    if is_quiet or not console.is_terminal:
        silent = Watcher(lambda _: None, time.sleep, lambda _: None)
        yield silent if is_quiet else Watcher(lambda _: None, _told_wait, _told_refusal)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("asking", total=None)

        def watch(progress: report.Progress) -> None:
            bar.update(
                task, description=progress.job, completed=progress.done, total=progress.total
            )

        def wait(seconds: float) -> None:
            if seconds >= NOTABLE_WAIT:
                bar.update(task, description=f"waiting {seconds:.0f} s, as the plan demands")
            time.sleep(seconds)

        def announce(seconds: float) -> None:
            bar.update(task, description=f"asked to wait {seconds:.0f} s")

        yield Watcher(watch, wait, announce)


@contextmanager
def counting(what: str, *, is_quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show how far something long is, on a terminal only."""
    console = Console(stderr=True)
    if is_quiet or not console.is_terminal:
        yield lambda *_: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _told_wait(seconds: float) -> None:
    if seconds >= NOTABLE_WAIT:
        say(f"waiting {seconds:.0f} s: the plan allows no more calls in this minute")
    time.sleep(seconds)


def _told_refusal(seconds: float) -> None:
    say(f"too many calls for the provider, which asks to wait {seconds:.0f} s")


def show_refresh(console: Console, report: RefreshReport, *, has_grades: bool) -> None:
    """Print what a refresh brought, and what it did not."""
    grid = table("", "")
    for name, text in _lines(report, has_grades=has_grades):
        grid.add_row(name, text)
    grid.show_header = False
    console.print(grid)


def _lines(report: RefreshReport, *, has_grades: bool) -> Iterator[tuple[str, str]]:
    yield "prices", f"{len(report.priced)} new"
    if report.histories:
        yield "history", f"{len(report.histories)} fetched"
    if has_grades:
        yield "grades", f"{len(report.graded)} new"
    else:
        vendors = " or ".join(each.label for each in providing(Capability.GRADES))
        yield "grades", f"our own, from prices alone (no key of {vendors} is set)"
    for asset_id, reason in report.quarantined.items():
        yield "in doubt", f"{asset_id}: {reason}"
    if report.quarantined:
        yield "", "`rebalancer prices` shows what they are against, and how one is accepted"
    for asset_id, reason in report.unpaired.items():
        yield "no grades", f"{asset_id}: {reason}"
    if report.unknown:
        yield "unknown", f"{_some(report.unknown)}: no price there, so valued at zero, never traded"
    if report.unanswered:
        stays = "the last price stays and ages; without one nothing is proposed"
        yield "no answer", f"{_some(report.unanswered)}: {stays}"
    if report.left_out:
        yield "left out", f"{counted(report.left_out, 'asset')} beyond the size of one refresh"
    if report.recorded:
        yield "recorded", f"today's weights as the reference of {_some(report.recorded)}"
    yield "calls", f"{report.calls}; `rebalancer credits` shows what is left"


def _some(names: tuple[str, ...]) -> str:
    return few(names, FEW)


def tell_losses(report: RefreshReport, tell: Callable[[str], None]) -> None:
    """Say what could not be refreshed; data from before stay in use as long as they are fresh."""
    for loss in report.degradations:
        again = "" if loss.is_news else " (as before)"
        tell(f"{loss.job}: {loss.text}{again}")
        if loss.hint:
            tell(f"  {loss.hint}")
    if report.degradations:
        tell("what could not be had stays as it was; `rebalancer market` shows the ages")
