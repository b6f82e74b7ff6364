"""Every moment of the schema: none that a clock wrote which was ahead is waited for."""

from __future__ import annotations

import re
from pathlib import Path

from tests.alerts.delivery.delivery_examples import open_store

RECORD = "when something happened: shown, sorted or forgotten by, never waited for"
MOVED = "moved back with `written_at` (alerts/delivery/clock_set_back.py)"
VENDOR = "the provider's stamp; what lies ahead of our clock is refused (price_gate.py)"

GUARDS = {
    "deliveries.written_at": "what the others of its row are moved back by",
    "deliveries.created_at": MOVED,
    "deliveries.place": MOVED,
    "deliveries.not_before": MOVED,
    "deliveries.expires_at": MOVED,
    "deliveries.lease_until": MOVED,
    "deliveries.begun_at": MOVED,
    "deliveries.ended_at": MOVED,
    "parked_addresses.since": "one that lies ahead is forgotten (clock_set_back.py)",
    "parked_addresses.until": "believed with its `since`",
    "closed_addresses.since": RECORD,
    "held_back.at": "one that lies ahead comes with the next digest (preferences/store.py)",
    "leases.until": "no further ahead than a lease is long (leases.py)",
    "pauses.since": RECORD,
    "pauses.until": "believed only after its `since` (pauses.py)",
    "codes.expires_at": "no further ahead than a code lives (link_codes.py)",
    "tries.at": "one that lies ahead does not count (link_codes.py)",
    "drafts.at": "one that lies ahead is void (drafts.py)",
    "shortcuts.at": "one that lies ahead confirms nothing (button_payloads.py)",
    "asked.at": "one that lies ahead is asked again (fetch_log.py)",
    "beats.at": "one that lies ahead is no sign of life (health.py)",
    "beats.good_at": "one that lies ahead makes a round due (rounds.py)",
    "decisions.decided_at": RECORD,
    "decisions.until": "a snooze of a decision that lies ahead is over (status.py)",
    "offers.at": "an offer is open for 48 hours from then; the newest counts, whatever its date",
    "credits.at": "counted on the steady clock too (values/time.py)",
    "quotes.at": VENDOR,
    "quotes.confirmed_at": VENDOR,
    "acceptances.price_at": VENDOR,
    "acceptances.accepted_at": RECORD,
    "refused_quotes.at": VENDOR,
    "refused_quotes.first_at": VENDOR,
    "refused_quotes.denied_at": "one that lies ahead is forgotten (price_batch.py)",
    "bars.last_at": "the end of a day that the provider has closed",
    "grades.at": "the provider's stamp",
    "trends.at": "the provider's stamp",
    "turns.at": "the provider's stamp",
    "turns.since": "the provider's stamp",
    "turns.seen_since": "the provider's stamp",
    "bodies.fetched_at": "replaced when `asked` asks again",
    "done.at": RECORD,
    "plans.as_of": RECORD,
    "plans.saved_at": RECORD,
    "portfolios.added_at": RECORD,
    "portfolios.changed_at": RECORD,
    "assets.changed_at": RECORD,
    "identities.checked_at": RECORD,
    "sector_choices.changed_at": RECORD,
}
"""Column -> what keeps a moment from being waited for that was written by a clock ahead.

In documents: `preferences` (a mute, with when it was chosen), `remembered` (what was counted and
told, the calendar, the last group and proposal). `looks` tell changes against the older look.
"""
MOMENT = re.compile(r"(?:.*_)?(?:at|until|since|of)|not_before|place")


def test_each_column_that_holds_a_moment_says_what_guards_it(tmp_path: Path) -> None:
    with open_store(tmp_path) as database:
        found = {
            f"{table.name}.{column.name}"
            for table in database.tables.tables
            for column in table.columns
            if column.type == "TEXT"
            and MOMENT.fullmatch(column.name)
            and not table.name.startswith("_")
        }
    assert found == set(GUARDS)
