"""The tables of this package as SQL; the steps that make them are in `migrations`.

Quantities and money are TEXT, checked to be plain non-negative decimals; REAL would round them.
Plans and decisions are append-only, held to by triggers. A plan names its portfolio instead of
pointing at it, so that it outlives the portfolio. Daily bars exist for the maths alone: they are
little-endian float64 arrays, one row an asset, so that years of them load in milliseconds.
"""

from __future__ import annotations

PORTFOLIO_TABLES = """
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

PLAN_TABLES = """
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

CREDIT_TABLES = """
CREATE TABLE credits (
    number INTEGER PRIMARY KEY,
    provider TEXT NOT NULL CHECK (provider <> ''),
    endpoint TEXT NOT NULL CHECK (endpoint <> ''),
    month TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    day TEXT NOT NULL CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    at TEXT NOT NULL,
    steady REAL NOT NULL CHECK (steady >= 0),
    status TEXT NOT NULL DEFAULT 'reserved' CHECK (status <> '')
) STRICT;

CREATE INDEX credits_by_provider ON credits (provider, number);
CREATE INDEX credits_by_month ON credits (provider, month);

CREATE TABLE pauses (
    provider TEXT NOT NULL CHECK (provider <> ''),
    endpoint TEXT NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('credential', 'quota')),
    reason TEXT NOT NULL CHECK (reason <> ''),
    since TEXT NOT NULL,
    until TEXT NOT NULL CHECK (until > since),
    PRIMARY KEY (provider, endpoint)
) STRICT, WITHOUT ROWID;
"""

PAUSE_TABLE = """
DROP TABLE pauses;

CREATE TABLE pauses (
    provider TEXT NOT NULL CHECK (provider <> ''),
    endpoint TEXT NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('credential', 'quota', 'outage', 'reply')),
    reason TEXT NOT NULL CHECK (reason <> ''),
    since TEXT NOT NULL,
    until TEXT NOT NULL CHECK (until > since),
    PRIMARY KEY (provider, endpoint)
) STRICT, WITHOUT ROWID;
"""

