"""A further channel is its traits, named in the table, and a class that sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from alerts.channels import CHANNELS
from alerts.channels.channel import ChannelTraits
from alerts.channels.envelope import Envelope
from alerts.delivery.fallback import send_fallbacks
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.routing import Post
from alerts.delivery.sender import DispatchReport, Unreachable, deliver
from alerts.messages import Kind, Message, Picture
from alerts.preferences.choices import Way
from alerts.preferences.store import PreferenceStore
from portfolios.model.users import Person
from portfolios.store.database import Database
from tests.alerts.delivery.delivery_examples import NOW, Clock, open_store

PAGER = ChannelTraits(
    name="pager",
    address_name="number",
    default_ways={Kind.ZONE_RED: Way.ON, Kind.GRADE: Way.DIGEST, Kind.TEST: Way.ON},
    ways_alone={Kind.RULE: Way.ON},
    carries_pictures={Kind.TEST},
)
WITH_PAGER = {**CHANNELS, PAGER.name: PAGER}
ANN = Person("ann", addresses={"pager": "042"})
BOB = Person("bob", addresses={"pager": "043", "telegram": "8"})
PICTURE = Picture("weights.png", b"png")


@dataclass
class Pager:
    name: str = PAGER.name
    sent: list[Envelope] = field(default_factory=list)

    def send(self, envelope: Envelope) -> str:
        self.sent.append(envelope)
        return f"page {len(self.sent)}"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path) as opened:
        yield opened


def told(kind: Kind) -> Message:
    return Message(kind, f"{kind}:1", f"About {kind}", NOW)


def post(database: Database) -> Post:
    return Post(Outbox(database), PreferenceStore(database), now=NOW, channels=WITH_PAGER)


def routed(database: Database, kind: Kind, person: Person) -> list[tuple[str, str]]:
    post(database).send(told(kind), [person], pictures=[PICTURE])
    return [(each.channel, each.address) for each in Outbox(database).find()]


def sent(database: Database) -> list[Envelope]:
    clock, pager = Clock(), Pager()
    deliver(
        Outbox(database), {pager.name: pager}, now=clock, sleep=clock.sleep, owner="a",
        limiter=RateLimiter(),
    )  # fmt: skip
    return pager.sent


def test_a_message_goes_out_on_it_to_whoever_has_an_address_there(database: Database) -> None:
    assert routed(database, Kind.ZONE_RED, ANN) == [("pager", "042")]
    (envelope,) = sent(database)
    assert (envelope.address, envelope.message.headline) == ("042", "About zone_red")
    assert [each.receipt for each in Outbox(database).find()] == ["page 1"]


def test_what_comes_by_default_is_one_of_its_traits(database: Database) -> None:
    assert routed(database, Kind.SIGNAL, ANN) == []
    assert routed(database, Kind.GRADE, ANN) == []
    assert PreferenceStore(database).held_back("ann", "pager") == (told(Kind.GRADE),)


def test_it_may_bring_more_to_whom_nothing_else_reaches(database: Database) -> None:
    assert routed(database, Kind.RULE, BOB) == [("telegram", "8")]
    assert ("pager", "042") in routed(database, Kind.RULE, ANN)


@pytest.mark.parametrize(("kind", "way"), [(Kind.ZONE_RED, Way.OFF), (Kind.SIGNAL, Way.ON)])
def test_a_choice_beats_its_default(database: Database, kind: Kind, way: Way) -> None:
    kept = PreferenceStore(database)
    kept.save("ann", kept.preferences("ann").choose(kind, PAGER.name, way))
    assert bool(routed(database, kind, ANN)) == (way is Way.ON)


@pytest.mark.parametrize(("kind", "count"), [(Kind.ZONE_RED, 0), (Kind.TEST, 1)])
def test_pictures_go_along_where_it_carries_them(
    database: Database, kind: Kind, count: int
) -> None:
    routed(database, kind, ANN)
    (envelope,) = sent(database)
    assert len(envelope.pictures) == count


def test_it_says_that_another_channel_reaches_nobody_any_more(database: Database) -> None:
    gone = Unreachable(("bob",), "telegram", "8", "the chat takes no messages")
    report = DispatchReport({}, {}, (gone,), (), None)
    assert send_fallbacks(database, [BOB], report, at=NOW, channels=WITH_PAGER)
    (envelope,) = sent(database)
    assert envelope.message.headline == "Telegram does not reach you"


def test_without_it_nobody_is_reached_there(database: Database) -> None:
    plain = Post(Outbox(database), PreferenceStore(database), now=NOW)
    assert plain.send(told(Kind.ZONE_RED), [ANN]) == 0
