"""Change what a person chose; what waits for them already follows it."""

from __future__ import annotations

from datetime import datetime

from alerts.delivery.rescheduling import reschedule
from alerts.preferences.choices import Preferences
from alerts.preferences.store import PreferenceStore
from portfolios.model.users import Person
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.accounts.preference_parser import choose


def change_preferences(
    store: Store, person: Person, words: list[str], *, now: datetime
) -> Preferences:
    """Keep what a person chooses in words like `mute=8h`; return all they chose.

    Raises:
        UsageError: when a word chooses nothing.
    """
    kept = PreferenceStore(store.database)
    if not words:
        return kept.preferences(person.name)
    with store.database.transaction():
        chosen = choose(kept.preferences(person.name), words, now=now)
        kept.save(person.name, chosen)
        reschedule(store.database, person, now=now)
    return chosen
