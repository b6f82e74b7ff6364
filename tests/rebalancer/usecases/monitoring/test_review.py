"""What waited is told as it is true when it is sent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.routing import Post
from alerts.delivery.sender import deliver
from alerts.messages import Kind, Message
from alerts.preferences.choices import Preferences
from alerts.preferences.store import PreferenceStore
from alerts.texts.event_messages import proposal_message
from alerts.triggers.flips import Told
from alerts.triggers.state_store import AlertState
from portfolios.model.plan import Scope, Zone
from portfolios.model.users import Person, Role
from rebalancer.usecases.monitoring.review import as_of_now
from tests.alerts.delivery.delivery_examples import Clock, Tape
from tests.rebalancer.bot.bot_fixture import CANARY, NOW, OWNER, Bot, plan_of

HOUR = timedelta(hours=1)
ANN = Person("ann", Role.OWNER, addresses={"telegram": str(OWNER)})


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def sent_after(bot: Bot, hours: float, *messages: Message) -> list[Message]:
    """Write messages, or the last proposal, inside a mute that ends so much later, and send them.

    Each answers the one before.
    """
    with bot.store() as store:
        until = NOW + hours * HOUR
        muted = Preferences(muted_until=until, muted_at=NOW)
        PreferenceStore(store.database).save("ann", muted if hours else Preferences())
        post = Post.of(store, now=NOW)
        answers = ""
        for message in messages or (proposal_message(store.plans(CANARY)[0]),):
            post.send(message, [ANN], answers=answers)
            answers = message.key
        clock = Clock(until)
        tape = Tape(clock)
        deliver(
            Outbox(store.database), {"telegram": tape}, now=clock, sleep=clock.sleep, owner="a",
            limiter=RateLimiter(), review=lambda each, now: as_of_now(store, each, now),
        )  # fmt: skip
        return [envelope.message for _, envelope in tape.sent]


def notes(message: Message) -> str:
    return " ".join(block.text for block in message.blocks)


@pytest.mark.parametrize("hours", [0, 1, 47])
def test_a_proposal_that_is_still_open_says_until_when_and_can_be_answered(
    bot: Bot, hours: float
) -> None:
    bot.ask_proposal()
    (told,) = sent_after(bot, hours)
    assert told.buttons
    assert ("Open for 48 hours" in notes(told)) == (hours == 0)
    assert ("Open until 24 Nov 2026" in notes(told)) == (hours > 0)


@pytest.mark.parametrize("hours", [49, 72, 24 * 29])
def test_a_proposal_that_lapsed_is_told_as_past_with_nothing_to_press(
    bot: Bot, hours: float
) -> None:
    bot.ask_proposal()
    (told,) = sent_after(bot, hours)
    assert told.headline.startswith("Lapsed: ")
    assert "lapsed while it waited" in notes(told)
    assert "Open for" not in notes(told)
    assert told.buttons == ()


@pytest.mark.parametrize("word", ["skip", "later"])
def test_a_proposal_that_was_decided_or_put_off_is_not_told(bot: Bot, word: str) -> None:
    plan = plan_of(bot.ask_proposal())
    bot.press(f"{word}:{plan}")
    assert sent_after(bot, 2) == []


@pytest.mark.parametrize(
    ("hours", "zone", "head"),
    [(5, Zone.GREEN, "Over by now: "), (5, Zone.RED, ""), (5, Zone.AMBER, ""), (0, Zone.GREEN, "")],
)
def test_a_red_zone_that_recovered_while_it_waited_is_told_as_past(
    bot: Bot, hours: float, zone: Zone, head: str
) -> None:
    with bot.store() as store:
        AlertState(store.database, CANARY).keep_conditions(
            (), [Told(Scope.ASSET, "bitcoin", zone, NOW)]
        )
    red = Message(Kind.ZONE_RED, "zones:k", "BTC red", NOW, portfolio=CANARY, zone=Zone.RED)
    (told,) = sent_after(bot, hours, red)
    assert told.headline == f"{head}BTC red"


@pytest.mark.parametrize(("hours", "count"), [(0, 2), (5, 1)])
def test_a_red_zone_and_its_recovery_that_waited_through_a_night_are_told_as_one(
    bot: Bot, hours: float, count: int
) -> None:
    with bot.store() as store:
        AlertState(store.database, CANARY).keep_conditions(
            (), [Told(Scope.ASSET, "bitcoin", Zone.GREEN, NOW)]
        )
    red = Message(Kind.ZONE_RED, "zones:k", "BTC red", NOW, portfolio=CANARY, zone=Zone.RED)
    green = Message(Kind.CLEARED, "zones:l", "BTC is green again", NOW, portfolio=CANARY)
    told = sent_after(bot, hours, red, green)
    assert len(told) == count
    assert told[0].headline == ("Over by now: BTC red" if hours else "BTC red")
