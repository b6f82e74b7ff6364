"""How the tables of this package came to be: numbered steps, never edited once released."""

from __future__ import annotations

import re
import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from portfolios.store.schema import (
    ACCEPTANCE_TABLE,
    ADDRESSES_BY_CHANNEL,
    APPEND_ONLY,
    ASSET_TABLES,
    BEAT_TABLE,
    CHAT_TABLES,
    CREDIT_TABLES,
    DENIAL_COLUMNS,
    GRADE_TABLES,
    LASTING_COLUMNS,
    LEASE_TABLE,
    LEVEL_COLUMNS,
    LINK_TABLES,
    OFFER_TABLE,
    PAUSE_TABLE,
    PEOPLE_TABLES,
    PLAN_TABLES,
    PORTFOLIO_TABLES,
    PRICE_TABLES,
    REFRESH_TABLES,
    TURN_TABLE,
)

PORTFOLIOS = Migrations("portfolios")


def run_script(db: Database, script: str) -> None:
    """Run the statements of a script one by one, in the transaction that is open.

    `sqlite3` would commit it before a script, and sqlite-utils looks for the end of a statement
    after every letter, which made a new database slow to create.
    """
    statement = ""
    for part in re.split("(?<=;)", script):
        statement += part
        if sqlite3.complete_statement(statement):
            db.conn.execute(statement)
            statement = ""
    if statement.strip():
        db.conn.execute(statement)


@PORTFOLIOS()
def m001_portfolios(db: Database) -> None:
    """Keep portfolios and what they hold."""
    run_script(db, PORTFOLIO_TABLES)


@PORTFOLIOS()
def m002_plans_and_decisions(db: Database) -> None:
    """Keep plans and the decisions on them; neither is ever changed."""
    run_script(db, PLAN_TABLES)
    for table in ("plans", "decisions"):
        for event in ("UPDATE", "DELETE"):
            run_script(db, APPEND_ONLY.format(table=table, event=event))


@PORTFOLIOS()
def m003_credits(db: Database) -> None:
    """Count every call to a provider, and remember who is left alone until when."""
    run_script(db, CREDIT_TABLES)


@PORTFOLIOS()
def m004_market_data(db: Database) -> None:
    """Keep assets, prices, daily bars, grades, and what was asked of whom."""
    for tables in (ASSET_TABLES, PRICE_TABLES, GRADE_TABLES, REFRESH_TABLES):
        run_script(db, tables)


@PORTFOLIOS()
def m005_leases(db: Database) -> None:
    """Remember which process does what only one should do at a time."""
    run_script(db, LEASE_TABLE)


@PORTFOLIOS()
def m006_people(db: Database) -> None:
    """Keep people, and what was done for which period."""
    run_script(db, PEOPLE_TABLES)


@PORTFOLIOS()
def m007_links(db: Database) -> None:
    """Keep one-time codes as hashes, and who tried how often."""
    run_script(db, LINK_TABLES)


@PORTFOLIOS()
def m008_chats(db: Database) -> None:
    """Keep what buttons stand for, files that wait for a word, and what was last looked at."""
    run_script(db, CHAT_TABLES)


@PORTFOLIOS()
def m009_beats(db: Database) -> None:
    """Remember when each part of the service last did its work, and how it went."""
    run_script(db, BEAT_TABLE)


@PORTFOLIOS()
def m010_offers(db: Database) -> None:
    """Keep when each plan was put before people."""
    run_script(db, OFFER_TABLE)
    for event in ("UPDATE", "DELETE"):
        run_script(db, APPEND_ONLY.format(table="offers", event=event))


@PORTFOLIOS()
def m011_turns(db: Database) -> None:
    """Keep when each trend turned."""
    run_script(db, TURN_TABLE)


@PORTFOLIOS()
def m012_addresses(db: Database) -> None:
    """Keep the addresses of a person by channel."""
    run_script(db, ADDRESSES_BY_CHANNEL)


@PORTFOLIOS()
def m013_pauses_after_faults(db: Database) -> None:
    """Leave a provider alone after outages and broken replies too; earlier pauses end."""
    run_script(db, PAUSE_TABLE)


@PORTFOLIOS()
def m014_confirmed_levels(db: Database) -> None:
    """Keep beside each price the confirmed one that later prices are measured against."""
    run_script(db, LEVEL_COLUMNS)


@PORTFOLIOS()
def m015_acceptances(db: Database) -> None:
    """Keep which prices people accepted that the gate had refused, for good."""
    run_script(db, ACCEPTANCE_TABLE)
    for event in ("UPDATE", "DELETE"):
        run_script(db, APPEND_ONLY.format(table="acceptances", event=event))


@PORTFOLIOS()
def m016_denials(db: Database) -> None:
    """Keep beside each price in doubt what a second source said when it denied it."""
    run_script(db, DENIAL_COLUMNS)


@PORTFOLIOS()
def m017_lasting_trends(db: Database) -> None:
    """Keep since when each trend was seen to be bearish or not, and which of both lasted."""
    run_script(db, LASTING_COLUMNS)