ASSET_TABLES = """
CREATE TABLE assets (
    asset_id TEXT NOT NULL PRIMARY KEY CHECK (asset_id NOT IN ('', 'cash')),
    document TEXT NOT NULL CHECK (json_valid(document)),
    changed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE identities (
    provider TEXT NOT NULL CHECK (provider <> ''),
    asset_id TEXT NOT NULL CHECK (asset_id NOT IN ('', 'cash')),
    their_id TEXT NOT NULL CHECK (their_id <> ''),
    name TEXT NOT NULL,
    quarantined TEXT NOT NULL,
    checked_at TEXT NOT NULL,
    PRIMARY KEY (provider, asset_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sector_choices (
    asset_id TEXT NOT NULL PRIMARY KEY CHECK (asset_id NOT IN ('', 'cash')),
    sector TEXT NOT NULL CHECK (sector <> ''),
    proposed TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

PRICE_TABLES = """
CREATE TABLE quotes (
    asset_id TEXT NOT NULL CHECK (asset_id NOT IN ('', 'cash')),
    currency TEXT NOT NULL CHECK (currency <> '' AND currency = lower(currency)),
    price TEXT NOT NULL CHECK (
        price GLOB '[0-9]*' AND price NOT GLOB '*[^0-9.]*' AND CAST(price AS REAL) > 0
    ),
    at TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source <> ''),
    market_cap REAL CHECK (market_cap >= 0),
    PRIMARY KEY (asset_id, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE refused_quotes (
    asset_id TEXT NOT NULL CHECK (asset_id NOT IN ('', 'cash')),
    currency TEXT NOT NULL CHECK (currency <> '' AND currency = lower(currency)),
    price TEXT NOT NULL,
    at TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source <> ''),
    reason TEXT NOT NULL CHECK (reason <> ''),
    first_price TEXT NOT NULL,
    first_at TEXT NOT NULL,
    PRIMARY KEY (asset_id, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE bars (
    asset_id TEXT NOT NULL CHECK (asset_id NOT IN ('', 'cash')),
    currency TEXT NOT NULL CHECK (currency <> '' AND currency = lower(currency)),
    first_day TEXT NOT NULL CHECK (first_day GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    close BLOB NOT NULL CHECK (length(close) > 0 AND length(close) % 8 = 0),
    volume BLOB NOT NULL CHECK (length(volume) = length(close)),
    last_at TEXT NOT NULL,
    PRIMARY KEY (asset_id, currency)
) STRICT;
"""

LEVEL_COLUMNS = """
ALTER TABLE quotes ADD COLUMN confirmed_price TEXT NOT NULL DEFAULT '' CHECK (
    confirmed_price NOT GLOB '*[^0-9.]*'
);
ALTER TABLE quotes ADD COLUMN confirmed_at TEXT NOT NULL DEFAULT '';
ALTER TABLE quotes ADD COLUMN confirmed_cap REAL CHECK (confirmed_cap >= 0);

-- Until now each price was measured against the one before.
UPDATE quotes SET confirmed_price = price, confirmed_at = at, confirmed_cap = market_cap;
"""

DENIAL_COLUMNS = """
ALTER TABLE refused_quotes ADD COLUMN denied_price TEXT;
ALTER TABLE refused_quotes ADD COLUMN denied_at TEXT;
ALTER TABLE refused_quotes ADD COLUMN denied_by TEXT;
"""

ACCEPTANCE_TABLE = """
CREATE TABLE acceptances (
    number INTEGER PRIMARY KEY,
    asset_id TEXT NOT NULL CHECK (asset_id NOT IN ('', 'cash')),
    currency TEXT NOT NULL CHECK (currency <> ''),
    price TEXT NOT NULL CHECK (price GLOB '[0-9]*' AND price NOT GLOB '*[^0-9.]*'),
    price_at TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source <> ''),
    against TEXT CHECK (against GLOB '[0-9]*' AND against NOT GLOB '*[^0-9.]*'),
    reason TEXT NOT NULL CHECK (reason <> ''),
    accepted_by TEXT NOT NULL CHECK (accepted_by <> ''),
    accepted_at TEXT NOT NULL
) STRICT;
"""

GRADE_TABLES = """
CREATE TABLE grades (
    asset_id TEXT NOT NULL CHECK (asset_id NOT IN ('', 'cash')),
    source TEXT NOT NULL CHECK (source <> ''),
    grade_kind TEXT NOT NULL CHECK (grade_kind <> ''),
    horizon TEXT NOT NULL CHECK (horizon IN ('short', 'long')),
    score REAL NOT NULL CHECK (score BETWEEN 0 AND 100),
    at TEXT NOT NULL,
    PRIMARY KEY (asset_id, source, grade_kind, horizon)
) STRICT, WITHOUT ROWID;

CREATE TABLE trends (
    asset_id TEXT NOT NULL CHECK (asset_id NOT IN ('', 'cash')),
    source TEXT NOT NULL CHECK (source <> ''),
    trend INTEGER CHECK (trend IN (-1, 0, 1)),
    signal INTEGER CHECK (signal IN (-1, 0, 1)),
    at TEXT NOT NULL,
    PRIMARY KEY (asset_id, source)
) STRICT, WITHOUT ROWID;
"""

TURN_TABLE = """
CREATE TABLE turns (
    asset_id TEXT NOT NULL CHECK (asset_id NOT IN ('', 'cash')),
    source TEXT NOT NULL CHECK (source <> ''),
    trend INTEGER NOT NULL CHECK (trend IN (-1, 0, 1)),
    at TEXT NOT NULL,
    since TEXT,
    PRIMARY KEY (asset_id, source)
) STRICT, WITHOUT ROWID;
"""

LASTING_COLUMNS = """
ALTER TABLE turns ADD COLUMN seen_since TEXT NOT NULL DEFAULT '';
ALTER TABLE turns ADD COLUMN lasting_bearish INTEGER CHECK (lasting_bearish IN (0, 1));
UPDATE turns SET seen_since = COALESCE(since, at);
"""

REFRESH_TABLES = """
CREATE TABLE bodies (
    provider TEXT NOT NULL CHECK (provider <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    body TEXT NOT NULL CHECK (json_valid(body)),
    fetched_at TEXT NOT NULL,
    PRIMARY KEY (provider, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE asked (
    job TEXT NOT NULL CHECK (job <> ''),
    subject TEXT NOT NULL,
    at TEXT NOT NULL,
    answered INTEGER NOT NULL CHECK (answered IN (0, 1)),
    PRIMARY KEY (job, subject)
) STRICT, WITHOUT ROWID;
"""

LEASE_TABLE = """
CREATE TABLE leases (
    name TEXT PRIMARY KEY CHECK (name <> ''),
    owner TEXT NOT NULL CHECK (owner <> ''),
    until TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

PEOPLE_TABLES = """
CREATE TABLE people (
    name TEXT PRIMARY KEY CHECK (name <> ''),
    document TEXT NOT NULL CHECK (json_valid(document))
) STRICT, WITHOUT ROWID;

CREATE TABLE done (
    job TEXT NOT NULL CHECK (job <> ''),
    period TEXT NOT NULL CHECK (period <> ''),
    at TEXT NOT NULL,
    PRIMARY KEY (job, period)
) STRICT, WITHOUT ROWID;
"""

LINK_TABLES = """
CREATE TABLE codes (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
    person TEXT NOT NULL REFERENCES people (name) ON DELETE CASCADE,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tries (
    number INTEGER PRIMARY KEY,
    chat TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;

CREATE INDEX tries_by_chat ON tries (chat, at);
"""

CHAT_TABLES = """
CREATE TABLE shortcuts (
    shortcut TEXT PRIMARY KEY CHECK (shortcut <> ''),
    person TEXT NOT NULL CHECK (person <> ''),
    words TEXT NOT NULL CHECK (words <> ''),
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE drafts (
    draft TEXT PRIMARY KEY CHECK (draft <> ''),
    person TEXT NOT NULL CHECK (person <> ''),
    base TEXT NOT NULL,
    document TEXT NOT NULL CHECK (json_valid(document)),
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE looks (
    person TEXT NOT NULL CHECK (person <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    value TEXT NOT NULL,
    PRIMARY KEY (person, name)
) STRICT, WITHOUT ROWID;
"""

BEAT_TABLE = """
CREATE TABLE beats (
    part TEXT PRIMARY KEY CHECK (part <> ''),
    at TEXT NOT NULL,
    good_at TEXT NOT NULL,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    words TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

OFFER_TABLE = """
CREATE TABLE offers (
    number INTEGER PRIMARY KEY,
    plan_id TEXT NOT NULL REFERENCES plans (plan_id),
    portfolio TEXT NOT NULL CHECK (portfolio <> ''),
    at TEXT NOT NULL,
    decided_before INTEGER NOT NULL CHECK (decided_before >= 0)
) STRICT;

CREATE INDEX offers_by_plan ON offers (plan_id, number);
CREATE INDEX offers_by_portfolio ON offers (portfolio, number);
-- Until now each plan that trades was put before people when it was kept, and never again.
INSERT INTO offers (plan_id, portfolio, at, decided_before)
SELECT plan_id, portfolio, saved_at, 0 FROM plans WHERE decision = 'trade' ORDER BY number;
"""

ADDRESSES_BY_CHANNEL = """
UPDATE people SET document = json_remove(
    json_set(document, '$.addresses', json_patch('{}', json_object(
        'email', nullif(json_extract(document, '$.email'), ''),
        'telegram', nullif(json_extract(document, '$.chat'), '')
    ))),
    '$.email', '$.chat'
) WHERE json_extract(document, '$.addresses') IS NULL;
"""

APPEND_ONLY = """
CREATE TRIGGER {table}_never_{event} BEFORE {event} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END;
"""
