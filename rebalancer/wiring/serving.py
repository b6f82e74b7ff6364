"""One round of what an installation does by itself: pull, judge, report, digest, deliver.

Every part looks at what is due and writes down what it did in the same unit, so a round may be cut
short anywhere, run twice, or come weeks late, and nothing is done twice or lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alerts.dispatch import DispatchReport
from alerts.messages import Kind
from alerts.outbox import Outbox
from alerts.pace import Pace
from alerts.preferences import DIGEST_AT
from alerts.preferencestore import PreferenceStore
from alerts.routing import CHANNELS, Post
from alerts.telling import changes_message, digest_message
from portfolios.done import mark_done, was_done
from portfolios.errors import PlanError, RebalancerError, UsageError
from portfolios.holdings import Portfolio
from portfolios.market import Market
from portfolios.marketdata.following import with_targets
from portfolios.marketdata.insights import Insights
from portfolios.people import Person, Role
from portfolios.plans import Plan
from portfolios.providers.names import COINGECKO, TOKENMETRICS
from portfolios.schedule import Due, daily, offset_of, weekly
from portfolios.store import Store
from rebalancer.service.check import check, last_looked
from rebalancer.service.datanews import doubts, scarce_credits
from rebalancer.service.drifting import drifts
from rebalancer.service.propose import judge_portfolio, propose
from rebalancer.settings.model import Settings
from rebalancer.wiring.delivering import deliver_now, now, open_office, people_of
from rebalancer.wiring.live import ledger_of
from rebalancer.wiring.weekly import make_report, send_report

log = logging.getLogger(__name__)

_PRICED_BY_A_MARKET = """
SELECT DISTINCT asset_id FROM holdings WHERE json_extract(document, '$.stated') IS NULL
"""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did.

    Attributes:
        checked: portfolios judged.
        failed: portfolio -> why it could not be.
        reports: weekly reports written.
        digests: digests written.
        delivered: None where no channel is set up.
    """

    checked: int
    failed: dict[str, str]
    reports: int
    digests: int
    delivered: DispatchReport | None


def serve_once(
    settings: Settings, market: Market, insights: Insights, *, pace: Pace | None = None
) -> Round:
    """Do everything that is due now, and send it.

    Args:
        settings: database, people, channels.
        market: freshly pulled.
        insights: what the provider of grades says.
        pace: kept from round to round by who serves for long.
    """
    with open_office(settings) as store:
        moment = now()
        people = people_of(settings, store.database)
        failed: dict[str, str] = {}
        checked = sum(_checked(store, market, people, moment, failed))
        _tell_of_data(settings, store, market, people, moment)
        reports = sum(_reported(settings, store, market, insights, people, moment))
        digests = sum(_digested(store, people, moment))
        try:
            delivered = deliver_now(settings, store.database, pace=pace)
        except UsageError as error:
            log.info("%s", error)
            delivered = None
    return Round(checked, failed, reports, digests, delivered)


def _checked(
    store: Store,
    market: Market,
    people: tuple[Person, ...],
    moment: datetime,
    failed: dict[str, str],
) -> Iterator[int]:
    for kept in store.list_portfolios():
        try:
            portfolio = with_targets(kept, store.database)
            findings = judge_portfolio(portfolio, market)
            plan = _plan(store, portfolio, market, failed)
            # A proposal tells of the drift that it mends.
            outside = {} if plan and plan.trades else drifts(portfolio, market)
        except RebalancerError as error:
            failed[kept.name] = str(error)
            continue
        check(
            store,
            portfolio,
            market,
            findings=findings,
            plan=plan,
            people=people,
            now=moment,
            outside=outside,
        )
        yield 1


def _tell_of_data(
    settings: Settings,
    store: Store,
    market: Market,
    people: tuple[Person, ...],
    moment: datetime,
) -> None:
    """Tell the owners, at most once a day, what of the data needs a look."""
    held = {row["asset_id"] for row in store.database.rows(_PRICED_BY_A_MARKET)}
    usages = [ledger_of(settings, store.database).usage(p) for p in (COINGECKO, TOKENMETRICS)]
    lines = [*doubts(market, held), *scarce_credits(usages)]
    message = changes_message(
        "data",
        Kind.DATA,
        lines,
        key=f"data:{moment.date().isoformat()}",
        as_of=moment,
        what="things about the data need a look",
    )
    if message is not None:
        post = Post(Outbox(store.database), PreferenceStore(store.database), now=moment)
        with store.database.transaction():
            post.send(message, [p for p in people if p.role is Role.OWNER])


def _plan(
    store: Store, portfolio: Portfolio, market: Market, failed: dict[str, str]
) -> Plan | None:
    """Return the proposal of the moment; zones are told even where none can be made."""
    looked = last_looked(store.database, portfolio.name)
    try:
        return propose(portfolio, market, requested=False, last_plan_at=looked).plan
    except PlanError as error:
        failed[portfolio.name] = str(error)
        return None


def _reported(
    settings: Settings,
    store: Store,
    market: Market,
    insights: Insights,
    people: tuple[Person, ...],
    moment: datetime,
) -> Iterator[int]:
    preferences = PreferenceStore(store.database)
    for person in people:
        offset = offset_of(person.name, people=len(people))
        due = weekly(moment, person.timezone, offset=offset)
        if not due.is_due(moment):
            continue
        held = tuple(m.headline for c in CHANNELS for m in preferences.held_back(person.name, c))
        for portfolio in store.list_portfolios():
            if _is_open(store, person, portfolio, due):
                made = make_report(
                    store,
                    with_targets(portfolio, store.database),
                    market,
                    insights=insights,
                    week=due.period,
                    held_back=held,
                    is_late=due.is_late(moment),
                )
                yield send_report(settings, store, made, people=(person,))


def _is_open(store: Store, person: Person, portfolio: Portfolio, due: Due) -> bool:
    job = f"weekly:{portfolio.name}:{person.name}"
    return person.may_see(portfolio.name) and not was_done(store.database, job, due.period)


def _digested(store: Store, people: tuple[Person, ...], moment: datetime) -> Iterator[int]:
    preferences = PreferenceStore(store.database)
    post = Post(Outbox(store.database), preferences, now=moment)
    for person in people:
        due = daily(moment, person.timezone, at=DIGEST_AT)
        for channel in CHANNELS:
            held = preferences.held_back(person.name, channel)
            if not held:
                continue
            with store.database.transaction():
                job = f"digest:{channel}:{person.name}"
                if mark_done(store.database, job, due.period, at=moment):
                    message = digest_message(person.name, held, day=due.period, now=moment)
                    post.send(message, [person])
                    preferences.let_go(person.name, channel)
                    yield 1
