"""One round of what an installation does by itself: judge, report, digest.

Every part looks at what is due and writes down what it did in the same unit, so a round may be cut
short anywhere, run twice, or come weeks late, and nothing is done twice or lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from alerts.delivery.routing import Post
from alerts.messages import Kind
from alerts.texts.event_messages import changes_message
from portfolios.errors import PlanError, RebalancerError
from portfolios.marketdata.index_targets import with_targets
from portfolios.model.insights import Insights
from portfolios.model.market import Market
from portfolios.model.plan import Finding, Plan
from portfolios.model.portfolio import Portfolio
from portfolios.model.users import Person, Role
from portfolios.providers.quota.quota import Usage
from portfolios.store.portfolio_store import Store
from portfolios.values.display import counted
from rebalancer.usecases.monitoring.check import check, last_checked
from rebalancer.usecases.monitoring.data_alerts import doubts, scarce_credits
from rebalancer.usecases.monitoring.digest import send_digests
from rebalancer.usecases.monitoring.drift import drifts
from rebalancer.usecases.monitoring.due_reports import due_readers, report_to, unreported
from rebalancer.usecases.monitoring.housekeeping import tidy
from rebalancer.usecases.monitoring.round_analyses import Analyse, RoundAnalyses
from rebalancer.usecases.proposals.analysis import Analysis, analyse, findings_of
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.proposals.reoffer import resend_snoozed

log = logging.getLogger(__name__)

_PRICED_BY_A_MARKET = """
SELECT DISTINCT asset_id FROM holdings WHERE json_extract(document, '$.stated') IS NULL
"""
_T = TypeVar("_T")
GoesOn = Callable[[], bool]


@dataclass(slots=True)
class Round:
    """What one round did.

    Attributes:
        checked: portfolios judged.
        failed: portfolio -> why it could not be, or why it was not reported.
        again: proposals told again after a snooze.
        reports: weekly reports written.
        digests: digests written.
    """

    checked: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    again: int = 0
    reports: int = 0
    digests: int = 0

    def __str__(self) -> str:
        """Say it in one line."""
        again = f", {counted(self.again, 'proposal')} told again" if self.again else ""
        checked, reports = counted(self.checked, "portfolio"), counted(self.reports, "report")
        return f"{checked} checked, {reports}, {counted(self.digests, 'digest')}{again}"


@dataclass(frozen=True, slots=True)
class RoundInputs:
    """What a round looks at besides the database.

    Attributes:
        market: None while nothing was pulled; then nothing is judged.
        insights: what the provider of grades says.
        people: everybody.
        usages: of the providers' plans.
    """

    market: Market | None
    insights: Insights
    people: tuple[Person, ...]
    usages: tuple[Usage, ...] = ()


def run_round(
    store: Store,
    inputs: RoundInputs,
    *,
    now: datetime,
    goes_on: GoesOn = lambda: True,
    analyse: Analyse = analyse,
) -> Round:
    """Do everything that is due now; sending is another's work.

    Args:
        store: with the tables of alerts.
        inputs: what else there is.
        now: the moment.
        goes_on: asked before each portfolio and report; False ends the round early.
        analyse: estimates everything about a portfolio.
    """
    done = Round()
    market = inputs.market
    if market is not None:
        analyses = RoundAnalyses(market, analyse)
        for portfolio in _while(goes_on, store.list_portfolios()):
            _look_at(store, portfolio, analyses, inputs.people, now, done)
        _tell_of_data(store, market, inputs, now)
        _report(store, analyses, inputs, now, goes_on, done)
    if goes_on():
        done.digests = send_digests(store, inputs.people, now=now)
        tidy(store.database, now=now)
    return done


def _while(goes_on: GoesOn, every: Iterable[_T]) -> Iterator[_T]:
    for each in every:
        if not goes_on():
            return
        yield each


@contextmanager
def _alone(portfolio: str, done: Round) -> Iterator[None]:
    """Note what goes wrong with one portfolio, so that it holds up no other."""
    try:
        yield
    except RebalancerError as error:
        done.failed[portfolio] = str(error)
    except Exception as error:
        log.exception("%s failed in a round", portfolio)
        done.failed[portfolio] = f"unexpected {type(error).__name__}; the log says more"


def _look_at(
    store: Store,
    kept: Portfolio,
    analyses: RoundAnalyses,
    people: tuple[Person, ...],
    now: datetime,
    done: Round,
) -> None:
    with _alone(kept.name, done):
        analysis = analyses.of(with_targets(kept, store.database))
        findings = findings_of(analysis)
        plan = _plan(store, analysis, findings, done.failed)
        # A proposal tells of the drift that it mends.
        # A proposal says it better; what was told of drift stays as it is.
        outside = None if plan and plan.trades else drifts(analysis)
        check(
            store,
            analysis,
            findings=findings,
            plan=plan,
            people=people,
            now=now,
            outside=outside,
        )
        done.checked += 1
    with _alone(kept.name, done):
        done.again += resend_snoozed(store, kept.name, people, now=now)


def _plan(
    store: Store, analysis: Analysis, findings: tuple[Finding, ...], failed: dict[str, str]
) -> Plan | None:
    """Return the proposal of the moment; zones are told even where none can be made."""
    name = analysis.portfolio.name
    looked = last_checked(store.database, name)
    try:
        return propose(analysis, findings=findings, requested=False, last_plan_at=looked).plan
    except PlanError as error:
        failed[name] = str(error)
        return None


def _tell_of_data(store: Store, market: Market, inputs: RoundInputs, now: datetime) -> None:
    """Tell the owners, at most once a day, what of the data needs a look."""
    held = {row["asset_id"] for row in store.database.rows(_PRICED_BY_A_MARKET)}
    lines = [*doubts(market, held), *scarce_credits(inputs.usages)]
    message = changes_message(
        "data",
        Kind.DATA,
        lines,
        key=f"data:{now.date().isoformat()}",
        as_of=now,
        what="things about the data need a look",
    )
    if message is not None:
        post = Post.of(store, now=now)
        with store.database.transaction():
            post.send(message, [p for p in inputs.people if p.role is Role.OWNER])


def _report(
    store: Store,
    analyses: RoundAnalyses,
    inputs: RoundInputs,
    now: datetime,
    goes_on: GoesOn,
    done: Round,
) -> None:
    readers = due_readers(store, inputs.people, now=now)
    for portfolio, concerned in _while(goes_on, unreported(store, readers)):
        with _alone(portfolio.name, done):
            analysis = analyses.of(with_targets(portfolio, store.database))
            for was_new in _while(
                goes_on, report_to(store, analysis, inputs.insights, concerned, now=now)
            ):
                done.reports += was_new
