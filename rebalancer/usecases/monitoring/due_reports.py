"""The weekly reports that are due: each portfolio's is made once and worded for every reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.channels import CHANNELS
from alerts.delivery.recipients import concerning
from alerts.delivery.routing import Post
from alerts.messages import Kind, Message
from alerts.preferences.store import PreferenceStore
from portfolios.model.insights import Insights
from portfolios.model.portfolio import Portfolio
from portfolios.model.users import Person
from portfolios.store.portfolio_store import Store
from portfolios.values.schedule import offset_of, weekly
from rebalancer.usecases.proposals.analysis import Analysis
from rebalancer.usecases.reports.weekly_report import (
    DrawnReport,
    draw_report,
    send_report,
    was_reported,
)


@dataclass(frozen=True, slots=True)
class DueReader:
    """Somebody whose weekly reports are due.

    Attributes:
        week: that is due, in its ISO name, and since when.
        is_late: noticeably after its time.
        held_back: what waits for their digests.
    """

    person: Person
    week: str
    due_at: datetime
    is_late: bool
    held_back: tuple[Message, ...]


def due_readers(store: Store, people: Sequence[Person], *, now: datetime) -> list[DueReader]:
    """Return those who want weekly reports, whose week is due, and who were there by then."""
    post, found = Post.of(store, now=now), []
    for person in people:
        offset = offset_of(person.name, people=len(people))
        due = weekly(now, person.timezone, offset=offset)
        is_new = person.reached_since is not None and person.reached_since > due.at
        if due.is_due(now) and not is_new and post.reaches(Kind.WEEKLY, person):
            held = _held_back(store, person)
            found.append(DueReader(person, due.period, due.at, due.is_late(now), held))
    return found


def unreported(
    store: Store, readers: Sequence[DueReader]
) -> Iterator[tuple[Portfolio, list[DueReader]]]:
    """Yield each portfolio with those who may see it and have no report of it for their week.

    What was added since their week was due has its first report in the next one.

    The work grows with the reports, not with all people times all portfolios.
    """
    if not readers:
        return
    everywhere = [reader for reader in readers if reader.person.sees_all]
    some, added = _by_portfolio(readers), store.added()
    for portfolio in store.list_portfolios():
        concerned = (*everywhere, *some.get(portfolio.name, ()))
        old = [r for r in concerned if added[portfolio.name] <= r.due_at]
        left = [r for r in old if not was_reported(store, portfolio.name, r.person, r.week)]
        if left:
            yield portfolio, left


def report_to(
    store: Store,
    analysis: Analysis,
    insights: Insights,
    readers: Iterable[DueReader],
    *,
    now: datetime,
) -> Iterator[bool]:
    """Write the report of one portfolio to each reader; yield whether it was new to them."""
    drawn: dict[tuple[str, bool], DrawnReport] = {}
    for reader in readers:
        key = (reader.week, reader.is_late)
        if key not in drawn:
            drawn[key] = draw_report(
                store, analysis, insights=insights, week=reader.week, is_late=reader.is_late
            )
        told = concerning(reader.person, reader.held_back)
        made = drawn[key].told([message.headline for message in told])
        yield send_report(store, made, [reader.person], now=now)


def _by_portfolio(readers: Iterable[DueReader]) -> dict[str, list[DueReader]]:
    found: defaultdict[str, list[DueReader]] = defaultdict(list)
    for reader in readers:
        for name in () if reader.person.sees_all else reader.person.portfolios:
            found[name].append(reader)
    return found


def _held_back(store: Store, person: Person) -> tuple[Message, ...]:
    kept = PreferenceStore(store.database)
    return tuple(m for c in sorted(CHANNELS) for m in kept.held_back(person.name, c))
