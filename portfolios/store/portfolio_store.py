"""Saves and loads the nouns: portfolios, plans, and the decisions taken on them.

Every verb is one transaction, or part of the caller's. Times are arguments: nothing here reads a
clock. A portfolio is replaced by saving it again; plans and decisions are only ever added.
"""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches
from itertools import groupby
from operator import itemgetter

from portfolios.errors import NotFoundError, StoreError
from portfolios.model.decisions import Ruling
from portfolios.model.plan import Plan
from portfolios.model.portfolio import Portfolio
from portfolios.store.database import Database, Row
from portfolios.store.row_mapping import (
    plan_from_row,
    plan_row,
    portfolio_from_rows,
    portfolio_rows,
    ruling_from_row,
    ruling_row,
)
from portfolios.values.canonical import read_utc, utc_text

_SAVE_PORTFOLIO = """
INSERT INTO portfolios (name, currency, cash, document, added_at, changed_at)
VALUES (:name, :currency, :cash, :document, :at, :at)
ON CONFLICT (name) DO UPDATE SET currency = excluded.currency, cash = excluded.cash,
    document = excluded.document, changed_at = excluded.changed_at
"""
_SAVE_HOLDING = """
INSERT INTO holdings (portfolio_id, asset_id, quantity, document)
SELECT portfolio_id, :asset_id, :quantity, :document FROM portfolios WHERE name = :name
"""
_SAVE_PLAN = """
INSERT INTO plans (plan_id, inputs_hash, portfolio, as_of, decision, document, saved_at)
VALUES (:plan_id, :inputs_hash, :portfolio, :as_of, :decision, :document, :at)
"""
_SAVE_RULING = """
INSERT INTO decisions (plan_id, verdict, decided_at, decided_by, until)
VALUES (:plan_id, :verdict, :at, :by, :until)
"""
# One query, so that another process cannot change the holdings between two.
_PORTFOLIOS = """
SELECT p.name, p.currency, p.cash, p.document, h.asset_id, h.quantity, h.document AS holding
FROM portfolios AS p LEFT JOIN holdings AS h USING (portfolio_id)
WHERE :name IS NULL OR p.name = :name ORDER BY p.name, h.asset_id
"""
_SOME_PORTFOLIOS = """
SELECT p.name, p.currency, p.cash, p.document, h.asset_id, h.quantity, h.document AS holding
FROM (SELECT * FROM portfolios WHERE name > :after ORDER BY name LIMIT :most) AS p
LEFT JOIN holdings AS h USING (portfolio_id) ORDER BY p.name, h.asset_id
"""
_UNRECORDED = """
SELECT name FROM portfolios WHERE json_extract(document, '$.recorded') IS NULL
    AND json_extract(document, '$.targets') IS NULL
    AND json_extract(document, '$.targets_from') = '' ORDER BY name
"""
_PLANS = "SELECT plan_id, document FROM plans WHERE :name IS NULL OR portfolio = :name"


