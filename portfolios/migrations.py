"""The tables of this package, as numbered steps that are never edited once released.

Quantities and money are TEXT, checked to be plain non-negative decimals; REAL would round them.
Plans and decisions are append-only, held to by triggers. A plan names its portfolio instead of
pointing at it, so that it outlives the portfolio.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

PORTFOLIOS = Migrations("portfolios")

_PORTFOLIO_TABLES = """
CREATE TABLE portfolios (
    portfolio_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    currency TEXT NOT NULL CHECK (currency <> '' AND currency = lower(currency)),
    cash TEXT NOT NULL CHECK (cash GLOB '[0-9]*' AND cash NOT GLOB '*[^0-9.]*'),
    document TEXT NOT NULL CHECK (json_valid(document)),
    added_at TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT;

CREATE TABLE holdings (
    portfolio_id INTEGER NOT NULL REFERENCES portfolios ON DELETE CASCADE,
    asset_id TEXT NOT NULL CHECK (asset_id NOT IN ('', 'cash')),
    quantity TEXT NOT NULL CHECK (quantity GLOB '[0-9]*' AND quantity NOT GLOB '*[^0-9.]*'),
    document TEXT NOT NULL CHECK (json_valid(document)),
    PRIMARY KEY (portfolio_id, asset_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX holdings_by_asset ON holdings (asset_id);
"""

_PLAN_TABLES = """
CREATE TABLE plans (
    number INTEGER PRIMARY KEY,
    plan_id TEXT NOT NULL UNIQUE CHECK (plan_id <> ''),
    inputs_hash TEXT NOT NULL UNIQUE CHECK (inputs_hash <> ''),
    portfolio TEXT NOT NULL CHECK (portfolio <> ''),
    as_of TEXT NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('trade', 'hold', 'withheld')),
    document TEXT NOT NULL CHECK (json_valid(document)),
    saved_at TEXT NOT NULL
) STRICT;

CREATE INDEX plans_by_portfolio ON plans (portfolio, number);

CREATE TABLE decisions (
    number INTEGER PRIMARY KEY,
    plan_id TEXT NOT NULL REFERENCES plans (plan_id),
    verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'skip', 'snooze', 'apply')),
    decided_at TEXT NOT NULL,
    decided_by TEXT NOT NULL CHECK (decided_by <> ''),
    until TEXT CHECK ((until IS NOT NULL) = (verdict = 'snooze'))
) STRICT;

CREATE INDEX decisions_by_plan ON decisions (plan_id, number);
CREATE UNIQUE INDEX applied_once ON decisions (plan_id) WHERE verdict = 'apply';
"""

_APPEND_ONLY = """
CREATE TRIGGER {table}_never_{event} BEFORE {event} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END;
"""


@PORTFOLIOS()
def m001_portfolios(db: Database) -> None:
    """Keep portfolios and what they hold."""
    db.executescript(_PORTFOLIO_TABLES)


@PORTFOLIOS()
def m002_plans_and_decisions(db: Database) -> None:
    """Keep plans and what was decided on them, for good."""
    db.executescript(_PLAN_TABLES)
    for table in ("plans", "decisions"):
        for event in ("UPDATE", "DELETE"):
            db.executescript(_APPEND_ONLY.format(table=table, event=event))
