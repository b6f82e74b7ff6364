"""Somebody leaves, and nothing of theirs stays behind; somebody always owns."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.delivery.outbox import Outbox
from alerts.delivery.routing import Post
from alerts.messages import Kind, Message
from alerts.migrations import ALERTS
from alerts.preferences.choices import Preferences
from alerts.preferences.store import PreferenceStore
from portfolios.errors import UsageError
from portfolios.model.portfolio import Portfolio
from portfolios.model.users import Person, Role
from portfolios.store.button_payloads import ButtonPayloads
from portfolios.store.database import open_database
from portfolios.store.drafts import Draft, Drafts
from portfolios.store.last_seen import LastSeen
from portfolios.store.link_codes import LinkCodes
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from portfolios.store.user_store import PeopleStore
from rebalancer.usecases.accounts.users import keep_person, link_chat, remove_person

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ANN = Person("ann", Role.OWNER, addresses={"email": "ann@example.org", "telegram": "7"})
BOB = Person("bob", addresses={"email": "bob@example.org", "telegram": "8"})
TABLES = ("codes", "shortcuts", "drafts", "looks", "preferences", "held_back")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "p.db", migrations=(PORTFOLIOS, ALERTS)) as database:
        for person in (ANN, BOB):
            PeopleStore(database).save(person)
        yield Store(database)


def told(key: str, kind: Kind = Kind.DECISION) -> Message:
    return Message(kind, key, f"fact {key}", NOW)


def leave_traces(store: Store, person: Person) -> None:
    database, name = store.database, person.name
    LinkCodes(database).create(person, now=NOW)
    ButtonPayloads(database).save(name, "/status", now=NOW)
    Drafts(database).save(name, Draft(Portfolio("core"), ""), now=NOW)
    LastSeen(database).save(name, {"bitcoin": "1"})
    preferences = PreferenceStore(database)
    with database.transaction():
        preferences.save(name, Preferences(budget=3))
        preferences.hold_back(name, "telegram", told("held"), at=NOW)
        for key in ("first", "second"):
            Post(Outbox(database), preferences, now=NOW).send(told(key), [person])


def rows(store: Store, table: str, name: str) -> int:
    found = store.database.rows(f"SELECT * FROM {table} WHERE person = ?", (name,))  # noqa: S608
    return len(found)


def test_who_is_removed_leaves_nothing_that_waits_and_others_lose_nothing(store: Store) -> None:
    for person in (ANN, BOB):
        leave_traces(store, person)
    waiting = rows(store, "deliveries", "bob")
    before = {table: rows(store, table, "ann") for table in (*TABLES, "deliveries")}
    assert min(before.values()) >= 1
    assert waiting >= 2
    assert remove_person(store, "bob", stand_in=None) == waiting
    assert {table: rows(store, table, "bob") for table in (*TABLES, "deliveries")} == dict.fromkeys(
        (*TABLES, "deliveries"), 0
    )
    assert {table: rows(store, table, "ann") for table in (*TABLES, "deliveries")} == before


def test_every_table_with_a_persons_name_is_thought_of(store: Store) -> None:
    tables = [r["name"] for r in store.database.rows("SELECT name FROM pragma_table_list")]
    named = {
        table
        for table in tables
        for column in store.database.rows("SELECT name FROM pragma_table_info(?)", (table,))
        if column["name"] == "person"
    }
    assert named == {*TABLES, "deliveries"}


def test_those_who_wait_behind_him_at_the_same_address_move_up(store: Store) -> None:
    twin = Person("cleo", addresses={"email": BOB.address("email")})
    PeopleStore(store.database).save(twin)
    box = Outbox(store.database)
    with store.database.transaction():
        for person in (BOB, twin):
            post = Post(box, PreferenceStore(store.database), now=NOW)
            post.send(told("x", Kind.WEEKLY), [person])
    remove_person(store, "bob", stand_in=None)
    heads = store.database.rows("SELECT person FROM deliveries WHERE is_next = 1")
    assert [row["person"] for row in heads] == ["cleo"]


def test_what_he_was_told_stays_on_record(store: Store) -> None:
    leave_traces(store, BOB)
    with store.database.transaction():
        store.database.execute(
            "UPDATE deliveries SET state = 'sent', ended_at = created_at, is_next = 0"
        )
    assert remove_person(store, "bob", stand_in=None) == 0
    assert rows(store, "deliveries", "bob") >= 2


def test_of_two_owners_who_remove_each_other_one_remains(store: Store) -> None:
    people = PeopleStore(store.database)
    for _ in range(20):
        people.save(ANN)
        people.save(Person("bob", Role.OWNER, addresses={"telegram": "8"}))

        def remove(name: str) -> None:
            with (
                open_database(store.database.path, migrations=(PORTFOLIOS, ALERTS)) as own,
                suppress(UsageError),
            ):
                remove_person(Store(own), name, stand_in=None)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(remove, ("ann", "bob")))
        assert len(people.everybody()) == 1


def wait_for(store: Store, person: Person, portfolio: str = "") -> None:
    post = Post.of(store, now=NOW)
    with store.database.transaction():
        for kind in (Kind.RULE, Kind.WEEKLY):  # by chat, and by mail
            post.send(replace(told(kind.value, kind), portfolio=portfolio), [person])


def addresses(store: Store, name: str) -> set[tuple[str, str]]:
    return {(d.channel, d.address) for d in Outbox(store.database).find(person=name)}


def test_what_waits_follows_a_chat_that_is_linked_anew(store: Store) -> None:
    wait_for(store, BOB)
    mail = ("email", BOB.address("email"))
    assert addresses(store, "bob") == {mail, ("telegram", "8")}
    code = LinkCodes(store.database).create(BOB, now=NOW)
    assert link_chat(store, "guess", chat="555", now=NOW) is None
    assert addresses(store, "bob") == {mail, ("telegram", "8")}
    assert link_chat(store, code, chat="555", now=NOW) == BOB.with_addresses({"telegram": "555"})
    assert addresses(store, "bob") == {mail, ("telegram", "555")}


def test_who_is_unlinked_by_anothers_code_is_told_nothing_there(store: Store) -> None:
    wait_for(store, BOB)
    code = LinkCodes(store.database).create(ANN, now=NOW)
    link_chat(store, code, chat=BOB.address("telegram"), now=NOW)
    assert addresses(store, "bob") == {("email", BOB.address("email"))}


def test_what_waits_follows_who_is_kept_with_another_address(store: Store) -> None:
    wait_for(store, BOB)
    keep_person(
        store, BOB.with_addresses({"email": "bob@example.com", "telegram": ""}), stand_in=None
    )
    assert addresses(store, "bob") == {("email", "bob@example.com")}


def test_what_waits_of_a_portfolio_no_longer_his_is_taken_back(store: Store) -> None:
    store.save_portfolio(Portfolio("core"), at=NOW)
    bob = replace(BOB, portfolios=("core",))
    wait_for(store, bob, "core")
    keep_person(store, bob, stand_in=None)
    assert len(addresses(store, "bob")) == 2
    keep_person(store, replace(bob, portfolios=()), stand_in=None)
    assert addresses(store, "bob") == set()


@pytest.mark.parametrize(
    "stand_in", [None, Person("owner", Role.OWNER, addresses={"telegram": "9"})]
)
def test_the_name_of_the_owner_in_the_settings_is_an_owners_alone(
    store: Store, stand_in: Person | None
) -> None:
    for role in (Role.VIEWER, Role.APPROVER):
        with pytest.raises(UsageError, match="owner") as refused:
            keep_person(
                store, Person("owner", role, addresses={"telegram": "8888"}), stand_in=stand_in
            )
        assert "another name" in refused.value.hint
    keep_person(
        store, Person("owner", Role.OWNER, addresses={"telegram": "8888"}), stand_in=stand_in
    )
