"""The dispatcher of the bot: who is answered, what they see, and what a press does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.delivery.outbox import Outbox
from portfolios.model.decisions import Verdict
from portfolios.model.market import Market
from portfolios.model.users import Person, Role
from portfolios.store.link_codes import LinkCodes
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.registry import COMMANDS
from rebalancer.bot.reply import Reply
from tests.rebalancer.bot.bot_fixture import (
    CANARY,
    MARKET,
    NOW,
    OWNER,
    STRANGER,
    VIEWER,
    Bot,
    plan_of,
)


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def test_a_stranger_learns_their_id_and_what_to_ask_for_and_nothing_else(bot: Bot) -> None:
    for name in COMMANDS:
        assert bot.say(f"/{name}", STRANGER) == ""
    for command in ("/id", "/start"):
        said = bot.say(command, STRANGER)
        assert said.startswith("<b>Your id is 9</b>\n")
        assert "ask the owner for a code" in said


ORIGINS: list[Callable[[Bot, str], object]] = [
    lambda bot, text: bot.say(text, STRANGER),
    lambda bot, text: bot.say(text, OWNER, chat=-100, is_private=False),
    lambda bot, text: bot.say(text, VIEWER, chat=OWNER),
    lambda bot, text: bot.say(text, 0),
    lambda bot, text: bot.say(text, 0, chat=OWNER),
    lambda bot, text: bot.say(text, 1087968824, chat=-100, is_private=False),
    lambda bot, text: bot.press(text, STRANGER).message,
    lambda bot, text: bot.press(text, OWNER, chat=-100, is_private=False).message,
]


@pytest.mark.parametrize("origin", range(len(ORIGINS)))
def test_no_other_origin_is_answered(bot: Bot, origin: int) -> None:
    plan = plan_of(bot.ask_proposal())
    for text in (*(f"/{name} {CANARY}" for name in COMMANDS), f"ok:{plan}", f"why:{plan}"):
        assert not ORIGINS[origin](bot, text), text
    assert bot.verdicts(plan) == []


def test_one_person_never_sees_anothers_portfolio(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal())
    for name in COMMANDS:
        if name == "stop":
            continue
        for words in ("", "shared"):
            assert CANARY not in bot.say(f"/{name} {words}", VIEWER)
        bot.now += timedelta(minutes=1)  # nobody is answered oftener than that
        # Asked for by name, it is as unknown as what does not exist.
        there, nowhere = (bot.say(f"/{name} {word}", VIEWER) for word in (CANARY, "nothing-of-it"))
        assert there.replace(CANARY, "X") == nowhere.replace("nothing-of-it", "X")
    for action in ("why", "ok", "skip", "later", "book", "booked"):
        assert bot.press(f"{action}:{plan}", VIEWER).notice == "This is not yours to press."
    assert bot.verdicts(plan) == []


def test_a_viewer_looks_and_does_not_decide(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal("shared"))
    assert "is for approvers" in bot.say("/rebalance shared", VIEWER)
    assert "shared" in bot.say("/status", VIEWER)
    assert bot.press(f"why:{plan}", VIEWER).message is not None
    assert "somebody else decides" in bot.press(f"ok:{plan}", VIEWER).notice
    assert bot.verdicts(plan) == []


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"stop"}))
def test_every_command_answers_its_owner(bot: Bot, name: str) -> None:
    words = {"token": "SOL", "alert": "value > 1", "mute": "8h", "settings": "budget=3"}
    text = bot.say(f"/{name} {words.get(name, CANARY)}")
    assert text
    assert "went wrong" not in text


def test_approving_takes_two_steps_and_counts_once(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal())
    first = bot.press(f"ok:{plan}")
    assert first.message is not None
    assert "prices moved 0.0% since" in first.message.headline
    confirm, cancel = first.message.buttons[0]
    assert bot.verdicts(plan) == []
    assert bot.press(cancel.payload).notice == "Nothing was decided: the proposal is still open."
    ticket = bot.press(confirm.payload)
    assert ticket.is_done
    assert ticket.notice == "Approved."
    assert [file.name for file in ticket.files] == [f"trades-{plan}.csv"]
    again = bot.press(confirm.payload)
    assert again.notice.startswith("ann approved it on")
    assert again.files == ticket.files  # the first may have been lost on its way
    assert bot.press(f"skip:{plan}").notice.startswith("ann approved it on")
    assert bot.verdicts(plan) == [Verdict.APPROVE]


def test_an_update_that_comes_twice_has_one_effect(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal())
    heard = bot.heard(f"skip:{plan}", OWNER)
    assert bot.dispatcher.press(heard).notice == "Skipped."
    # Cut off before the answer was out, it comes again and is explained.
    assert bot.dispatcher.press(heard).notice.startswith("ann skipped it on")
    bot.dispatcher.answered(heard)
    assert bot.dispatcher.press(heard) == Reply()
    assert bot.verdicts(plan) == [Verdict.SKIP]
    status = bot.heard("/status", OWNER)
    assert bot.dispatcher.answer(status) is not None
    bot.dispatcher.answered(status)
    assert bot.dispatcher.answer(status) is None


def test_a_lapsed_proposal_and_one_at_other_prices_explain_themselves(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal())
    quotes = {a: replace(q, price=q.price * 2) for a, q in MARKET.quotes.items()}
    bot.market = replace(MARKET, quotes=quotes)
    assert "Prices moved 100.0% since" in bot.press(f"ok:{plan}").notice
    bot.now = NOW + timedelta(hours=49)
    assert "lapsed" in bot.press(f"ok:{plan}").notice
    assert bot.press("ok:doesnotexist").notice == "This button is too old."
    assert bot.press("ok:").notice == "This button is too old."
    assert bot.press("yes:nothing").notice == "That was too long ago: press Approve again."
    assert bot.verdicts(plan) == []


def test_a_proposal_that_is_put_off_stays_open_and_says_so(bot: Bot) -> None:
    assert "no proposal yet" in bot.say("/proposal shared")
    plan = plan_of(bot.ask_proposal("shared"))
    assert bot.press(f"later:{plan}").notice.startswith("Put off: it comes again on 23 Nov")
    assert bot.press(f"later:{plan}").notice.startswith("ann put it off until 23 Nov")
    assert "Open until 25 Nov 2026" in bot.say("/proposal shared")
    assert bot.press(f"skip:{plan}").notice == "Skipped."
    assert "ann skipped it on" in bot.say("/proposal shared")
    assert bot.verdicts(plan) == [Verdict.SNOOZE, Verdict.SKIP]


def test_a_confirmation_is_its_makers_alone_and_soon_void(bot: Bot) -> None:
    with bot.store() as store:
        PeopleStore(store.database).save(Person("cleo", Role.APPROVER, addresses={"telegram": "9"}))
        cleo = Person("cleo", Role.APPROVER, addresses={"telegram": "9"}, portfolios=("shared",))
        PeopleStore(store.database).save(cleo)
    plan = plan_of(bot.ask_proposal("shared"))
    yes = bot.confirmation(plan)
    assert "too long ago" in bot.press(yes, STRANGER).notice
    for change in (timedelta(minutes=16), -timedelta(hours=2)):
        bot.now += change
        assert "too long ago" in bot.press(yes).notice
    bot.now += timedelta(hours=2)
    yes = bot.confirmation(plan)
    quotes = {a: replace(q, price=q.price * 2) for a, q in MARKET.quotes.items()}
    bot.market = replace(MARKET, quotes=quotes)
    assert "Prices moved 100.0% since" in bot.press(yes).notice
    assert bot.verdicts(plan) == []


def test_an_approval_of_what_is_held_no_more_is_refused(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal("shared"))
    yes = bot.confirmation(plan)
    with bot.store() as store:
        held = store.load_portfolio("shared")
        store.save_portfolio(replace(held, cash=held.cash + 1), at=bot.now)
    assert "What is held has changed" in bot.press(yes).notice
    assert bot.verdicts(plan) == []


def test_an_older_proposal_gives_way_to_a_newer_one(bot: Bot) -> None:
    first = plan_of(bot.ask_proposal("shared"))
    second = bot.dispatcher.answer(bot.heard("/rebalance shared cash=500", OWNER))
    assert second is not None
    assert second.message is not None
    assert bot.press(f"ok:{first}").notice.startswith("A newer proposal took its place")
    assert bot.press(f"ok:{plan_of(second.message)}").message is not None


def test_the_others_are_told_of_a_decision_and_its_maker_is_not(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal("shared"))
    bot.press(f"skip:{plan}")
    with bot.store() as store:
        told = Outbox(store.database).find()
    assert [(d.person, d.message.headline) for d in told] == [
        ("bob", "SAMPLE shared: ann skipped the proposal of 2 trades")
    ]


def test_rights_are_those_of_the_moment_of_writing(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal("shared"))
    cleo = Person(
        "cleo", Role.APPROVER, addresses={"telegram": str(STRANGER)}, portfolios=("shared",)
    )
    with bot.store() as store:
        PeopleStore(store.database).save(cleo)
    asked = bot.press(f"ok:{plan}", STRANGER)
    assert asked.message is not None
    yes = asked.message.buttons[0][0].payload

    def look_while_the_right_is_taken_away() -> Market:
        with bot.store() as store:
            PeopleStore(store.database).save(replace(cleo, role=Role.VIEWER))
        return MARKET

    dispatcher = replace(bot.dispatcher, market=look_while_the_right_is_taken_away)
    assert "somebody else decides" in dispatcher.press(bot.heard(yes, STRANGER)).notice
    assert bot.verdicts(plan) == []


def test_a_press_on_a_proposal_of_what_is_gone_names_nothing_else(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal("shared"))
    with bot.store() as store:
        store.remove_portfolio("shared")
    for action in ("ok", "skip", "book", "booked"):
        assert bot.press(f"{action}:{plan}").notice == "shared is not kept here any more."


def test_booking_takes_two_steps_and_counts_once(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal("shared"))
    assert "/approve comes first" in bot.press(f"booked:{plan}").notice
    ticket = bot.press(bot.confirmation(plan))
    assert ticket.message is not None
    asked = bot.press(ticket.message.buttons[0][0].payload)
    assert asked.message is not None
    yes, no = asked.message.buttons[0]
    assert bot.press(no.payload).notice == "Nothing was booked."
    assert bot.press(yes.payload).notice == "Booked."
    assert bot.press(yes.payload).notice.startswith("ann booked it on")
    assert bot.press(yes.payload, VIEWER).notice == "You may look; somebody else decides."
    with bot.store() as store:
        assert store.load_portfolio("shared").cash == store.load_plan(plan).proposed_cash


def test_a_code_links_a_chat_and_stop_unlinks_it(bot: Bot) -> None:
    with bot.store() as store:
        PeopleStore(store.database).save(Person("cleo", portfolios=("shared",)))
        code = LinkCodes(store.database).create(Person("cleo"), now=NOW)
    assert "does not work" in bot.say("/start guess", STRANGER)
    welcome = bot.say(f"/start {code}", STRANGER)
    assert "Welcome, cleo" in welcome
    assert "first weekly report: " in welcome
    assert "shared" in bot.say("/status", STRANGER)
    assert "Unlinked" in bot.say("/stop", STRANGER)
    assert bot.say("/status", STRANGER) == ""
    assert "does not work" in bot.say(f"/start {code}", STRANGER)


def test_a_typo_and_nonsense_get_a_word(bot: Bot) -> None:
    assert "did you mean /status" in bot.say("/statsu")
    assert "is no command" in bot.say("/<b>&" + "x" * 5000)
    assert "say which portfolio" in bot.say("/portfolio")
    assert "means nothing" in bot.say(f"/rebalance {CANARY} colour=red")
    assert "cash=" in bot.say(f"/rebalance {CANARY} cash=much")
    assert "is not a rule" in bot.say("/alert hello")


def test_no_answer_is_longer_than_a_message_or_wider_than_a_phone(bot: Bot) -> None:
    bot.ask_proposal()
    for name in COMMANDS:
        if name == "stop":
            continue
        text = bot.say(f"/{name} {CANARY}")
        assert len(text.encode("utf-16-le")) // 2 <= 4_096
