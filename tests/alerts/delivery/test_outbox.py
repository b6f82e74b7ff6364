"""What the outbox keeps, and whom it gives what."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.delivery.delivery import Delivery, State
from alerts.delivery.outbox import Outbox
from alerts.messages import Block, Button, Kind, Message, Picture, Promise, Style
from portfolios.errors import DeliveryError, NotFoundError, StoreError
from portfolios.model.plan import Zone
from tests.alerts.delivery.delivery_examples import HOUR, NOW, SECOND, addressed, open_store
from tests.examples import examples

LEASE = timedelta(minutes=1)
CHANNELS = ("telegram", "email")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with open_store(tmp_path) as database:
        yield Outbox(database)


def claim(
    outbox: Outbox, *, at: timedelta = 0 * SECOND, limit: int = 100, owner: str = "a"
) -> list[Delivery]:
    found = outbox.claim(NOW + at, owner=owner, lease=LEASE, limit=limit, channels=CHANNELS)
    return list(found)


def keys(deliveries: list[Delivery]) -> list[str]:
    return [each.message.key for each in deliveries]


def begin(outbox: Outbox, delivery: Delivery, *, at: timedelta = 0 * SECOND) -> Delivery:
    begun = outbox.begin(delivery, NOW + at, lease=LEASE)
    assert begun is not None
    return begun


def send(outbox: Outbox, delivery: Delivery) -> None:
    outbox.done(begin(outbox, delivery), "m1", NOW)


def only(outbox: Outbox) -> Delivery:
    (delivery,) = outbox.find()
    return delivery


def test_a_delivery_is_read_back_as_it_was_kept(outbox: Outbox) -> None:
    rich = Message(
        Kind.PROPOSAL, "plan:ab12", "3 trades, about $4.10 ✓", NOW, "core", Zone.AMBER,
        [Block(Style.TABLE, columns=["asset", "value>"], rows=[["bitcoin", "$1"]])],
        [[Button("Why", "why:ab12")]],
    )  # fmt: skip
    given = replace(
        addressed(promise=Promise.ACTION, not_before=NOW + HOUR, expires_at=NOW + 3 * HOUR),
        message=rich, headers={"List-Unsubscribe": "<mailto:x@example.org>"}, is_silent=True,
    )  # fmt: skip
    outbox.put(given)
    kept = only(outbox)
    assert kept.message.blocks == (
        Block(Style.TABLE, columns=("asset", "value>"), rows=(("bitcoin", "$1"),)),
    )
    assert kept.message.buttons == ((Button("Why", "why:ab12"),),)
    assert replace(kept, number=0, message=rich) == given


def test_pictures_travel_in_their_order(outbox: Outbox) -> None:
    pictures = (Picture("value", b"\x89PNG1"), Picture("drift", b"\x89PNG2"))
    outbox.put(replace(addressed(), pictures=pictures))
    assert outbox.envelope(claim(outbox)[0]).pictures == pictures


def test_the_same_cause_is_kept_once_a_channel(outbox: Outbox) -> None:
    first = outbox.put(addressed("a"), addressed("a"), addressed("a", channel="email"))
    assert len(first) == 2
    assert outbox.put(addressed("a")) == ()
    send(outbox, claim(outbox)[0])
    assert outbox.put(addressed("a"), addressed("a", channel="email")) == ()


def test_a_delivery_lives_and_dies_with_its_cause(outbox: Outbox) -> None:
    with suppress(ZeroDivisionError), outbox.database.transaction():
        assert outbox.put(addressed("a"))
        raise ZeroDivisionError
    assert outbox.find() == ()


def test_urgent_goes_first_then_what_invites_an_action(outbox: Outbox) -> None:
    for promise in (Promise.LOW, Promise.ONCE, Promise.ACTION, Promise.MUST):
        outbox.put(addressed(promise.value, address=promise.value, promise=promise))
    assert keys(claim(outbox)) == ["must", "action", "once", "low"]


def test_one_address_has_one_message_in_flight(outbox: Outbox) -> None:
    outbox.put(*(addressed(key) for key in "ab"), addressed("c", address="43"))
    first = claim(outbox)
    assert keys(first) == ["a", "c"]
    assert claim(outbox) == []
    send(outbox, first[0])
    assert keys(claim(outbox)) == ["b"]


def test_messages_keep_their_order_and_only_urgent_ones_overtake(outbox: Outbox) -> None:
    outbox.put(*(addressed(key, promise=Promise.ONCE) for key in "ab"))
    outbox.put(addressed("low", promise=Promise.LOW), addressed("must"), addressed("must2"))
    outbox.put(addressed("act", promise=Promise.ACTION))
    order = []
    while found := claim(outbox):
        order += keys(found)
        send(outbox, found[0])
    assert order == ["must", "must2", "a", "b", "low", "act"]


def test_a_later_message_waits_for_the_retry_of_an_earlier_one(outbox: Outbox) -> None:
    outbox.put(*(addressed(key) for key in "ab"))
    started = begin(outbox, claim(outbox)[0])
    outbox.failed(started, DeliveryError("502"), NOW, random=lambda: 1.0)
    assert claim(outbox) == []
    assert keys(claim(outbox, at=SECOND)) == ["a"]


def test_what_was_put_off_holds_up_nothing(outbox: Outbox) -> None:
    outbox.put(addressed("morning", promise=Promise.ONCE, not_before=NOW + HOUR))
    outbox.put(addressed("now", promise=Promise.ONCE))
    assert keys(claim(outbox)) == ["now"]
    send(outbox, outbox.find(state=State.SENDING)[0])
    assert claim(outbox, at=HOUR - SECOND) == []
    assert keys(claim(outbox, at=HOUR)) == ["morning"]


def test_a_parked_address_waits_alone_even_with_urgent_things(outbox: Outbox) -> None:
    outbox.put(addressed("a", promise=Promise.ONCE))
    started = begin(outbox, claim(outbox)[0])
    outbox.failed(started, DeliveryError("429", retry_after=30), NOW, random=lambda: 1.0)
    outbox.put(addressed("b"), addressed("c", address="43"))
    assert keys(claim(outbox)) == ["c"]
    assert claim(outbox, at=29 * SECOND) == []
    assert keys(claim(outbox, at=30 * SECOND)) == ["b"]


def test_a_silent_sender_loses_what_it_holds(outbox: Outbox) -> None:
    outbox.put(addressed("begun"), addressed("claimed", address="43"))
    begin(outbox, claim(outbox)[0])
    assert claim(outbox, at=LEASE - SECOND, owner="b") == []
    found = {each.message.key: each.may_repeat for each in claim(outbox, at=LEASE, owner="b")}
    assert found == {"begun": True, "claimed": False}


def test_an_unimportant_message_is_not_repeated_when_its_sender_died(outbox: Outbox) -> None:
    outbox.put(addressed(promise=Promise.LOW))
    begin(outbox, claim(outbox)[0])
    assert claim(outbox, at=LEASE) == []
    assert only(outbox).state is State.UNKNOWN


def test_a_sender_that_lost_its_lease_begins_nothing(outbox: Outbox) -> None:
    outbox.put(addressed())
    (slow,) = claim(outbox)
    claim(outbox, at=LEASE, owner="b")
    assert outbox.begin(slow, NOW + LEASE, lease=LEASE) is None
    assert only(outbox).lease_owner == "b"


def test_nothing_is_begun_twice(outbox: Outbox) -> None:
    outbox.put(addressed())
    (claimed,) = claim(outbox)
    begin(outbox, claimed)
    assert outbox.begin(claimed, NOW, lease=LEASE) is None


def test_a_late_answer_still_counts(outbox: Outbox) -> None:
    outbox.put(addressed())
    slow = begin(outbox, claim(outbox)[0])
    outbox.rescue(NOW + LEASE)
    outbox.done(slow, "m7", NOW + LEASE + SECOND)
    assert (only(outbox).state, only(outbox).receipt) == (State.SENT, "m7")
    assert claim(outbox, at=2 * LEASE) == []


def test_a_late_answer_leaves_the_one_who_took_over_alone(outbox: Outbox) -> None:
    outbox.put(addressed())
    slow = begin(outbox, claim(outbox)[0])
    claim(outbox, at=LEASE, owner="b")
    outbox.done(slow, "m7", NOW + LEASE)
    assert outbox.failed(slow, KeyError("x"), NOW + LEASE, random=lambda: 1.0) == ()
    assert (only(outbox).state, only(outbox).lease_owner) == (State.SENDING, "b")


def test_nothing_is_sent_that_came_too_late(outbox: Outbox) -> None:
    outbox.put(addressed("a", promise=Promise.LOW), addressed("b", address="43"))
    held = claim(outbox)
    outbox.release(held[0], NOW)
    assert outbox.begin(held[1], NOW + HOUR, lease=LEASE) is None
    assert outbox.expire(NOW + HOUR - SECOND) == ()
    assert claim(outbox, at=6 * HOUR) == []
    assert [len(outbox.expire(NOW + hours * HOUR)) for hours in (6, 7)] == [0, 1]
    assert outbox.summary().deliveries == {State.EXPIRED: 2}


def test_expiry_ends_any_number(outbox: Outbox) -> None:
    outbox.put(*(addressed(f"{i}", address=f"{i % 7}", promise=Promise.LOW) for i in range(1200)))
    assert len(outbox.expire(NOW + HOUR)) == 1200
    assert outbox.summary().waiting == 0


def test_what_was_given_up_can_be_tried_again(outbox: Outbox) -> None:
    outbox.put(addressed())
    started = begin(outbox, claim(outbox)[0])
    outbox.failed(started, DeliveryError("no", permanent=True), NOW, random=lambda: 1.0)
    assert claim(outbox, at=HOUR) == []
    again = outbox.retry(started.number, NOW + 9 * HOUR)
    assert again.expires_at == NOW + 15 * HOUR
    assert claim(outbox, at=9 * HOUR)[0].attempts == 0
    with pytest.raises(NotFoundError):
        outbox.retry(started.number, NOW)


def test_an_address_that_moved_takes_its_whole_line_along(outbox: Outbox) -> None:
    outbox.put(*(addressed(key, address="-5") for key in "abc"))
    outbox.put(addressed("d", address="-1005"))
    started = begin(outbox, claim(outbox, limit=1)[0])
    moved = DeliveryError("upgraded", moved_to="-1005")
    (after,) = outbox.failed(started, moved, NOW, random=lambda: 1.0)
    assert after.address == "-1005"
    order = []
    while found := claim(outbox):
        assert {each.address for each in found} == {"-1005"}
        order += keys(found)
        send(outbox, found[0])
    assert order == ["a", "b", "c", "d"]
    assert outbox.redirect("telegram", "-1005", "-1005") == 0


def test_a_closed_address_gets_nothing_until_it_opens(outbox: Outbox) -> None:
    outbox.put(*(addressed(key) for key in "ab"), addressed("other", address="43"))
    started = begin(outbox, claim(outbox, limit=1)[0])
    gone = DeliveryError("blocked", permanent=True, address_gone=True)
    changed = outbox.failed(started, gone, NOW, random=lambda: 1.0)
    assert [(each.message.key, each.state) for each in changed] == [
        ("a", State.SUPPRESSED),
        ("b", State.SUPPRESSED),
    ]
    outbox.put(addressed("c"))
    assert keys(claim(outbox)) == ["other"]
    assert outbox.summary().closed_addresses == 1
    assert outbox.reopen_address("telegram", "42")
    assert not outbox.reopen_address("telegram", "42")
    outbox.put(addressed("d"))
    assert keys(claim(outbox)) == ["d"]


def test_an_answer_knows_what_it_answers(outbox: Outbox) -> None:
    red = addressed("red")
    outbox.put(red, addressed("cleared", answers=red.dedupe_key))
    send(outbox, claim(outbox)[0])
    assert outbox.envelope(claim(outbox)[0]).answers == "m1"


def test_a_summary_tells_since_when_urgent_things_wait(outbox: Outbox) -> None:
    assert outbox.summary().oldest_must is None
    outbox.put(addressed("a", at=NOW + SECOND), addressed("b", at=NOW + 2 * SECOND))
    assert outbox.summary().oldest_must == NOW + SECOND
    assert outbox.summary().waiting == 2


def test_a_file_of_an_older_program_is_brought_up_to_date(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with open_store(tmp_path) as database:
        assert Outbox(database).summary().waiting == 0
        with pytest.raises(StoreError):
            database.execute("DELETE FROM deliveries")


@dataclass
class Anything:
    """Everything that can happen to an outbox, at one of three addresses."""

    outbox: Outbox
    now: datetime = NOW
    count: int = 0
    held: dict[str, Delivery] = field(default_factory=dict)
    place: int = 0
    promise: Promise = Promise.MUST

    @property
    def address(self) -> str:
        return f"{self.place}"

    def put(self) -> None:
        self.count += 1
        later = self.now + self.place * SECOND
        self.outbox.put(
            addressed(
                f"{self.count}",
                address=self.address,
                promise=self.promise,
                at=self.now,
                not_before=later,
            )
        )

    def claim(self) -> None:
        for each in self.outbox.claim(self.now, owner="a", lease=LEASE, limit=2, channels=CHANNELS):
            begun = self.outbox.begin(each, self.now, lease=LEASE)
            assert begun is not None
            self.held[each.address] = begun

    def done(self) -> None:
        if each := self.held.pop(self.address, None):
            self.outbox.done(each, "m", self.now)

    def fail(self) -> None:
        if each := self.held.pop(self.address, None):
            self.outbox.failed(each, DeliveryError("502"), self.now, random=lambda: 0.5)

    def unsure(self) -> None:
        if each := self.held.pop(self.address, None):
            self.outbox.failed(each, KeyError("ok"), self.now, random=lambda: 0.5)

    def die(self) -> None:
        self.held.pop(self.address, None)

    def wait(self) -> None:
        self.now += self.place * 25 * SECOND
        self.outbox.expire(self.now)

    def close(self) -> None:
        self.outbox.close_address("telegram", self.address, reason="blocked", now=self.now)
        self.outbox.reopen_address("telegram", self.address)

    def move(self) -> None:
        self.outbox.redirect("telegram", self.address, f"{(self.place + 1) % 3}")


NAMES = ["put", "put", "claim", "claim", "done", "fail", "unsure", "die", "wait", "close", "move"]
EVENTS = st.tuples(st.sampled_from(NAMES), st.integers(0, 2), st.sampled_from(Promise))


@pytest.mark.parametrize("count", examples(always=20, campaign=600))
def test_every_line_has_one_head_and_it_is_the_first(
    tmp_path_factory: pytest.TempPathFactory, count: int
) -> None:
    @settings(max_examples=count)
    @given(st.lists(EVENTS, min_size=10, max_size=40))
    def holds(events: list[tuple[str, int, Promise]]) -> None:
        with open_store(tmp_path_factory.mktemp("lines")) as database:
            post = Anything(Outbox(database))
            for name, post.place, post.promise in events:
                getattr(post, name)()
                assert_heads_are_first(post.outbox)

    holds()


def assert_heads_are_first(outbox: Outbox) -> None:
    rows = outbox.database.rows(
        "SELECT * FROM deliveries WHERE ended_at IS NULL ORDER BY place, number"
    )
    first: dict[tuple[str, bool], int] = {}
    flying = [row["address"] for row in rows if row["state"] == "sending"]
    assert len(flying) == len(set(flying))
    for row in rows:
        first.setdefault((row["address"], row["promise"] == "must"), row["number"])
    heads = outbox.database.rows("SELECT number FROM deliveries WHERE is_next = 1")
    assert sorted(row["number"] for row in heads) == sorted(first.values())


def fill(outbox: Outbox, count: int, addresses: int) -> None:
    with outbox.database.transaction():
        for i in range(count):
            outbox.put(addressed(f"{i}", address=f"{i % addresses}", promise=Promise.ONCE))


def claim_plan(outbox: Outbox) -> str:
    statements: list[str] = []
    outbox.database.connection.set_trace_callback(statements.append)
    claim(outbox, limit=1)
    outbox.database.connection.set_trace_callback(None)
    asked = [s for s in statements if s.lstrip().startswith(("SELECT", "UPDATE"))]
    steps = [
        row["detail"]
        for each in asked
        for row in outbox.database.rows(f"EXPLAIN QUERY PLAN {each}")
    ]
    return "\n".join(steps)


def test_a_claim_walks_no_table(outbox: Outbox) -> None:
    outbox.put(addressed("a"), addressed("b"), addressed("c", address="43"))
    plan = claim_plan(outbox)
    assert "deliveries_due" in plan
    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.campaign
@pytest.mark.parametrize("addresses", [1, 100, 100_000])
def test_a_claim_is_fast_with_a_hundred_thousand_waiting(outbox: Outbox, addresses: int) -> None:
    started = time.perf_counter()
    fill(outbox, 100_000, addresses)
    filled = time.perf_counter() - started
    spent = []
    for _ in range(50):
        started = time.perf_counter()
        claimed = claim(outbox, limit=10)
        spent.append(time.perf_counter() - started)
        assert claimed
        for each in claimed:
            send(outbox, each)
    spent.sort()
    print(f"{addresses} addresses: put {filled:.1f} s, claim p50 {spent[25] * 1e3:.2f} ms, "
          f"most {spent[-1] * 1e3:.2f} ms")  # fmt: skip
    assert spent[25] < 0.02
