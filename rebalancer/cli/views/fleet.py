"""What a run over many portfolios prints while it goes on: nothing is kept until the end."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from portfolios.documents.plan_json import RUN_SCHEMA, dumps, plan_to_json
from portfolios.documents.trades_csv import trades_csv
from portfolios.model.plan import Decision, Plan
from portfolios.values import display
from portfolios.values.canonical import utc_text
from portfolios.values.display import counted
from rebalancer.cli.console import say
from rebalancer.usecases.fleet.worker import Outcome

WORDS = {
    Decision.TRADE: "propose trades",
    Decision.HOLD: "need none",
    Decision.WITHHELD: "are withheld",
}


class Sink(Protocol):
    """Where plans go, one at a time."""

    def write(self, plan: Plan) -> None:
        """Print one plan."""

    def close(self) -> None:
        """Print what comes after the last."""


class Lines:
    """A line for each portfolio that is to trade, or for which nothing can be proposed."""

    def write(self, plan: Plan) -> None:
        """Print one plan, unless everything is in range."""
        if plan.decision is Decision.HOLD:
            return
        sys.stdout.write(f"{display.marked(_line(plan), is_sample=plan.is_sample)}\n")

    def close(self) -> None:
        """Print nothing more."""


class Json:
    """The document of `run --json`, written as it grows: one plan a line."""

    def __init__(self, as_of: datetime) -> None:
        head = {"schema": RUN_SCHEMA, "as_of": utc_text(as_of)}
        self._first = f'{json.dumps(head)[:-1]}, "plans": [\n'
        self._before = self._first

    def write(self, plan: Plan) -> None:
        """Print one plan."""
        sys.stdout.write(f"{self._before}{dumps(plan_to_json(plan))}")
        self._before = ",\n"

    def close(self) -> None:
        """End the document."""
        start = self._first if self._before is self._first else "\n"
        sys.stdout.write(f"{start}]}}\n")


class Csv:
    """One trade a row."""

    def __init__(self) -> None:
        self._is_first = True

    def write(self, plan: Plan) -> None:
        """Print the trades of one plan."""
        self._put(trades_csv([plan]))

    def close(self) -> None:
        """Print the header where there was no plan."""
        if self._is_first:
            self._put(trades_csv([]))

    def _put(self, text: str) -> None:
        sys.stdout.write(text if self._is_first else text.split("\n", maxsplit=1)[1])
        self._is_first = False


class Tally:
    """How many portfolios came to what."""

    def __init__(self) -> None:
        self.decisions, self.failed = Counter[Decision](), 0

    def count(self, outcome: Outcome) -> None:
        """Count one portfolio."""
        if outcome.plan is None:
            self.failed += 1
        else:
            self.decisions[outcome.plan.decision] += 1

    def __str__(self) -> str:
        """Say it in one line."""
        whole = counted(self.decisions.total() + self.failed, "portfolio")
        parts = [f"{n:,} {WORDS[what]}" for what, n in sorted(self.decisions.items()) if n]
        failed = [f"{self.failed:,} failed"] if self.failed else []
        return f"{whole}: {', '.join([*parts, *failed]) or 'nothing to do'}"


@contextmanager
def progress(total: int, *, is_quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how far a run is, and how long it will take; yields what counts on."""
    console = Console(stderr=True)
    if is_quiet or not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("proposing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda number: bar.advance(task, number)


def tell_failure(outcome: Outcome) -> None:
    """Say why there is no plan for a portfolio, and what to do."""
    say(f"{outcome.portfolio}: {outcome.failure}")
    if outcome.hint:
        say(f"  {outcome.hint}")


def _line(plan: Plan) -> str:
    if plan.decision is Decision.WITHHELD:
        return f"{plan.portfolio}: withheld: {plan.reason}"
    moved = display.percent(plan.turnover)
    drift = f"drift {display.percent(plan.drift)} -> {display.percent(plan.proposed_drift)}"
    trades = counted(len(plan.trades), "trade")
    return f"{plan.portfolio}: {trades}, turnover {moved}, {drift}; {plan.reason}; {plan.plan_id}"
