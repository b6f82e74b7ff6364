"""A weekly report with its faces: text, page, mail."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from alerts.channels.email.mime import compose
from alerts.channels.envelope import Envelope
from portfolios.model.insights import Insights
from portfolios.store.portfolio_store import Store
from rebalancer.settings.model import Settings
from rebalancer.usecases.proposals.analysis import Analysis
from rebalancer.usecases.reports import weekly_report
from rebalancer.wiring.channels import html_of, text_of
from rebalancer.wiring.delivery import people_of


@dataclass(frozen=True, slots=True)
class Report(weekly_report.Report):
    """A report that can be shown."""

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
    store: Store | None, analysis: Analysis, *, insights: Insights, week: str = ""
) -> Report:
    """Gather the facts of a week and put them into words and pictures."""
    made = weekly_report.make_report(store, analysis, insights=insights, week=week)
    return Report(made.facts, made.message, made.pictures)


def send_report(settings: Settings, store: Store, made: Report, *, now: datetime) -> bool:
    """Write a report into the outbox for everybody it concerns, once for each person and week.

    Returns:
        False when everybody got the report of this week before.
    """
    return weekly_report.send_report(store, made, people_of(settings, store.database), now=now)
