"""Rules of a person's own in the chat."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.triggers.state_store import AlertState
from alerts.triggers.user_rules import RuleState
from portfolios.model.users import Person, Role
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.reply import Reply
from tests.rebalancer.bot.bot_fixture import CANARY, NOW, VIEWER, Bot, text_of

APPROVER = 10


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    made = Bot(tmp_path)
    with made.store() as store:
        person = Person(
            "cleo", Role.APPROVER, addresses={"telegram": str(APPROVER)}, portfolios=("shared",)
        )
        PeopleStore(store.database).save(person)
    return made


def rules(bot: Bot, name: str = "shared") -> list[str]:
    with bot.store() as store:
        return [alert.when for alert in store.load_portfolio(name).alerts]


def answer(bot: Bot, text: str, user: int) -> Reply:
    reply = bot.dispatcher.answer(bot.heard(text, user))
    assert reply is not None
    return reply


def labelled(reply: Reply, label: str) -> str:
    assert reply.message is not None
    return next(b.payload for row in reply.message.buttons for b in row if b.label == label)


def test_a_rule_is_added_to_the_only_portfolio_and_to_the_one_named(bot: Bot) -> None:
    assert "shared: tells you when drift &gt; 5%" in bot.say("/alert drift > 5%", APPROVER)
    assert "has this rule already" in bot.say("/alert drift>5%", APPROVER)
    assert "say which portfolio" in bot.say("/alert price bitcoin >= 100000")
    assert CANARY in bot.say(f"/alert {CANARY} price BTC >= 100000")
    assert rules(bot) == ["drift > 5%"]
    assert rules(bot, CANARY) == ["price bitcoin >= 100000"]


def test_choosing_the_portfolio_by_button_keeps_the_rule_whole(bot: Bot) -> None:
    asked = answer(bot, "/alert price bitcoin >= 100000", 7)
    assert "tells you when" in text_of(bot.press(labelled(asked, "shared")))
    assert rules(bot) == ["price bitcoin >= 100000"]


def test_a_button_removes_its_own_rule_and_no_other(bot: Bot) -> None:
    for rule in ("drift > 5%", "value > 9000"):
        bot.say(f"/alert {rule}", APPROVER)
    listed = answer(bot, "/alerts", APPROVER)
    first = labelled(listed, "Remove 1")
    assert "the rule is gone" in text_of(bot.press(first, APPROVER))
    assert "nothing to remove" in text_of(bot.press(first, APPROVER))
    assert rules(bot) == ["value > 9000"]
    gone = bot.press(labelled(listed, "Remove 2"), APPROVER)
    assert rules(bot) == []
    bot.press(labelled(gone, "Put it back"), APPROVER)
    assert rules(bot) == ["value > 9000"]


def test_a_number_removes_once_however_often_it_is_delivered(bot: Bot) -> None:
    for rule in ("drift > 5%", "value > 9000"):
        bot.say(f"/alert {rule}", APPROVER)
    heard = bot.heard("/alert remove 1", APPROVER)
    assert "the rule is gone" in text_of(bot.dispatcher.answer(heard))
    assert "gone already" in text_of(bot.dispatcher.answer(heard))
    assert rules(bot) == ["value > 9000"]
    for wrong in ("0", "2", "9" * 300, "nothing", ""):
        text = bot.say(f"/alert remove {wrong}", APPROVER)
        assert "went wrong" not in text
        assert "the rule is gone" not in text
    assert rules(bot) == ["value > 9000"]


def test_the_list_tells_what_is_true_and_pages(bot: Bot) -> None:
    for number in range(15):
        bot.say(f"/alert value > {number}", APPROVER)
        bot.now += timedelta(seconds=10)
    with bot.store() as store:
        states = [RuleState("value > 0", True, NOW, 5.0), RuleState("value > 1", False, NOW, 0.5)]
        AlertState(store.database, "shared").keep_rules(states)
    listed = answer(bot, "/alerts", APPROVER)
    text = text_of(listed)
    assert "15 rules, 1 true now" in text
    assert "1. shared: value &gt; 0 (true)" in text
    assert "2. shared: value &gt; 1 (false)" in text
    assert "3. shared: value &gt; 2 (not judged yet)" in text
    second = bot.press(labelled(listed, "»"), APPROVER)
    assert "15. shared: value &gt; 14" in text_of(second)
    bot.press(labelled(second, "Remove 15"), APPROVER)
    assert "value > 14" not in rules(bot)


def test_a_viewer_sees_rules_and_changes_none(bot: Bot) -> None:
    bot.say("/alert drift > 5%", APPROVER)
    listed = answer(bot, "/alerts", VIEWER)
    assert "drift" in text_of(listed)
    assert listed.message is not None
    assert listed.message.buttons == ()
    for text in ("/alert value > 1", "/alert remove 1", "/alert remove drift > 5%"):
        assert "is for approvers" in bot.say(text, VIEWER)
    assert rules(bot) == ["drift > 5%"]


def test_nobody_reaches_the_rules_of_a_portfolio_he_does_not_see(bot: Bot) -> None:
    bot.say(f"/alert {CANARY} drift > 5%")
    assert "No rules" in bot.say("/alerts", APPROVER)
    bot.say(f"/alert remove {CANARY} drift > 5%", APPROVER)
    bot.say(f"/alert {CANARY} value > 5", APPROVER)
    assert rules(bot, CANARY) == ["drift > 5%"]
    assert rules(bot) == []
