"""Who there is, as the owner sees it in the chat: codes for a chat, and a removal in two steps."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.channels.telegram.traits import TELEGRAM
from alerts.delivery.outbox import Outbox
from alerts.delivery.routing import Post
from alerts.messages import Kind, Message
from alerts.preferences.choices import Preferences
from alerts.preferences.store import PreferenceStore
from portfolios.errors import NotFoundError
from portfolios.model.users import Person, Role
from portfolios.store.link_codes import LinkCodes
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.commands.accounts.users import CONFIRM_WITHIN
from rebalancer.bot.reply import Reply
from tests.rebalancer.bot.bot_fixture import NOW, OWNER, STRANGER, VIEWER, Bot, text_of


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def save(bot: Bot, *people: Person) -> None:
    with bot.store() as store:
        for person in people:
            PeopleStore(store.database).save(person)


def person(bot: Bot, name: str) -> Person | None:
    with bot.store() as store:
        try:
            return PeopleStore(store.database).person(name)
        except NotFoundError:
            return None


def ask(bot: Bot, text: str, user: int = OWNER) -> Reply:
    reply = bot.dispatcher.answer(bot.heard(text, user))
    assert reply is not None
    return reply


def pressed(bot: Bot, reply: Reply, label: str, user: int = OWNER) -> str:
    assert reply.message is not None
    data = next(b.payload for row in reply.message.buttons for b in row if b.label == label)
    return text_of(bot.press(data, user))


def test_everybody_is_listed_with_what_he_sees(bot: Bot) -> None:
    save(
        bot, Person("family", addresses={"telegram": "-100"}, is_group=True, portfolios=("shared",))
    )
    text = bot.say("/users")
    assert "3 people here" in text
    assert "ann: owner, sees everything; linked; never told anything" in text
    assert "bob: viewer, sees shared; linked" in text
    assert "family: group, sees shared; linked" in text


@pytest.mark.parametrize("hides", [False, True])
def test_a_code_made_in_the_chat_links_whom_it_names(bot: Bot, *, hides: bool) -> None:
    save(bot, Person("cleo", portfolios=("shared",)))
    with bot.store() as store, store.database.transaction():
        PreferenceStore(store.database).save("ann", Preferences(hides_amounts=hides))
    text = bot.say("/users link cleo")
    assert "for 10 minutes" in text
    code = re.search(r"^/start ([0-9a-f]{48})$", text, re.MULTILINE)
    assert code is not None, text
    assert "Welcome, cleo" in bot.say(f"/start {code[1]}", STRANGER)
    found = person(bot, "cleo")
    assert (found.addresses, found.portfolios) == ({"telegram": str(STRANGER)}, ("shared",))


def test_somebody_is_removed_by_the_second_press(bot: Bot) -> None:
    asked = ask(bot, "/users remove bob")
    assert "Remove bob, viewer?" in text_of(asked)
    assert person(bot, "bob") is not None
    assert "Nobody was removed" in pressed(bot, asked, "Keep")
    assert "bob is removed" in pressed(bot, asked, "Remove")
    assert person(bot, "bob") is None
    assert bot.say("/status", VIEWER) == ""
    assert "nobody is called bob" in pressed(bot, asked, "Remove")


def test_a_removal_is_confirmed_soon_and_by_who_asked(bot: Bot) -> None:
    save(bot, Person("ivo", Role.OWNER, addresses={"telegram": "11"}))
    asked = ask(bot, "/users remove bob")
    assert "too long ago" in pressed(bot, asked, "Remove", 11)
    assert "not yours" in pressed(bot, asked, "Remove", VIEWER)
    for shift in (CONFIRM_WITHIN + timedelta(seconds=1), -timedelta(seconds=1)):
        bot.now = NOW + shift  # late, or by a clock that was set back
        assert "too long ago" in pressed(bot, asked, "Remove")
    assert person(bot, "bob") is not None


def test_what_waits_goes_to_the_chat_that_a_code_links(bot: Bot) -> None:
    with bot.store() as store, store.database.transaction():
        (bob,) = (p for p in PeopleStore(store.database).everybody() if p.name == "bob")
        told = Message(Kind.RULE, "rule", "shared: value > 1", NOW, portfolio="shared")
        Post.of(store, now=NOW).send(told, [bob])
    with bot.store() as store:
        code = LinkCodes(store.database).create(bob, now=NOW)
    assert "Welcome, bob" in bot.say(f"/start {code}", 555)
    with bot.store() as store:
        assert [d.address for d in Outbox(store.database).find(person="bob")] == ["555"]


def test_an_owner_remains_whatever_is_pressed(bot: Bot) -> None:
    assert "that is you" in bot.say("/users remove ann")
    save(bot, Person("ivo", Role.OWNER, addresses={"telegram": "11"}))
    of_ivo, of_ann = ask(bot, "/users remove ivo"), ask(bot, "/users remove ann", 11)
    assert "ivo is removed" in pressed(bot, of_ivo, "Remove")
    assert "not yours to press" in pressed(bot, of_ann, "Remove", 11)
    assert person(bot, "ann") is not None


def test_an_owner_of_some_changes_nobody_and_is_told_of_those_alone(bot: Bot) -> None:
    save(
        bot,
        Person("ivo", Role.OWNER, addresses={"telegram": "11"}, portfolios=("shared",)),
        Person("cleo", portfolios=("shared", "other")),
        Person("dan"),
    )
    text = bot.say("/users", 11)
    assert "2 people here" in text
    assert not re.search("ann|cleo|dan", text)
    for words in ("link bob", "link ann", "link nobody", "remove ann", "remove nobody"):
        assert "only who owns everything" in bot.say(f"/users {words}", 11)


@pytest.mark.parametrize("words", ["link", "remove", "add bob", "bob"])
def test_other_words_are_explained(bot: Bot, words: str) -> None:
    assert "/users link NAME" in bot.say(f"/users {words}")
    assert "nobody is called eve" in bot.say("/users link eve")


def test_only_owners_ask_and_only_in_private(bot: Bot) -> None:
    save(
        bot, Person("family", addresses={"telegram": "-100"}, is_group=True, portfolios=("shared",))
    )
    assert "is for owners" in bot.say("/users", VIEWER)
    for words in ("", " link bob"):
        text = bot.say(f"/users{words}", OWNER, chat=-100, is_private=False)
        assert "is for our private chat" in text
    assert "is a group" in bot.say("/users link family")


def test_a_linked_chat_is_not_taken_over_by_a_code_and_the_code_stays_good(bot: Bot) -> None:
    save(bot, Person("cleo", portfolios=("shared",)))
    with bot.store() as store:
        code = LinkCodes(store.database).create(Person("cleo"), now=bot.now)
    for user, name in ((OWNER, "ann"), (VIEWER, "bob")):
        assert f"This chat is {name}'s already" in bot.say(f"/start {code}", user)
        assert f"This chat is {name}'s already" in bot.say("/start guess", user)
    assert person(bot, "ann") == Person("ann", Role.OWNER, addresses={"telegram": str(OWNER)})
    assert "Welcome, cleo" in bot.say(f"/start {code}", STRANGER)


def test_a_code_for_another_phone_moves_the_person_there(bot: Bot) -> None:
    with bot.store() as store:
        code = LinkCodes(store.database).create(Person("bob"), now=bot.now)
    assert "Welcome, bob" in bot.say(f"/start {code}", STRANGER)
    assert bot.say("/status", VIEWER) == ""
    assert "shared" in bot.say("/status", STRANGER)


def test_who_had_blocked_the_bot_is_told_again_once_he_links(bot: Bot) -> None:
    with bot.store() as store:
        box = Outbox(store.database)
        box.close_address(TELEGRAM.name, str(STRANGER), reason="blocked", now=bot.now)
        code = LinkCodes(store.database).create(Person("bob"), now=bot.now)
    bot.say(f"/start {code}", STRANGER)
    with bot.store() as store:
        assert not Outbox(store.database).reopen_address(TELEGRAM.name, str(STRANGER))


def test_many_people_come_in_pages(bot: Bot) -> None:
    save(bot, *(replace(Person("x"), name=f"p{n:02}") for n in range(30)))
    first = ask(bot, "/users")
    assert "32 people here" in text_of(first)
    assert "p09:" in text_of(first)
    assert "p10:" not in text_of(first)
    second = pressed(bot, first, "»")
    assert "p10:" in second
    assert "p09:" not in second
