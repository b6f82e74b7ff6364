"""Pictures in the chat: below what was said, each with a finding, and without amounts."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from portfolios.model.users import Person
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.reply import Reply
from tests.rebalancer.bot.bot_fixture import CANARY, MARKET, OWNER, VIEWER, Bot, plan_of

PNG = b"\x89PNG\r\n\x1a\n"
MONEY = re.compile(r"[$€£¥]|\d,\d{3}|USD")
FINDINGS = {
    "of=value": "last 90 days: your portfolio",
    "of=holdings": "its aim of",
    "of=sectors": "limit",
    "of=risk": "of the risk from",
    "of=proposal": "most of all",
    "token=solana": "SOL -25.8% in 90 days",
    "token=SOL": "its mean of 30 days, trend",
}


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def ask(bot: Bot, text: str, user: int = OWNER, **more: object) -> Reply:
    reply = bot.dispatcher.answer(bot.heard(text, user, **more))
    assert reply is not None
    return reply


@pytest.mark.parametrize("of", FINDINGS)
def test_each_picture_comes_with_its_finding_and_without_amounts(bot: Bot, of: str) -> None:
    bot.ask_proposal()
    reply = ask(bot, f"/chart {CANARY} {of}")
    ((picture, finding),) = reply.pictures
    assert reply.message is None
    assert picture.png.startswith(PNG)
    assert FINDINGS[of] in finding
    assert finding.endswith("22 Nov 2026 09:00 UTC")
    assert not MONEY.search(finding)
    assert ask(bot, f"/chart {CANARY} {of}").pictures == reply.pictures


def test_pictures_drawn_at_once_are_those_drawn_one_by_one(bot: Bot) -> None:
    words = [f"/chart {CANARY} {of}" for of in FINDINGS if of != "of=proposal"]
    alone = [ask(bot, text).pictures for text in words]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda text: ask(bot, text).pictures, words))
    assert together == alone


def test_a_chart_button_adds_a_picture_and_leaves_the_table(bot: Bot) -> None:
    for command in ("portfolio", "sectors", "risk"):
        shown = ask(bot, f"/{command} {CANARY}").message
        assert shown is not None
        button = next(b for row in shown.buttons for b in row if b.label == "Chart")
        pressed = bot.press(button.payload)
        assert len(pressed.pictures) == 1
        assert pressed.message is None
        assert not pressed.replaces


def test_a_chart_that_cannot_be_drawn_leaves_the_table_too(bot: Bot) -> None:
    shown = ask(bot, "/token SOL").message
    assert shown is not None
    bot.market = replace(MARKET, bars=replace(MARKET.bars.columns(["bitcoin"])))
    pressed = bot.press(shown.buttons[0][1].payload)
    assert pressed.message is not None
    assert pressed.message.headline == "the past of SOL is not known"
    assert not pressed.replaces


def test_a_proposal_has_a_picture_behind_its_button(bot: Bot) -> None:
    proposal = bot.ask_proposal()
    assert [[b.label for b in row] for row in proposal.buttons] == [
        ["Why", "Chart"], ["Approve", "Snooze", "Skip"],
    ]  # fmt: skip
    pressed = bot.press(proposal.buttons[0][1].payload)
    ((picture, finding),) = pressed.pictures
    assert picture.name == "proposal.png"
    assert finding.startswith(f"{CANARY}: ")
    assert not pressed.is_done
    assert bot.verdicts(plan_of(proposal)) == []
    foreign = bot.press(proposal.buttons[0][1].payload, VIEWER)
    assert (foreign.pictures, foreign.notice) == ((), "This is not yours to press.")


def test_a_group_sees_its_own_pictures_and_no_proposal(bot: Bot) -> None:
    with bot.store() as store:
        group = Person(
            "friends", addresses={"telegram": "-100"}, portfolios=("shared",), is_group=True
        )
        PeopleStore(store.database).save(group)
    bot.ask_proposal("shared")
    here: dict[str, object] = {"chat": -100, "is_private": False}
    reply = ask(bot, "/chart of=sectors", **here)
    assert [picture.name for picture, _ in reply.pictures] == ["sectors.png"]
    assert reply.pictures[0][1].startswith("shared: ")
    assert CANARY not in bot.say(f"/chart {CANARY} of=sectors", **here)
    refused = ask(bot, "/chart of=proposal", **here)
    assert refused.pictures == ()
    assert refused.message is not None
    assert refused.message.headline == "a proposal is for our private chat"


def test_words_that_mean_no_picture_are_explained(bot: Bot) -> None:
    text = bot.say(f"/chart {CANARY} of=luck")
    assert "there is no picture of luck" in text
    assert "value, holdings, sectors, risk, proposal" in text
    assert "no proposal is open" in bot.say(f"/chart {CANARY} of=proposal")
    assert "no asset is called nothing" in bot.say("/chart token=nothing")
    assert "say which portfolio" in bot.say("/chart of=risk")


def test_the_picture_behind_a_name_is_the_one_that_was_asked_for(bot: Bot) -> None:
    which = ask(bot, "/chart of=risk").message
    assert which is not None
    pressed = bot.press(which.buttons[1][0].payload)
    assert [picture.name for picture, _ in pressed.pictures] == ["risks.png"]


def test_what_has_no_price_is_said_below_the_picture(bot: Bot) -> None:
    quotes = {a: q for a, q in MARKET.quotes.items() if a != "uniswap"}
    bot.market = replace(MARKET, quotes=quotes)
    assert "Counted as nothing, price unknown: UNI." in bot.say(f"/chart {CANARY} of=holdings")


def test_the_weeks_report_comes_with_its_pictures(bot: Bot) -> None:
    reply = ask(bot, f"/report {CANARY}")
    assert reply.message is not None
    assert reply.pictures == ()  # they are drawn when its text is out
    drawn = reply.every_picture()
    assert [p.name for p, _ in drawn] == ["sectors.png", "paths.png", "risks.png"]
    assert all(finding.startswith(f"{CANARY}: ") for _, finding in drawn)
