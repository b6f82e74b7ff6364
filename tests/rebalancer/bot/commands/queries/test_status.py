"""What is held, on a phone: with one portfolio and with thirty, and where prices are missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from html import unescape
from itertools import islice
from pathlib import Path

import pytest

from alerts.messages import Message
from alerts.render.telegram import LONGEST, TABLE_WIDTH, telegram_parts
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.users import Person
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.reply import Reply
from tests.rebalancer.bot.bot_fixture import CANARY, MARKET, NOW, OWNER, VIEWER, Bot, text_of

MANY, FULL, LONG_NAME = 30, 7, "a name of a portfolio that nobody would want to read on a phone"
LOOKS = ("status", "portfolio", "sectors", "risk", "signals", "market")


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def ask(bot: Bot, text: str, user: int = OWNER) -> Message:
    reply = bot.dispatcher.answer(bot.heard(text, user))
    assert reply is not None
    assert reply.message is not None
    return reply.message


def give_many(bot: Bot) -> None:
    """Give the viewer thirty portfolios, one with sixty holdings, some of which nobody knows."""
    named = [*MARKET.assets][:45] + [f"unknown-token-of-a-long-name-{i}" for i in range(15)]
    held = tuple(Holding(a, Decimal("1234567.891")) for a in named)
    names = [f"{LONG_NAME} {i}" for i in range(MANY)]
    with bot.store() as store:
        for number, name in enumerate(names):
            own = held if number == FULL else held[:2]
            store.save_portfolio(Portfolio(name, cash=Decimal(9), holdings=own), at=NOW)
        bob = Person("bob", addresses={"telegram": str(VIEWER)}, portfolios=tuple(names))
        PeopleStore(store.database).save(bob)


def rows_of(message: Message) -> Iterator[str]:
    """Yield the lines of the tables, as a phone shows them."""
    for part in telegram_parts(message):
        for inside in re.findall(r"<pre>(.*?)</pre>", part, re.DOTALL):
            yield from unescape(inside).split("\n")


def pages_of(bot: Bot, text: str, user: int) -> Iterator[Message]:
    """Yield an answer and all its pages, by pressing."""
    shown = ask(bot, text, user)
    yield shown
    while forward := [b for row in shown.buttons for b in row if b.label == "»"]:
        pressed: Reply = bot.press(forward[0].payload, user)
        assert pressed.message is not None, pressed.notice
        assert pressed.replaces
        shown = pressed.message
        yield shown


@pytest.mark.parametrize("command", LOOKS)
def test_with_many_holdings_each_row_is_one_line_and_each_page_one_message(
    bot: Bot, command: str
) -> None:
    give_many(bot)
    which = "" if command in ("status", "signals", "market") else f" {LONG_NAME} {FULL}"
    pages = list(islice(pages_of(bot, f"/{command}{which}", VIEWER), 3))
    assert len(pages) > 1 or command == "sectors"
    for page in pages:
        (part,) = telegram_parts(page)
        assert len(part.encode("utf-16-le")) // 2 <= LONGEST
        assert all(len(line) <= TABLE_WIDTH for line in rows_of(page))
        assert all(len(b.label) <= 30 for row in page.buttons for b in row)
        # One line a row: a table that had to be broken up shows its columns with colons.
        assert not any(line.startswith("  ") and ": " in line for line in rows_of(page))


def test_every_holding_is_on_some_page_once(bot: Bot) -> None:
    give_many(bot)
    pages = pages_of(bot, f"/portfolio {LONG_NAME} {FULL}", VIEWER)
    names = [line.split()[0] for page in pages for line in [*rows_of(page)][1:]]
    assert len(names) == 61
    assert names[-1] == "cash"


def test_with_one_portfolio_the_first_line_is_the_whole_story(bot: Bot) -> None:
    shown = ask(bot, "/status", VIEWER)
    assert re.fullmatch(r"shared: red, \$[\d,]+, drift \d+\.\d%, no proposal", shown.headline)
    assert [b.label for b in shown.buttons[1]] == ["Portfolio", "Sectors", "Risk"]
    assert re.fullmatch(r"shared: \$[\d,.]+, 2 holdings", ask(bot, "/portfolio", VIEWER).headline)
    assert "shared: 2 sectors, layer1 over its limit" in bot.say("/sectors", VIEWER)


def test_an_open_proposal_is_told_and_each_portfolio_has_a_button(bot: Bot) -> None:
    bot.ask_proposal()
    shown = ask(bot, "/status")
    told = shown.blocks[0].items
    assert shown.headline == "2 portfolios: the worst is red"
    assert [line.split(":")[0] for line in told] == [CANARY, "shared"]
    assert "a proposal is open" in told[0]
    assert "no proposal" in told[1]
    assert [b.label for b in shown.buttons[0]] == [CANARY, "shared"]


def test_a_page_of_portfolios_says_which_it_judges(bot: Bot) -> None:
    give_many(bot)
    heads = [page.headline for page in pages_of(bot, "/status", VIEWER)]
    assert [head.partition(":")[0] for head in heads] == [
        "30 portfolios, 1 to 12", "30 portfolios, 13 to 24", "30 portfolios, 25 to 30",
    ]  # fmt: skip


def test_a_price_that_is_not_known_is_no_value_of_nothing(bot: Bot) -> None:
    bot.market = replace(MARKET, quotes={a: q for a, q in MARKET.quotes.items() if a != "uniswap"})
    shown = ask(bot, f"/portfolio {CANARY}")
    assert shown.headline.endswith(" without 1 whose price is unknown, 2 holdings")
    (row,) = (line for line in rows_of(shown) if line.startswith("UNI"))
    assert row.split() == ["UNI", "unknown", "-"]
    assert "without 1 whose price is unknown" in bot.say("/status")


def test_a_last_known_price_and_shares_of_an_unknown_total_are_marked(bot: Bot) -> None:
    doubted = replace(MARKET.quotes["uniswap"], quarantined="100 times its median")
    bot.market = replace(MARKET, quotes={**MARKET.quotes, "uniswap": doubted})
    shown = ask(bot, f"/portfolio {CANARY}")
    (row,) = (line for line in rows_of(shown) if line.startswith("UNI"))
    assert re.fullmatch(r"UNI +\$[\d,.]+\? +\d\.\d%\?", row)
    assert shown.blocks[1].items == ("UNI: price quarantined: 100 times its median",)


def test_a_portfolio_has_buttons_to_its_other_looks(bot: Bot) -> None:
    shown = ask(bot, f"/portfolio {CANARY}")
    labels = [[b.label for b in row] for row in shown.buttons]
    assert labels == [["Refresh", "Chart"], ["Sectors", "Risk"]]
    pressed = bot.press(shown.buttons[1][0].payload)
    assert pressed.replaces
    assert pressed.message is not None
    assert pressed.message.headline.startswith(f"{CANARY}: ")


def test_a_finding_names_its_asset_by_symbol(bot: Bot) -> None:
    told = ask(bot, f"/risk {CANARY}").blocks[0].items
    subjects = {line.partition(":")[0].partition(" ")[2] for line in told}
    assert "BTC" in subjects
    assert "bitcoin" not in subjects


def test_an_index_that_was_never_fetched_fails_the_portfolio_that_follows_it_alone(
    bot: Bot,
) -> None:
    held = (Holding("bitcoin", Decimal(1)),)
    follower = Portfolio("an-index", cash=Decimal(1), holdings=held, targets_from="tokenmetrics:99")
    with bot.store() as store:
        store.save_portfolio(follower, at=NOW)
    status = bot.say("/status")
    assert "an-index: grey, nothing is known yet of tokenmetrics:99" in status
    assert "shared: " in status
    assert "drift" in status
    for sound in ("/lock shared", "/health", "/portfolio shared", "/token BTC", "/alerts"):
        assert "nothing is known yet" not in bot.say(sound), sound
    for own in ("/portfolio an-index", "/rebalance an-index", "/risk an-index"):
        assert "nothing is known yet" in bot.say(own), own


@pytest.mark.parametrize(
    "text", ["/status", "/portfolio euros", "/sectors euros", "/risk euros", "/token BTC"]
)
def test_no_command_shows_one_currency_with_the_sign_of_another(bot: Bot, text: str) -> None:
    bitcoin = Holding("bitcoin", Decimal(1))
    with bot.store() as store:
        store.save_portfolio(Portfolio("euros", currency="eur", holdings=(bitcoin,)), at=NOW)
    told = unescape(text_of(bot.dispatcher.answer(bot.heard(text, OWNER))))
    assert "€" not in told
    assert "euros" in told
    assert "is in eur, the market in usd" in told or text == "/token BTC"
