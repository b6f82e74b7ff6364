"""Makes a weekly report from the facts to its faces, and sends it once a week and person."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from alerts.channels import Envelope
from alerts.channels.composing import compose
from alerts.charts import charts
from alerts.messages import Message, Picture
from alerts.outbox import Outbox
from alerts.preferencestore import PreferenceStore
from alerts.routing import Post
from alerts.weekly import weekly_message
from portfolios.done import mark_done
from portfolios.holdings import Portfolio
from portfolios.market import Market
from portfolios.marketdata.insights import Insights
from portfolios.people import Person
from portfolios.reports import WeeklyReport
from portfolios.store import Store
from rebalancer.service.weekly import weekly_report
from rebalancer.settings.model import Settings
from rebalancer.wiring.delivering import html_of, now, people_of, text_of


@dataclass(frozen=True, slots=True)
class Report:
    """A report with its message and pictures."""

    facts: WeeklyReport
    message: Message
    pictures: tuple[Picture, ...]

    @property
    def text(self) -> str:
        """The whole report as text."""
        return text_of(self.message)

    @property
    def page(self) -> str:
        """The report as a page that stands by itself, pictures included."""
        html = html_of(self.message)
        for picture in self.pictures:
            inside = base64.b64encode(picture.png).decode()
            html = html.replace(f"cid:{picture.name}", f"data:image/png;base64,{inside}")
        return html

    def mail(self, sender: str, *, to: str = "you@example.org") -> bytes:
        """The report as a mail program reads it."""
        return compose(
            Envelope(0, to, self.message, self.pictures),
            sender=sender if "@" in sender else f"{sender}@localhost",
            text=self.text,
            html=html_of(self.message),
            sent_at=self.facts.as_of,
        ).as_bytes()


def make_report(
    store: Store | None,
    portfolio: Portfolio,
    market: Market,
    *,
    insights: Insights,
    week: str = "",
    held_back: tuple[str, ...] = (),
    is_late: bool = False,
) -> Report:
    """Gather the facts of a week and put them into words and pictures."""
    facts = weekly_report(store, portfolio, market, insights=insights, week=week, is_late=is_late)
    drawn = charts(facts)
    message = weekly_message(
        facts, [(picture.name, finding) for picture, finding in drawn], held_back=held_back
    )
    return Report(facts, message, tuple(picture for picture, _ in drawn))


def send_report(
    settings: Settings, store: Store, made: Report, *, people: tuple[Person, ...] | None = None
) -> bool:
    """Write a report into the outbox for everybody it concerns, once for each person and week.

    Returns:
        False when everybody got the report of this week before.
    """
    moment: datetime = now()
    everybody = people_of(settings, store.database) if people is None else people
    post = Post(Outbox(store.database), PreferenceStore(store.database), now=moment)
    name, week = made.facts.portfolio, made.facts.week
    with store.database.transaction():
        fresh = [
            person
            for person in everybody
            if person.may_see(name)
            and mark_done(store.database, f"weekly:{name}:{person.name}", week, at=moment)
        ]
        post.send(made.message, fresh, pictures=made.pictures)
    return bool(fresh)
