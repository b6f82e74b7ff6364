"""Every answer as its reader wants it: no amount reaches a group, or whoever hides them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.delivery.outbox import Outbox
from alerts.preferences.choices import Preferences
from alerts.preferences.number_style import Numbers
from alerts.preferences.store import PreferenceStore
from portfolios.model.insights import Insights
from portfolios.model.users import Person, Role
from portfolios.model.valuation import value_portfolio
from portfolios.store.user_store import PeopleStore
from portfolios.values import display
from portfolios.values.canonical import plain
from rebalancer.bot.personalise import as_wanted
from rebalancer.bot.registry import COMMANDS
from rebalancer.bot.reply import Reply
from rebalancer.bot.request import File, Request
from tests.rebalancer.bot.bot_fixture import CANARY, MARKET, OWNER, Bot, plan_of, text_of

GROUP = -100
WORDS = {"token": "SOL", "alert": f"{CANARY} value > 4321", "rebalance": f"{CANARY} cash=4321"}


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    made = Bot(tmp_path)
    with made.store() as store:
        group = Person(
            "friends", addresses={"telegram": str(GROUP)}, portfolios=("shared",), is_group=True
        )
        PeopleStore(store.database).save(group)
    return made


def choose(bot: Bot, name: str, chosen: Preferences) -> None:
    with bot.store() as store:
        PreferenceStore(store.database).save(name, chosen)


def everything(reply: Reply | None) -> str:
    """Return all that a reply shows, labels of buttons and captions included."""
    if reply is None:
        return ""
    rows = reply.message.buttons if reply.message else ()
    labels = [button.label for row in rows for button in row]
    return "\n".join((text_of(reply), *labels, *(found for _, found in reply.every_picture())))


def amounts(bot: Bot, plan_id: str) -> set[str]:
    """Return every amount and quantity of the owner's, in each way that figures are shown."""
    with bot.store() as store:
        plan = store.load_plan(plan_id)
        own = store.load_portfolio(CANARY)
    valuation = value_portfolio(own, MARKET)
    money = [valuation.value, valuation.cash, plan.value, plan.estimated_cost]
    money += [p.value for p in valuation.positions] + [t.notional for t in plan.trades]
    quantities = [t.quantity for t in plan.trades] + [h.quantity for h in own.holdings]
    shown = {display.money(amount, "usd").lstrip("$") for amount in money}
    shown |= {f(q) for q in quantities for f in (display.quantity, plain)}
    return {text for text in shown | {"4321", "4,321"} if len(text) > 2}


def leaks(text: str, secrets: Iterable[str]) -> list[str]:
    return [s for s in secrets if re.search(rf"(?<![\d.,]){re.escape(s)}(?![\d%]|[.,]\d)", text)]


def conversation(bot: Bot) -> tuple[str, set[str]]:
    """Ask everything and press what decides; return all that was shown, and the amounts."""
    shown = []
    for name in COMMANDS:
        if name in ("stop", "unmute"):
            continue
        bot.now += timedelta(seconds=20)
        shown.append(everything(bot.dispatcher.answer(bot.heard(f"/{name} {_words(name)}", OWNER))))
    bot.now += timedelta(minutes=1)
    plan = plan_of(bot.ask_proposal())
    shown.append(everything(bot.press(f"why:{plan}")))
    asked = bot.press(f"ok:{plan}")
    shown.append(everything(asked))
    assert asked.message is not None
    ticket = bot.press(asked.message.buttons[0][0].payload)
    assert ticket.files
    shown += [everything(ticket), everything(bot.press(f"book:{plan}"))]
    return "\n".join(shown), amounts(bot, plan)


def _words(name: str) -> str:
    return WORDS.get(name, "" if name in ("settings", "mute", "import") else CANARY)


def test_whoever_hides_amounts_is_shown_none_by_any_command(bot: Bot) -> None:
    text, secrets = conversation(bot)
    assert len(leaks(text, secrets)) >= 8, "the test would see them"
    choose(bot, "ann", Preferences(hides_amounts=True))
    text, more = conversation(bot)
    assert leaks(text, secrets | more) == []
    assert "•••" in text


def asked_in_the_group(bot: Bot) -> str:
    bot.now += timedelta(minutes=1)
    names = [name for name, command in COMMANDS.items() if command.in_groups]
    heard = [bot.heard(f"/{name}", OWNER, chat=GROUP, is_private=False) for name in names]
    return "\n".join(everything(bot.dispatcher.answer(each)) for each in heard)


def test_groups_are_shown_no_amounts_unless_the_group_chose_to(bot: Bot) -> None:
    secrets = amounts(bot, plan_of(bot.ask_proposal()))  # what is shared is worth the same
    hidden = asked_in_the_group(bot)
    assert "shared" in hidden
    assert leaks(hidden, secrets) == []
    choose(bot, "friends", Preferences(hides_amounts=False))
    assert leaks(asked_in_the_group(bot), secrets)


def test_files_are_sent_in_private_only(bot: Bot) -> None:
    person = Person("ann", Role.OWNER)
    reply = Reply(files=(File("trades.csv", b"x"),))
    with bot.store() as store:
        ask = Request(
            person=person, command="", words=(), store=store, load_market=lambda: MARKET,
            load_insights=Insights, now=bot.now,
        )  # fmt: skip
        assert as_wanted(ask, reply).files == reply.files
        assert as_wanted(replace(ask, is_group=True), reply).files == ()


def test_ids_are_told_in_a_group_as_they_are(bot: Bot) -> None:
    text = bot.say("/id", OWNER, chat=GROUP, is_private=False)
    assert text == "<b>Your id is 7; this chat's id is -100</b>"


def test_what_could_not_be_sent_is_worded_once(bot: Bot) -> None:
    choose(bot, "ann", Preferences(numbers=Numbers.POINT))
    confirm = bot.heard(bot.confirmation(plan_of(bot.ask_proposal())), OWNER)
    reply = bot.dispatcher.press(confirm)
    assert reply.message is not None
    bot.dispatcher.owe(confirm, reply)
    with bot.store() as store:
        owed = Outbox(store.database).find(person="ann")[0].message
    assert owed.headline == reply.message.headline
    assert owed.blocks == reply.message.blocks
    assert owed.buttons == reply.message.buttons


def test_numbers_are_written_as_chosen_in_every_answer(bot: Bot) -> None:
    choose(bot, "ann", Preferences(numbers=Numbers.APOSTROPHE))
    text = bot.say(f"/portfolio {CANARY}")
    assert re.search(r"\$\d{3}'\d{3}", text)
    assert not re.search(r"\d,\d", text)
