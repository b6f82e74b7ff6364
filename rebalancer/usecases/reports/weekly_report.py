"""Makes a weekly report from the facts to its words and pictures, and tells it once a week."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.delivery.routing import Post
from alerts.messages import Kind, Message, Picture
from alerts.texts.weekly_message import weekly_message
from portfolios.model.insights import Insights
from portfolios.model.users import Person
from portfolios.model.weekly_facts import WeeklyReport
from portfolios.store.completed_jobs import CompletedJobs
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.analysis import Analysis
from rebalancer.usecases.reports.weekly_facts import weekly_report


@dataclass(frozen=True, slots=True)
class DrawnReport:
    """What a report tells every reader alike.

    Attributes:
        facts: of the week.
        findings: name of each picture and what it shows.
        pictures: as drawn.
    """

    facts: WeeklyReport
    findings: tuple[tuple[str, str], ...]
    pictures: tuple[Picture, ...]

    def told(self, held_back: Sequence[str] = ()) -> Report:
        """Put it into words for a reader, with the headlines that were held back for them."""
        message = weekly_message(self.facts, self.findings, held_back=held_back)
        return Report(self.facts, message, self.pictures)


@dataclass(frozen=True, slots=True)
class Report:
    """A report with its message and pictures."""

    facts: WeeklyReport
    message: Message
    pictures: tuple[Picture, ...]


def draw_report(
    store: Store | None,
    analysis: Analysis,
    *,
    insights: Insights,
    week: str = "",
    is_late: bool = False,
) -> DrawnReport:
    """Gather the facts of a week and draw its pictures."""
    # Drawing is loaded when it is first needed: most rounds write no report.
    from alerts.charts.weekly import charts

    facts = weekly_report(store, analysis, insights=insights, week=week, is_late=is_late)
    drawn = charts(facts)
    findings = tuple((picture.name, finding) for picture, finding in drawn)
    return DrawnReport(facts, findings, tuple(picture for picture, _ in drawn))


def make_report(
    store: Store | None, analysis: Analysis, *, insights: Insights, week: str = ""
) -> Report:
    """Gather the facts of a week and put them into words and pictures, for nobody in particular."""
    return draw_report(store, analysis, insights=insights, week=week).told()


def send_report(store: Store, made: Report, people: Iterable[Person], *, now: datetime) -> bool:
    """Write a report into the outbox for everybody it concerns, once for each person and week.

    Returns:
        False when everybody got the report of this week before.
    """
    post = Post.of(store, now=now)
    name, week = made.facts.portfolio, made.facts.week
    with store.database.transaction():
        fresh = [
            person
            for person in readers(store, name, people, now=now)
            if CompletedJobs(store.database).record(_job(name, person), week, at=now)
        ]
        post.send(made.message, fresh, pictures=made.pictures)
    return bool(fresh)


def readers(
    store: Store, portfolio: str, people: Iterable[Person], *, now: datetime
) -> tuple[Person, ...]:
    """Return those to whom the report of a portfolio is written: they may see it, and want it."""
    post = Post.of(store, now=now)
    return tuple(p for p in people if p.may_see(portfolio) and post.reaches(Kind.WEEKLY, p))


def was_reported(store: Store, portfolio: str, person: Person, week: str) -> bool:
    """Tell whether somebody got the report of a portfolio and week."""
    return CompletedJobs(store.database).contains(_job(portfolio, person), week)


def _job(portfolio: str, person: Person) -> str:
    return f"weekly:{portfolio}:{person.name}"
