"""Proposals that were put before people: each time is written down, and the last one counts.

A plan says what could be done; an offer asks for a word on it. The same plan may be offered again,
and what was decided before then does not answer the new offer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portfolios.model.plan import Plan
from portfolios.store.database import Database, Row
from portfolios.values.canonical import read_utc, utc_text

_OFFER = """
INSERT INTO offers (plan_id, portfolio, at, decided_before)
SELECT :plan_id, :portfolio, :at, count(*) FROM decisions WHERE plan_id = :plan_id
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """One time a plan was put before people.

    Attributes:
        number: grows with each offer.
        plan_id: the whole id.
        at: when.
        decided_before: decisions on the plan that are older than the offer.
    """

    number: int
    plan_id: str
    at: datetime
    decided_before: int


class Offers:
    """When each plan was put before people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, plan: Plan, *, at: datetime) -> None:
        """Write down that a kept plan is offered; part of the caller's transaction."""
        given = {"plan_id": plan.plan_id, "portfolio": plan.portfolio, "at": utc_text(at)}
        with self._database.transaction():
            self._database.execute(_OFFER, given)

    def newest(self, portfolio: str) -> Offer | None:
        """Return the offer that is the last of its portfolio."""
        return self._newest("portfolio", portfolio)

    def of_plan(self, plan_id: str) -> Offer | None:
        """Return the last offer of a plan; None where it was never put before anybody."""
        return self._newest("plan_id", plan_id)

    def after(self, portfolio: str, number: int) -> Offer | None:
        """Return the offer of a portfolio that came next after the one of this number."""
        row = self._database.row(
            "SELECT * FROM offers WHERE portfolio = ? AND number > ? ORDER BY number LIMIT 1",
            (portfolio, number),
        )
        return None if row is None else _read(row)

    def _newest(self, column: str, value: str) -> Offer | None:
        row = self._database.row(
            f"SELECT * FROM offers WHERE {column} = ? ORDER BY number DESC LIMIT 1",  # noqa: S608
            (value,),
        )
        return None if row is None else _read(row)


def _read(row: Row) -> Offer:
    return Offer(row["number"], row["plan_id"], read_utc(row["at"]), row["decided_before"])
