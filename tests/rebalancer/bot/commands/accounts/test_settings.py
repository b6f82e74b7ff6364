"""Choices of a person in the chat, by word and by button."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.channels.telegram.traits import TELEGRAM
from alerts.delivery.addresses import why_closed
from alerts.delivery.outbox import Outbox
from alerts.delivery.routing import Post
from alerts.messages import Kind, Message
from alerts.preferences.choices import Preferences, Way
from alerts.preferences.store import PreferenceStore
from portfolios.model.users import Person, Role
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.commands.accounts.settings import PAGES
from rebalancer.bot.dispatcher import Dispatcher
from rebalancer.bot.reply import Reply
from tests.rebalancer.bot.bot_fixture import NOW, OWNER, VIEWER, Bot, text_of

NAMED = 77


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def chosen(bot: Bot, name: str = "ann") -> Preferences:
    with bot.store() as store:
        return PreferenceStore(store.database).preferences(name)


def answer(bot: Bot, text: str, user: int = OWNER) -> Reply:
    bot.now += timedelta(seconds=10)
    reply = bot.dispatcher.answer(bot.heard(text, user))
    assert reply is not None
    return reply


def labels(reply: Reply) -> list[str]:
    assert reply.message is not None
    return [button.label for row in reply.message.buttons for button in row]


def press(bot: Bot, reply: Reply, label: str) -> Reply:
    assert reply.message is not None
    bot.now += timedelta(seconds=10)
    found = [b.payload for row in reply.message.buttons for b in row if b.label == label]
    return bot.press(found[0])


def test_the_first_page_says_everything_and_leads_everywhere(bot: Bot) -> None:
    shown = answer(bot, "/settings")
    text = text_of(shown)
    for part in ("Not muted, quiet hours: none", "time zone: UTC", "as in 1,234.5%",
                 "amounts: shown", "budget: 8", "telegram, with a sound: red zones"):  # fmt: skip
        assert part in text
    assert labels(shown) == ["Alerts", *(page.label for page in PAGES.values())]
    for label in labels(shown):
        page = press(bot, shown, label)
        assert page.replaces
        assert page.message is not None
        assert "« Settings" in labels(page)
        assert all(len(row) <= 2 for row in page.message.buttons)
        assert text_of(press(bot, page, "« Settings")) == text
    assert chosen(bot) == Preferences()


def test_every_button_of_every_page_makes_its_choice_and_is_marked(bot: Bot) -> None:
    for name, page in PAGES.items():
        for label in page.options:
            shown = answer(bot, f"/settings {name}")
            mine = [each for each in labels(shown) if each.removeprefix("✓ ") == label]
            pressed = press(bot, shown, mine[0])
            assert f"✓ {label}" in labels(pressed), (name, label)
    assert chosen(bot).timezone == "Australia/Sydney"
    assert chosen(bot).budget == 30


def test_a_press_takes_each_kind_through_every_way(bot: Bot) -> None:
    page = answer(bot, "/settings alerts")
    default = TELEGRAM.default_way(Kind.RULE, is_only=True)
    seen = []
    for sign in "🔔🔕📋✖":
        seen.append(chosen(bot).way(Kind.RULE, "telegram", default))
        page = press(bot, page, f"{sign} own rules")
    assert seen == [Way.ON, Way.SILENT, Way.DIGEST, Way.OFF]
    assert chosen(bot).way(Kind.RULE, "telegram", default) is Way.ON
    page = press(bot, press(bot, page, "🔕 the digest"), "✖ the digest")
    assert "🔔 the digest" in labels(page)


def test_the_same_press_twice_is_one_choice(bot: Bot) -> None:
    page = answer(bot, "/settings alerts")
    press(bot, page, "🔔 proposals")
    press(bot, page, "🔔 proposals")
    assert chosen(bot).ways == {"telegram/proposal": Way.SILENT}


def test_who_has_mail_chooses_for_it_too_and_mail_is_never_silent(bot: Bot) -> None:
    with bot.store() as store:
        both = Person(
            "ann", Role.OWNER, addresses={"email": "ann@example.com", "telegram": str(OWNER)}
        )
        PeopleStore(store.database).save(both)
    page = press(bot, answer(bot, "/settings alerts"), "Email »")
    page = press(bot, press(bot, page, "🔔 weekly report"), "📋 weekly report")
    assert "✖ weekly report" in labels(page)
    assert chosen(bot).ways == {"email/weekly": Way.OFF}
    assert "Alerts on telegram" in text_of(press(bot, page, "Telegram »"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/settings quiet=22:30-06:45", "quiet hours: 22:30 to 06:45 (UTC)"),
        ("/settings zone=europe/berlin", "time zone: Europe/Berlin"),
        ("/settings zone=berlin", "did you mean Europe/Berlin?"),
        ("/settings numbers=point", "as in 1.234,5%"),
        ("/settings amounts=hide", "amounts: hidden"),
        ("/settings colour=red", "choice colour is unknown"),
        ("/settings quite", "did you mean quiet?"),
        ("/mute", "Muted until"),
        ("/mute 90 m", "Muted until"),
        ("/mute off", "Muted: no"),
        ("/mute 400d", "the longest is 30d"),
        ("/mute tomorrow", "write how long"),
    ],
)
def test_choices_may_be_written(bot: Bot, text: str, said: str) -> None:
    assert said in text_of(answer(bot, text))


def test_what_is_refused_changes_nothing(bot: Bot) -> None:
    answer(bot, "/settings budget=3 zone=nowhere")
    answer(bot, "/mute 400d")
    assert chosen(bot) == Preferences()


def test_what_comes_while_muted_is_kept_until_the_end(bot: Bot) -> None:
    answer(bot, "/mute 8h")
    muted_at = bot.now
    told = Message(Kind.ZONE_RED, "zone:x", "core: UNI red", NOW, portfolio="shared")
    with bot.store() as store:
        post = Post.of(store, now=bot.now)
        post.send(told, [Person("ann", Role.OWNER, addresses={"telegram": str(OWNER)})])
        (kept,) = Outbox(store.database).find(person="ann")
    assert kept.not_before == muted_at + timedelta(hours=8)
    assert "Muted: no" in text_of(answer(bot, "/unmute"))


def test_choices_belong_to_whoever_makes_them_in_private(bot: Bot) -> None:
    answer(bot, "/settings amounts=hide", VIEWER)
    assert chosen(bot, "bob").hides_amounts
    assert chosen(bot) == Preferences()
    with bot.store() as store:
        group = Person(
            "friends", addresses={"telegram": "-100"}, portfolios=("shared",), is_group=True
        )
        PeopleStore(store.database).save(group)
    text = bot.say("/settings amounts=show", OWNER, chat=-100, is_private=False)
    assert "is for our private chat" in text
    assert chosen(bot, "friends") == Preferences()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_nonsense_gets_a_word(bot: Bot, words: str) -> None:
    for command in ("settings", "mute", "alerts"):
        text = text_of(answer(bot, f"/{command} {words}"))
        assert text
        assert "went wrong" not in text


def test_stop_unlinks_and_nothing_that_waits_is_sent(bot: Bot) -> None:
    told = Message(Kind.ZONE_RED, "zone:x", "core: UNI red", NOW, portfolio="shared")
    bob = Person("bob", addresses={"telegram": str(VIEWER)}, portfolios=("shared",))
    with bot.store() as store:
        post = Post.of(store, now=bot.now)
        post.send(told, [bob])
    assert "Unlinked" in bot.say("/stop", VIEWER)
    with bot.store() as store:
        (gone,) = Outbox(store.database).find(person="bob")
        assert not gone.state.is_alive
        assert PeopleStore(store.database).person("bob").address("telegram") == ""
        later = Post.of(store, now=bot.now)
        assert later.send(Message(Kind.RULE, "r", "core: x", NOW), [bob]) == 1
        assert Outbox(store.database).find(person="bob")[0].state.is_alive


def test_who_blocked_the_bot_and_writes_again_is_told_things_again(bot: Bot) -> None:
    with bot.store() as store:
        box = Outbox(store.database)
        box.close_address("telegram", str(OWNER), reason="blocked by the user", now=NOW)
    answer(bot, "/status", VIEWER)
    with bot.store() as store:
        assert why_closed(store.database, "telegram", str(OWNER))
    answer(bot, "/status")
    with bot.store() as store:
        assert not why_closed(store.database, "telegram", str(OWNER))


def test_the_owner_of_the_settings_is_not_told_that_he_was_unlinked(bot: Bot) -> None:
    owner = Person("owner", Role.OWNER, addresses={"telegram": str(NAMED)})
    dispatcher = Dispatcher(
        open_store=bot.store, people=lambda _: (owner,), market=lambda: bot.market,
        insights=bot.dispatcher.insights, now=lambda: bot.now,
    )  # fmt: skip
    reply = dispatcher.answer(bot.heard("/stop", NAMED))
    assert "The settings name you" in text_of(reply)
    assert "Unlinked" not in text_of(reply)
    assert reply is not None
    assert reply.message is not None
    nothing = reply.message.buttons[-1][0]
    assert nothing.label == "Tell me nothing here"
    dispatcher.press(bot.heard(nothing.payload, NAMED))
    assert set(chosen(bot, "owner").ways.values()) == {Way.OFF}
