"""`run` over many portfolios: streamed from the database, worked on side by side."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from portfolios.errors import NotFoundError, UsageError
from portfolios.model.plan import Decision, Zone, worst
from portfolios.values.display import counted
from rebalancer import wiring
from rebalancer.cli.context import Context
from rebalancer.cli.exit_codes import BY_ERROR, Exit

if TYPE_CHECKING:
    from portfolios.model.market import Market
    from portfolios.store.portfolio_store import Store
    from rebalancer.cli.views.fleet import Sink, Tally
    from rebalancer.settings import Resolved
    from rebalancer.usecases.fleet.batches import Shard
    from rebalancer.usecases.fleet.fleet import Batch, Done
    from rebalancer.usecases.fleet.worker import Outcome, Task

FEW = 20
"""Of so many portfolios each is shown whole; of more, a line."""
WORTH_PROCESSES = 100
"""From so many portfolios on, starting processes takes less time than it saves."""


@dataclass(frozen=True, slots=True)
class Many:
    """Which portfolios, and how they are worked on.

    Attributes:
        listed: a file with one name a line, `-` for standard input; None for all.
        shard: the part of them; None for all.
        workers: processes; None for as many as are worth it.
    """

    listed: str | None = None
    shard: Shard | None = None
    workers: int | None = None

    @property
    def is_asked_for(self) -> bool:
        """Tell whether a run over many was asked for in so many words."""
        return any(each is not None for each in (self.listed, self.shard, self.workers))


def many_of(listed: str | None, shard: str | None, workers: int | None) -> Many:
    """Read what the command line says of many portfolios.

    Raises:
        UsageError: the part is none.
    """
    if shard is None:
        return Many(listed, None, workers)
    from rebalancer.usecases.fleet.batches import shard_of

    return Many(listed, shard_of(shard), workers)


def refuse_of_many(options: list[str]) -> None:
    """Refuse what has a meaning for few portfolios only."""
    if options == ["--notify"]:
        raise UsageError(
            "--notify looks at few portfolios, which are named",
            hint="`rebalancer serve --once` judges all and tells what is news",
        )
    if options:
        raise UsageError(
            f"{' and '.join(options)} cannot go with many portfolios",
            hint="name one portfolio, without --portfolios, --shard and --workers",
        )


def sink_of(market: Market, *, as_json: bool, as_csv: bool) -> Sink:
    """Return what prints the plans of a run over many."""
    from rebalancer.cli.views.fleet import Csv, Json, Lines

    return Json(market.as_of) if as_json else Csv() if as_csv else Lines()


@dataclass(slots=True)
class _Results:
    """What came of the portfolios so far: printed at once, counted for the end.

    Attributes:
        sink: prints plans.
        tally: counts them.
        failure: the code of the first that failed.
        seen: codes that some plan speaks for.
    """

    sink: Sink
    tally: Tally
    failure: Exit = Exit.DONE
    seen: set[Exit] = field(default_factory=set)

    def take(self, outcome: Outcome) -> None:
        """Print and count one."""
        from rebalancer.cli.views.fleet import tell_failure

        self.tally.count(outcome)
        if outcome.plan is None:
            self.failure = self.failure or _code_of(outcome.kind)
            tell_failure(outcome)
            return
        self.sink.write(outcome.plan)
        if outcome.plan.decision is not Decision.HOLD:
            withheld = outcome.plan.decision is Decision.WITHHELD
            self.seen.add(Exit.STALE if withheld else Exit.CHANGES)
        if worst(tuple(finding.zone for finding in outcome.plan.zones)) is Zone.RED:
            self.seen.add(Exit.RED)

    def code(self, *, detailed: bool, fails_on_red: bool) -> Exit:
        """Return the exit code, as for a run over few."""
        asked = {Exit.STALE: True, Exit.RED: fails_on_red, Exit.CHANGES: detailed}
        spoken = (code for code, counts in asked.items() if counts and code in self.seen)
        return self.failure or next(spoken, Exit.DONE)


def _code_of(kind: type[Exception]) -> Exit:
    return next((code for base, code in BY_ERROR if issubclass(kind, base)), Exit.UNEXPECTED)


def is_many(context: Context) -> bool:
    """Tell whether all stored portfolios are more than are shown whole."""
    with wiring.open_store(wiring.settings_from(context.config), read_only=True) as store:
        return store.count() > FEW


def run_many(
    context: Context, many: Many, task: Task, sink: Sink, *, save: bool
) -> Callable[..., Exit]:
    """Propose for many portfolios: print as it goes, and keep the plans where that is asked for.

    Returns:
        What tells the exit code, from `detailed` and `fails_on_red`.
    """
    from rebalancer.cli.views.fleet import Tally, progress
    from rebalancer.usecases.fleet.run_record import RunRecord

    resolved, results = wiring.settings_from(context.config), _Results(sink, Tally())
    with ExitStack() as stack:
        store = stack.enter_context(wiring.open_store(resolved, read_only=not save))
        total = store.count()
        if not total:
            raise NotFoundError(
                "no portfolio is stored yet", hint="`rebalancer add FILE` keeps one"
            )
        record = RunRecord(store, task)
        batches = _batches(resolved, store, many, results, stack)
        left = record.left(batches) if save else batches
        advance = stack.enter_context(progress(total, is_quiet=context.quiet))
        for done in _worked_on(left, task, workers=_workers(many, total)):
            if save:
                record.keep(done, at=context.clock())
            for outcome in done[1]:
                results.take(outcome)
            sys.stdout.flush()  # whoever reads along sees what is kept
            advance(len(done[1]))
    sink.close()
    if record.before:
        context.tell(f"{counted(record.before, 'portfolio')} done before on the same data")
    context.tell(str(results.tally))
    return results.code


def _batches(
    resolved: Resolved, store: Store, many: Many, results: _Results, stack: ExitStack
) -> Iterator[Batch]:
    """Yield the portfolios, with the targets of the index that they follow."""
    from rebalancer.usecases.fleet.batches import Shard, every_portfolio, named
    from rebalancer.usecases.fleet.worker import Outcome

    def missing(name: str) -> None:
        hint = "`rebalancer list` shows what there is"
        results.take(Outcome(name, failure="no such portfolio", hint=hint, kind=NotFoundError))

    shard = many.shard or Shard()
    if many.listed is None:
        found = every_portfolio(store, shard)
    else:
        names = stack.enter_context(_lines(many.listed))
        found = named(store, names, shard, missing=missing)
    return ([wiring.with_index_targets(resolved, p) for p in batch] for batch in found)


@contextmanager
def _lines(file: str) -> Iterator[Iterable[str]]:
    """Open a file of names, `-` for standard input."""
    if file == "-":
        yield sys.stdin
        return
    try:
        with Path(file).open(encoding="utf-8") as lines:
            yield lines
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror}", hint="give a file with one name a line"
        ) from None


def _workers(many: Many, total: int) -> int:
    if many.workers is not None:
        return many.workers
    return len(os.sched_getaffinity(0)) if total >= WORTH_PROCESSES else 1


def _worked_on(batches: Iterator[Batch], task: Task, *, workers: int) -> Iterator[Done]:
    from rebalancer.usecases.fleet.fleet import alone, processes, shared_out

    if workers == 1:
        return alone(batches, task)
    return shared_out(processes(task, workers), batches, workers, task=task)
