"""What a worker does: propose for the portfolios it is handed, on the market it was given.

A worker has no database, no secret and no clock, so any number may run anywhere, and one that dies
loses nothing but its batch.
"""

from __future__ import annotations

import copyreg
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import parent_process
from threading import Thread
from types import MappingProxyType

from portfolios.errors import RebalancerError
from portfolios.model.market import Market
from portfolios.model.plan import Finding, Plan
from portfolios.model.policy import Mode
from portfolios.model.portfolio import Portfolio
from rebalancer.optimiser.exact import method
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.propose import propose


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one portfolio.

    Attributes:
        portfolio: its name.
        plan: None where none could be made.
        findings: its zones now.
        failure: why there is no plan, empty where there is one; `hint` says what to do.
        kind: the type of the error.
    """

    portfolio: str
    plan: Plan | None = None
    findings: tuple[Finding, ...] = ()
    failure: str = ""
    hint: str = ""
    kind: type[Exception] = Exception


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of every portfolio of a run."""

    market: Market
    mode: Mode | None = None


_given: list[Task] = []


def begin(task: Task) -> None:
    """Get ready for a run, once in each process that works for another."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever was interrupted ends their workers
    Thread(target=_end_with_parent, daemon=True).start()
    method.use_compiled()
    _given[:] = [task]


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however that died."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def proposed(batch: Sequence[Portfolio]) -> list[Outcome]:
    """Return what becomes of each portfolio of a batch, in the process that `begin` prepared."""
    return [outcome_of(portfolio, _given[0]) for portfolio in batch]


def outcome_of(portfolio: Portfolio, task: Task) -> Outcome:
    """Return what becomes of one portfolio; what goes wrong with it is no other's matter."""
    try:
        analysis = analyse(portfolio, task.market, mode=task.mode)
        findings = findings_of(analysis)
        plan = propose(analysis, findings=findings).plan
    except RebalancerError as error:
        return Outcome(portfolio.name, None, (), str(error), error.hint, type(error))
    except Exception as error:  # a fault of the program is reported, and holds up nobody
        words = f"unexpected {type(error).__name__}: {error}"
        return Outcome(portfolio.name, None, (), words, "run it alone to see more", type(error))
    return Outcome(portfolio.name, plan, findings)


Proxy = MappingProxyType[object, object]


def _proxied(mapping: dict[object, object]) -> Proxy:
    return MappingProxyType(mapping)


def _taken_apart(proxy: Proxy) -> tuple[Callable[[dict[object, object]], Proxy], tuple[object]]:
    return _proxied, (dict(proxy),)


copyreg.pickle(MappingProxyType, _taken_apart)  # so that a market can be handed over
