"""Nouns as rows of the database, and back; each fact is kept in one place only.

A portfolio's name, currency, cash and quantities are columns, so that they can be checked and
searched; the rest of it is one document. A plan is its own document.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from portfolios.documents.codec import from_json, to_json
from portfolios.documents.plan_json import dumps, plan_from_json, plan_to_json
from portfolios.errors import InputError, StoreError
from portfolios.model.decisions import Ruling, Verdict
from portfolios.model.plan import Plan
from portfolios.model.portfolio import Portfolio
from portfolios.store.database import Row
from portfolios.store.sqlite_file import RESTORE
from portfolios.values.canonical import read_utc, utc_text

_COLUMNS = ("name", "currency", "cash")
_HOLDING_COLUMNS = ("asset_id", "quantity")


def portfolio_rows(portfolio: Portfolio) -> tuple[Row, list[Row]]:
    """Return a portfolio's own row, and one for each holding."""
    document = to_json(portfolio)
    holdings = document.pop("holdings")
    return _row(document, _COLUMNS), [_row(each, _HOLDING_COLUMNS) for each in holdings]


def _row(document: Row, columns: Sequence[str]) -> Row:
    row = {key: document.pop(key) for key in columns}
    return {**row, "document": dumps(document)}


def portfolio_from_rows(rows: Sequence[Row]) -> Portfolio:
    """Read a portfolio from its own row joined with each of its holdings."""
    first = rows[0]
    try:
        holdings = [
            {key: row[key] for key in _HOLDING_COLUMNS} | json.loads(row["holding"])
            for row in rows
            if row["asset_id"] is not None
        ]
        document = {key: first[key] for key in _COLUMNS} | json.loads(first["document"])
        return from_json(Portfolio, document | {"holdings": holdings})
    except (TypeError, ValueError) as error:
        raise _unreadable(f"portfolio {first['name']!r}") from error


def plan_row(plan: Plan) -> Row:
    """Return a plan."""
    return {
        "plan_id": plan.plan_id,
        "inputs_hash": plan.inputs_hash,
        "portfolio": plan.portfolio,
        "as_of": utc_text(plan.as_of),
        "decision": plan.decision.value,
        "document": dumps(plan_to_json(plan)),
    }


def plan_from_row(row: Row) -> Plan:
    """Read a plan."""
    try:
        return plan_from_json(json.loads(row["document"]))
    except (InputError, ValueError) as error:
        raise _unreadable(f"plan {row['plan_id']}") from error


def ruling_row(ruling: Ruling) -> Row:
    """Return a decision."""
    return {
        "plan_id": ruling.plan_id,
        "verdict": ruling.verdict.value,
        "at": utc_text(ruling.at),
        "by": ruling.by,
        "until": None if ruling.until is None else utc_text(ruling.until),
    }


def ruling_from_row(row: Row) -> Ruling:
    """Read a decision."""
    return Ruling(
        plan_id=row["plan_id"],
        verdict=Verdict(row["verdict"]),
        at=read_utc(row["decided_at"]),
        by=row["decided_by"],
        until=None if row["until"] is None else read_utc(row["until"]),
    )


def _unreadable(what: str) -> StoreError:
    return StoreError(
        f"the stored {what} cannot be read",
        hint=f"install the newest version; if it is the newest, {RESTORE}",
    )
