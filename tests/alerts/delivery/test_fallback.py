"""What one channel could not take is told on another: each message, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.channels.envelope import Envelope
from alerts.delivery.delivery import State
from alerts.delivery.fallback import send_fallbacks
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.routing import Post
from alerts.delivery.sender import deliver
from alerts.messages import Kind, Message
from alerts.preferences.choices import Preferences
from alerts.preferences.store import PreferenceStore
from portfolios.errors import DeliveryError
from portfolios.model.users import Person
from portfolios.store.database import Database
from tests.alerts.delivery.delivery_examples import (
    HOUR,
    NOW,
    SECOND,
    Answer,
    Clock,
    Tape,
    open_store,
)

ANN = Person("ann", addresses={"telegram": "7", "email": "ann@example.org"})
BLOCKED = DeliveryError("the chat takes no messages", permanent=True, address_gone=True)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path) as opened:
        yield opened


def red(name: str) -> Message:
    return Message(Kind.ZONE_RED, f"zones:{name}", f"core: {name} is red", NOW)


def put(database: Database, clock: Clock, *messages: Message) -> None:
    post = Post(Outbox(database), PreferenceStore(database), now=clock.now)
    for message in messages:
        post.send(message, [ANN])


def send(database: Database, clock: Clock) -> list[Envelope]:
    """Send with a blocked chat; return the mails."""

    def script(envelope: Envelope, _: int) -> Answer:
        return BLOCKED if envelope.address == "7" else "m"

    channels = {name: Tape(clock, name, script=script) for name in ("telegram", "email")}
    for _ in range(2):
        report = deliver(
            Outbox(database), channels, now=clock, sleep=clock.sleep, owner="a",
            limiter=RateLimiter(), until_empty=False,
        )  # fmt: skip
        send_fallbacks(database, [ANN], report, at=clock.now)
    return [envelope for _, envelope in channels["email"].sent]


def told(mails: list[Envelope]) -> Counter[str]:
    items = (item for mail in mails for block in mail.message.blocks for item in block.items)
    return Counter(items)


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_each_red_of_a_day_is_mailed_once_while_the_chat_is_blocked(
    database: Database, at_once: int
) -> None:
    clock, mails = Clock(), []
    for hour in range(5):
        clock.now = NOW + hour * HOUR
        put(database, clock, *(red(f"{hour}.{n}") for n in range(at_once)))
        clock.now += SECOND
        mails += send(database, clock)
    assert told(mails) == {f"core: {h}.{n} is red": 1 for h in range(5) for n in range(at_once)}


def test_a_notice_waits_for_the_end_of_a_mute(database: Database) -> None:
    clock = Clock()
    put(database, clock, red("first"))
    assert len(send(database, clock)) == 1
    until = NOW + 8 * HOUR
    PreferenceStore(database).save("ann", Preferences(muted_until=until, muted_at=NOW))
    put(database, clock, red("second"))
    assert send(database, clock) == []
    clock.now = until
    assert told(send(database, clock)) == {"core: second is red": 1}


def test_what_was_given_up_long_ago_is_no_news(database: Database) -> None:
    clock = Clock()
    put(database, clock, red("first"))
    send(database, clock)
    put(database, clock, red("second"))
    clock.now += timedelta(days=2)
    assert told(send(database, clock)) == {}


def test_what_was_refused_until_it_lapsed_waits_for_the_digest_where_nothing_else_reaches(
    database: Database,
) -> None:
    clock = Clock()
    bob = Person("bob", addresses={"telegram": "8"})
    Post(Outbox(database), PreferenceStore(database), now=clock.now).send(red("BTC"), [bob])
    tape = Tape(clock, script=lambda *_: DeliveryError("refused for now (451)"))
    for _ in range(8 * 4):
        report = deliver(
            Outbox(database), {"telegram": tape}, now=clock, sleep=clock.sleep, owner="a",
            limiter=RateLimiter(), until_empty=False,
        )  # fmt: skip
        assert not send_fallbacks(database, [bob], report, at=clock.now)
        clock.now += HOUR / 4
    (held,) = PreferenceStore(database).held_back("bob", "telegram")
    assert held.headline == "did not reach you in time: core: BTC is red"


def test_what_lapsed_in_a_gap_without_tries_is_tried_once_more(database: Database) -> None:
    clock = Clock()
    Post(Outbox(database), PreferenceStore(database), now=clock.now).send(red("BTC"), [ANN])
    answers = iter([DeliveryError("refused for now (451)"), *["m"] * 9])
    tape = Tape(clock, script=lambda *_: next(answers))
    for gap in (5.8 * HOUR, 7 * HOUR, HOUR):  # tried, then the clock jumps far past its end
        clock.now += gap
        deliver(
            Outbox(database), {"telegram": tape}, now=clock, sleep=clock.sleep, owner="a",
            limiter=RateLimiter(), until_empty=False,
        )  # fmt: skip
    (sent,) = Outbox(database).find(limit=9, person="ann")
    assert sent.state is State.SENT
