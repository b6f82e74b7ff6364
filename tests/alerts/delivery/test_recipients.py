"""What waits for somebody follows them to a new address, and only while it concerns them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.delivery.delivery import State
from alerts.delivery.outbox import Outbox
from alerts.delivery.recipients import redirect_deliveries
from alerts.messages import Promise
from portfolios.model.users import Person
from tests.alerts.delivery.delivery_examples import HOUR, NOW, addressed, message, open_store

BOB = Person("bob", addresses={"telegram": "8"}, portfolios=("core",))


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Outbox]:
    with open_store(tmp_path) as database:
        yield Outbox(database)


def put(box: Outbox, *keys: str, person: str = "bob", address: str = "8") -> None:
    for key in keys:
        box.put(replace(addressed(f"{key}:{person}", address=address), person=person))


def waiting(box: Outbox, person: str = "bob") -> list[tuple[str, str]]:
    return [(d.address, d.state.value) for d in box.find(person=person)]


def heads(box: Outbox) -> set[tuple[str, str]]:
    rows = box.database.rows("SELECT person, address FROM deliveries WHERE is_next = 1")
    return {(row["person"], row["address"]) for row in rows}


def test_it_goes_to_the_new_address_and_nobody_elses_does(box: Outbox) -> None:
    put(box, "one", "two")
    put(box, "one", person="cleo")
    redirect_deliveries(box.database, BOB.with_addresses({"telegram": "555"}))
    assert waiting(box) == [("555", "pending")] * 2
    assert waiting(box, "cleo") == [("8", "pending")]
    assert heads(box) == {("bob", "555"), ("cleo", "8")}


def test_without_an_address_it_is_taken_back(box: Outbox) -> None:
    put(box, "one")
    redirect_deliveries(box.database, BOB.with_addresses({"telegram": ""}))
    assert waiting(box) == []


def test_of_a_portfolio_no_longer_his_it_is_taken_back_and_other_things_stay(box: Outbox) -> None:
    put(box, "one")
    general = replace(message("general"), portfolio="")
    box.put(replace(addressed("general", address="8"), person="bob", message=general))
    redirect_deliveries(box.database, replace(BOB, portfolios=()))
    (left,) = box.find(person="bob")
    assert left.message.key == "general"
    assert heads(box) == {("bob", "8")}


def test_one_that_is_being_sent_is_not_tried_again_at_the_old_address(box: Outbox) -> None:
    put(box, "one")
    (claimed,) = box.claim(
        NOW, owner="s", lease=HOUR, limit=1, channels=["telegram"], promises=[Promise.MUST]
    )
    begun = box.begin(claimed, NOW, lease=HOUR)
    assert begun is not None
    redirect_deliveries(box.database, BOB.with_addresses({"telegram": "555"}))
    assert box.failed(begun, TimeoutError(), NOW, random=lambda: 0.5) == ()
    (again,) = box.claim(NOW, owner="t", lease=HOUR, limit=9, channels=["telegram"])
    assert (again.address, again.number) == ("555", begun.number)


def test_what_was_told_stays_on_record(box: Outbox) -> None:
    put(box, "one")
    (claimed,) = box.claim(NOW, owner="s", lease=HOUR, limit=1, channels=["telegram"])
    box.done(claimed, "m1", NOW)
    redirect_deliveries(box.database, Person("bob"))
    assert waiting(box) == [("8", State.SENT.value)]