class Store:
    """The nouns in the database; `database.transaction()` joins several verbs into one unit."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def save_portfolio(self, portfolio: Portfolio, *, at: datetime) -> None:
        """Save a portfolio under its name, in place of what bore the name before."""
        own, holdings = portfolio_rows(portfolio)
        name = portfolio.name
        with self.database.transaction():
            self.database.execute(_SAVE_PORTFOLIO, {**own, "at": utc_text(at)})
            self.database.execute(
                "DELETE FROM holdings WHERE portfolio_id ="
                " (SELECT portfolio_id FROM portfolios WHERE name = ?)",
                (name,),
            )
            for row in holdings:
                self.database.execute(_SAVE_HOLDING, {**row, "name": name})

    def load_portfolio(self, name: str) -> Portfolio:
        """Return the portfolio of this name.

        Raises:
            NotFoundError: when there is none.
        """
        found = self.find_portfolio(name)
        if found is None:
            raise self._no_portfolio(name)
        return found

    def find_portfolio(self, name: str) -> Portfolio | None:
        """Return the portfolio of this name; None where there is none."""
        rows = self.database.rows(_PORTFOLIOS, {"name": name})
        return portfolio_from_rows(rows) if rows else None

    def list_portfolios(self) -> tuple[Portfolio, ...]:
        """Return every portfolio, by name."""
        return _portfolios(self.database.rows(_PORTFOLIOS, {"name": None}))

    def portfolios_after(self, name: str, most: int) -> tuple[Portfolio, ...]:
        """Return the next portfolios after a name, by name; the first after an empty one."""
        found = self.database.rows(_SOME_PORTFOLIOS, {"after": name, "most": most})
        return _portfolios(found)

    def added(self) -> dict[str, datetime]:
        """Return when each portfolio was added, by name."""
        rows = self.database.rows("SELECT name, added_at FROM portfolios")
        return {row["name"]: read_utc(row["added_at"]) for row in rows}

    def count(self) -> int:
        """Return how many portfolios there are."""
        (row,) = self.database.rows("SELECT COUNT(*) AS number FROM portfolios")
        return int(row["number"])

    def unrecorded(self) -> tuple[str, ...]:
        """Return the names of the portfolios that have neither targets nor recorded weights."""
        rows = self.database.rows(_UNRECORDED)
        return tuple(row["name"] for row in rows)

    def remove_portfolio(self, name: str) -> None:
        """Forget a portfolio and its holdings; its plans stay in the history.

        Raises:
            NotFoundError: when there is none of this name.
        """
        with self.database.transaction():
            if not self.database.execute("DELETE FROM portfolios WHERE name = ?", (name,)):
                raise self._no_portfolio(name)

    def save_plan(self, plan: Plan, *, at: datetime) -> bool:
        """Save a plan for good; False when the very same plan was saved before.

        Raises:
            StoreError: when another plan bears the id: equal inputs must give equal plans.
        """
        row = plan_row(plan)
        with self.database.transaction():
            there = self.database.row("SELECT * FROM plans WHERE plan_id = ?", (plan.plan_id,))
            if there and there["document"] != row["document"]:
                raise StoreError(
                    f"plan {plan.plan_id} is stored already and differs",
                    hint=f"see the stored one with `rebalancer explain {plan.plan_id}`",
                )
            if not there:
                self.database.execute(_SAVE_PLAN, {**row, "at": utc_text(at)})
        return not there

    def saved_at(self, plan_id: str) -> datetime:
        """Return when a plan was saved.

        Raises:
            NotFoundError: when there is none of this id.
        """
        row = self.database.row("SELECT saved_at FROM plans WHERE plan_id = ?", (plan_id,))
        if row is None:
            raise NotFoundError(f"there is no plan {plan_id}", hint="`rebalancer history`")
        return read_utc(row["saved_at"])

    def load_plan(self, plan_id: str) -> Plan:
        """Return the plan with this id, or the only one whose id begins so.

        Raises:
            NotFoundError: when none does, or several do.
        """
        return plan_from_row(self._plan_row(plan_id))

    def plan_document(self, plan_id: str) -> bytes:
        """Return the document of a plan as it was saved; raises as `load_plan` does."""
        return str(self._plan_row(plan_id)["document"]).encode()

    def _plan_row(self, plan_id: str) -> Row:
        prefix = plan_id.strip().lower()
        found = self.database.rows(
            "SELECT plan_id, document FROM plans WHERE substr(plan_id, 1, ?) = ?"
            " ORDER BY plan_id = ? DESC, number LIMIT 6",
            (len(prefix), prefix, prefix),
        )
        if not prefix or not found:
            raise NotFoundError(f"there is no plan {plan_id!r}", hint="see `rebalancer history`")
        if len(found) > 1 and found[0]["plan_id"] != prefix:
            ids = ", ".join(row["plan_id"] for row in found[:5])
            raise NotFoundError(
                f"several plans begin with {prefix}: {ids}", hint="write more of it"
            )
        return found[0]

    def plans(self, name: str | None = None) -> tuple[Plan, ...]:
        """Return the plans of one portfolio, or of all, in the order they were saved."""
        rows = self.database.rows(f"{_PLANS} ORDER BY number", {"name": name})
        return tuple(plan_from_row(row) for row in rows)

    def decisions(self, plan_id: str) -> tuple[Ruling, ...]:
        """Return what was decided on the plan with this whole id, oldest first."""
        rows = self.database.rows(
            "SELECT * FROM decisions WHERE plan_id = ? ORDER BY number", (plan_id,)
        )
        return tuple(ruling_from_row(row) for row in rows)

    def add_decision(self, ruling: Ruling) -> None:
        """Write a decision down; what may be decided is for the caller to know.

        Raises:
            StoreError: when there is no plan of this whole id, or a snooze has no end.
        """
        with self.database.transaction():
            self.database.execute(_SAVE_RULING, ruling_row(ruling))

    def _no_portfolio(self, name: str) -> NotFoundError:
        known = [row["name"] for row in self.database.rows("SELECT name FROM portfolios")]
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "`rebalancer list` shows what there is"
        return NotFoundError(f"there is no portfolio {name!r}", hint=hint)


def _portfolios(rows: list[Row]) -> tuple[Portfolio, ...]:
    return tuple(portfolio_from_rows(list(own)) for _, own in groupby(rows, itemgetter("name")))
