"""Locks put on and taken off in the chat, each after a second press."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.model.portfolio import Holding, Lock, LockKind, Restrictions
from portfolios.model.users import Person, Role
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.reply import Reply
from tests.rebalancer.bot.bot_fixture import CANARY, OWNER, VIEWER, Bot, text_of


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def ask(bot: Bot, text: str, user: int = OWNER) -> Reply:
    reply = bot.dispatcher.answer(bot.heard(text, user))
    assert reply is not None
    return reply


def press(bot: Bot, reply: Reply, label: str, user: int = OWNER) -> str:
    assert reply.message is not None
    data = next(b.payload for row in reply.message.buttons for b in row if b.label == label)
    return text_of(bot.press(data, user))


def locks(bot: Bot, asset_id: str, name: str = "shared") -> tuple[Lock, ...]:
    with bot.store() as store:
        holding = store.load_portfolio(name).holding(asset_id)
        assert holding is not None
        return holding.locks


def test_a_lock_is_shown_before_and_after_and_kept_when_confirmed(bot: Bot) -> None:
    words = "kind=no_sell until=2027-03-01 reason=staked with a friend"
    asked = ask(bot, f"/lock shared BTC {words}")
    assert "shared: lock bitcoin?" in text_of(asked)
    assert "now: not locked" in text_of(asked)
    assert "then: no_sell until 2027-03-01 (staked with a friend)" in text_of(asked)
    assert locks(bot, "bitcoin") == ()
    assert "shared: kept" in press(bot, asked, "Confirm")
    lock = Lock(LockKind.NO_SELL, date(2027, 3, 1), "staked with a friend")
    assert locks(bot, "bitcoin") == (lock,)
    assert "bitcoin: no_sell until 2027-03-01" in bot.say("/lock shared")
    assert "is locked so already" in text_of(ask(bot, f"/lock shared bitcoin {words}"))


def test_cancelled_nothing_is_locked(bot: Bot) -> None:
    asked = ask(bot, "/lock shared bitcoin")
    assert "then: frozen" in text_of(asked)
    assert "nothing was kept" in press(bot, asked, "Cancel")
    assert locks(bot, "bitcoin") == ()


def test_a_new_lock_takes_the_place_of_one_of_its_kind_and_of_no_other(bot: Bot) -> None:
    part = Lock(LockKind.FROZEN, reason="staked", quantity=Decimal("0.5"))
    other = Lock(LockKind.NO_BUY)
    with bot.store() as store:
        own = store.load_portfolio("shared")
        held = replace(own.holdings[0], locks=(part, other, Lock(LockKind.FROZEN)))
        store.save_portfolio(replace(own, holdings=(held, *own.holdings[1:])), at=bot.now)
    press(bot, ask(bot, "/lock shared bitcoin until=2027-03-01"), "Confirm")
    assert locks(bot, "bitcoin") == (part, other, Lock(LockKind.FROZEN, date(2027, 3, 1)))
    press(bot, ask(bot, "/unlock shared bitcoin"), "Confirm")
    assert locks(bot, "bitcoin") == ()
    assert "bitcoin is not locked" in text_of(ask(bot, "/unlock shared bitcoin"))


def test_what_a_security_token_forbids_stays_and_is_said(bot: Bot) -> None:
    rules = Restrictions(lockup_until=date(2027, 6, 30))
    token = Holding("acme", Decimal(5), kind="security_token", symbol="ACME", restrictions=rules)
    with bot.store() as store:
        own = store.load_portfolio("shared")
        store.save_portfolio(replace(own, holdings=(*own.holdings, token)), at=bot.now)
    assert "but: frozen until 2027-06-30 (lock-up)" in text_of(ask(bot, "/unlock shared acme"))
    assert "in any case: frozen until" in text_of(ask(bot, "/lock shared ACME kind=no_buy"))


def test_a_symbol_that_two_holdings_bear_is_asked_back(bot: Bot) -> None:
    twins = tuple(Holding(f"luna-{n}", Decimal(1), symbol="LUNA") for n in (1, 2))
    with bot.store() as store:
        own = store.load_portfolio("shared")
        store.save_portfolio(replace(own, holdings=(*own.holdings, *twins)), at=bot.now)
    text = text_of(ask(bot, "/lock shared luna"))
    assert "LUNA" not in text
    assert "luna may be luna-1, luna-2" in text
    assert "lock luna-2?" in text_of(ask(bot, "/lock shared LUNA-2"))


WRONG = {
    "/lock shared SOL": "holds no SOL",
    "/lock shared bitcoin uniswap": "is no holding of shared",
    "/lock shared bitcoin kind=iced": "is not one of frozen, no_sell, no_buy",
    "/lock shared bitcoin until=soon": "is not a date",
    "/lock shared bitcoin until=2020-01-01": "is over already",
    "/lock shared bitcoin colour=red": "colour means nothing",
    "/unlock shared bitcoin kind=no_sell": "kind=no_sell means nothing",
    "/lock bitcoin": "say which portfolio",
    "/lock nothing-of-it bitcoin": "say which portfolio",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_locked_is_said(bot: Bot, text: str) -> None:
    assert WRONG[text] in text_of(ask(bot, text))
    assert locks(bot, "bitcoin") == ()


def test_which_portfolio_is_asked_by_a_button_that_keeps_the_words(bot: Bot) -> None:
    asked = ask(bot, "/lock bitcoin kind=no_buy reason=too much of it")
    assert "shared: lock bitcoin?" in press(bot, asked, "shared")


def test_only_an_owner_locks_and_only_what_he_sees(bot: Bot) -> None:
    assert "is for owners" in text_of(ask(bot, "/lock shared bitcoin", VIEWER))
    with bot.store() as store:
        ivo = Person("ivo", Role.OWNER, addresses={"telegram": "11"}, portfolios=("shared",))
        PeopleStore(store.database).save(ivo)
    assert "is no holding of shared" in text_of(ask(bot, f"/lock {CANARY} bitcoin", 11))
    asked = ask(bot, "/lock bitcoin", 11)
    assert "already" in press(bot, asked, "Confirm", OWNER)
    assert "shared: kept" in press(bot, asked, "Confirm", 11)
