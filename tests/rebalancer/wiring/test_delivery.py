"""Who there is: those who were added, and the owner whom the settings name."""

from __future__ import annotations

from pathlib import Path

from portfolios.model.users import Person, Role
from portfolios.store.user_store import PeopleStore
from rebalancer.settings.model import Settings, Telegram
from rebalancer.wiring.delivery import people_of
from tests.alerts.delivery.delivery_examples import open_store


def test_no_two_people_bear_one_name(tmp_path: Path) -> None:
    settings = Settings(database=tmp_path / "rebalancer.db", telegram=Telegram(owner_id=7))
    with open_store(tmp_path) as database:
        people = PeopleStore(database)
        for name in ("bob", "owner"):
            people.save(Person(name, addresses={"telegram": "8"}))
        found = {p.name: p for p in people_of(settings, database)}
        assert len(people_of(settings, database)) == len(found) == 2
        assert (found["owner"].role, found["owner"].address("telegram")) == (Role.OWNER, "7")
