"""The tables of this package, as numbered steps that are never edited once released.

A delivery is one message on its way to one address. Its moments are TEXT of one width, so that
they sort. `is_next` marks the head of each address's two lines, urgent and ordinary: only heads
are looked at when something is claimed, so a claim costs the same however long the lines are.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from portfolios.store.migrations import run_script

ALERTS = Migrations("alerts")

_DELIVERIES = """
CREATE TABLE deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    dedupe_key TEXT NOT NULL UNIQUE CHECK (dedupe_key <> ''),
    person TEXT NOT NULL CHECK (person <> ''),
    channel TEXT NOT NULL CHECK (channel <> ''),
    address TEXT NOT NULL CHECK (address <> ''),
    kind TEXT NOT NULL CHECK (kind <> ''),
    portfolio TEXT NOT NULL,
    promise TEXT NOT NULL CHECK (promise IN ('must', 'action', 'once', 'low')),
    document TEXT NOT NULL CHECK (json_valid(document)),
    headers TEXT NOT NULL CHECK (json_valid(headers)),
    answers TEXT NOT NULL,
    is_silent INTEGER NOT NULL CHECK (is_silent IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN (
        'pending', 'sending', 'sent', 'retry', 'unknown', 'dead', 'expired', 'suppressed'
    )),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    copies INTEGER NOT NULL CHECK (copies >= 0),
    place TEXT NOT NULL CHECK (length(place) = 27),
    not_before TEXT NOT NULL CHECK (length(not_before) = 27),
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 27),
    lease_owner TEXT NOT NULL,
    lease_until TEXT CHECK (length(lease_until) = 27),
    begun_at TEXT CHECK (length(begun_at) = 27),
    receipt TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at TEXT NOT NULL CHECK (length(created_at) = 27),
    ended_at TEXT CHECK (length(ended_at) = 27),
    is_next INTEGER NOT NULL DEFAULT 0 CHECK (is_next IN (0, 1)),
    is_urgent INTEGER NOT NULL AS (promise = 'must'),
    rank INTEGER NOT NULL AS (
        CASE promise WHEN 'must' THEN 0 WHEN 'action' THEN 1 WHEN 'once' THEN 2 ELSE 3 END
    ),
    CHECK ((state = 'sending') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('pending', 'sending', 'retry')) = (ended_at IS NULL)),
    CHECK (begun_at IS NULL OR state = 'sending'),
    CHECK (is_next = 0 OR ended_at IS NULL)
) STRICT;

CREATE INDEX deliveries_in_line ON deliveries (channel, address, is_urgent, place, number)
    WHERE ended_at IS NULL;
CREATE UNIQUE INDEX deliveries_one_next ON deliveries (channel, address, is_urgent)
    WHERE is_next = 1;
CREATE UNIQUE INDEX deliveries_one_in_flight ON deliveries (channel, address)
    WHERE state = 'sending';
CREATE INDEX deliveries_due ON deliveries (channel, rank, not_before, number)
    WHERE is_next = 1 AND state IN ('pending', 'retry');
CREATE INDEX deliveries_expiring ON deliveries (expires_at)
    WHERE state IN ('pending', 'retry');
CREATE INDEX deliveries_by_state ON deliveries (state, promise, number);
CREATE INDEX deliveries_by_person ON deliveries (person, number);
"""

_ATTACHMENTS = """
CREATE TABLE attachments (
    delivery INTEGER NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (name <> ''),
    png BLOB NOT NULL CHECK (length(png) > 0),
    PRIMARY KEY (delivery, name)
) STRICT;
"""

_ADDRESSES = """
CREATE TABLE closed_addresses (
    channel TEXT NOT NULL CHECK (channel <> ''),
    address TEXT NOT NULL CHECK (address <> ''),
    reason TEXT NOT NULL CHECK (reason <> ''),
    since TEXT NOT NULL CHECK (length(since) = 27),
    PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE parked_addresses (
    channel TEXT NOT NULL CHECK (channel <> ''),
    address TEXT NOT NULL CHECK (address <> ''),
    until TEXT NOT NULL CHECK (length(until) = 27),
    PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;
"""

_MEMORY = """
CREATE TABLE remembered (
    portfolio TEXT NOT NULL CHECK (portfolio <> ''),
    kind TEXT NOT NULL CHECK (kind <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    document TEXT NOT NULL CHECK (json_valid(document)),
    PRIMARY KEY (portfolio, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE preferences (
    person TEXT PRIMARY KEY CHECK (person <> ''),
    document TEXT NOT NULL CHECK (json_valid(document))
) STRICT, WITHOUT ROWID;

CREATE TABLE held_back (
    person TEXT NOT NULL CHECK (person <> ''),
    channel TEXT NOT NULL CHECK (channel <> ''),
    key TEXT NOT NULL CHECK (key <> ''),
    at TEXT NOT NULL,
    document TEXT NOT NULL CHECK (json_valid(document)),
    PRIMARY KEY (person, channel, key)
) STRICT, WITHOUT ROWID;
"""

# What was there before was written by nobody knows which clock: then the moment counts that it was
# made, and who is left alone is left alone.
_WRITTEN_AT = """
ALTER TABLE deliveries ADD COLUMN written_at TEXT NOT NULL DEFAULT '0001-01-01T00:00:00.000000Z'
    CHECK (length(written_at) = 27);
ALTER TABLE parked_addresses ADD COLUMN since TEXT NOT NULL DEFAULT '0001-01-01T00:00:00.000000Z'
    CHECK (length(since) = 27);
UPDATE deliveries SET written_at = created_at;
CREATE INDEX deliveries_by_writing ON deliveries (written_at);
"""

# What ended before is not told of again.
_TOLD_BY = """
ALTER TABLE deliveries ADD COLUMN told_by TEXT NOT NULL DEFAULT '';
UPDATE deliveries SET told_by = channel WHERE ended_at IS NOT NULL;
"""

_PARTS = "ALTER TABLE deliveries ADD COLUMN parts INTEGER NOT NULL DEFAULT 0 CHECK (parts >= 0);"


@ALERTS()
def m001_deliveries(db: Database) -> None:
    """Keep what is to be told, what became of it, and whom nothing reaches."""
    for tables in (_DELIVERIES, _ATTACHMENTS, _ADDRESSES):
        run_script(db, tables)


@ALERTS()
def m002_memory(db: Database) -> None:
    """Remember conditions and what was told, what people chose, and what waits for a digest."""
    run_script(db, _MEMORY)


@ALERTS()
def m003_written_at(db: Database) -> None:
    """Keep by which moment each delivery was written, so that a clock set back since is noticed."""
    run_script(db, _WRITTEN_AT)


@ALERTS()
def m004_told_by(db: Database) -> None:
    """Keep which other channel told of a message that its own could not take."""
    run_script(db, _TOLD_BY)


@ALERTS()
def m005_parts(db: Database) -> None:
    """Keep how many parts of a message have arrived, so that none is sent again."""
    run_script(db, _PARTS)
